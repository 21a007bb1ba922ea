#!/usr/bin/env python3
"""Writes the first inputs of the fuzzer's readers: small, and made here from nothing.

Tests/Fuzz/seeds.py        into Tests/Fuzz/corpus/READER/seed-NAME

Each reader gets inputs that it accepts and some that it must refuse. The formats are written anew
rather than by the engine's own writers, so that both have to agree.
"""

import gzip
import io
import pathlib
import struct
import zipfile
import zlib

from seed_models import checkpoint_seeds, floats, model_seeds, safetensors_seeds, text

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
SEED = "seed-"


def squeezed(data):
    """A gzip member that does not tell when it was made."""
    return gzip.compress(data, mtime=0)


# IDX and gzip


def idx(*sizes, data=None):
    count = 1
    for size in sizes:
        count *= size
    data = bytes(index * 37 % 256 for index in range(count)) if data is None else data
    return bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + data


def idx_seeds():
    images = idx(2, 3, 3)
    yield "images", images
    yield "labels", idx(5, data=bytes([0, 1, 2, 1, 0]))
    yield "rows", idx(3, 4)
    yield "none", idx(0)
    yield "images-gz", squeezed(images)
    yield "images-two-members", squeezed(images[:9]) + squeezed(images[9:])
    yield "truncated", images[:-1]
    yield "longer", images + b"\0"
    yield "floats", bytes([0, 0, 0x0D, 1]) + struct.pack(">I", 1) + bytes(4)
    yield "giant", idx(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, data=b"")
    yield "giant-gz", squeezed(idx(0x7FFFFFFF, data=b""))


def gzip_seeds():
    plain = b"predefined sparsity, " * 8
    member = squeezed(plain)
    yield "text", member
    yield "empty", squeezed(b"")
    yield "two-members", member + squeezed(b"and more")
    yield "stored", gzip.compress(plain, compresslevel=0, mtime=0)
    # All optional fields of a header: extra, name, comment, checksum of the header.
    header = b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x02\0ab" + b"name\0" + b"comment\0"
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    yield "header-fields", header + member[10:]
    yield "zlib", zlib.compress(plain)
    yield "zeros", squeezed(bytes(1 << 16))
    yield "truncated", member[:-5]
    yield "wrong-checksum", member[:-8] + bytes(4) + member[-4:]
    yield "trailing", member + b"rest"
    yield "plain", b"no gzip at all"


# NPY and NPZ


def npy(kind, shape, data, version=1, order="False"):
    sizes = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({sizes}), }}".encode()
    start = 8 + (2 if version == 1 else 4)
    header += b" " * (63 - (start + len(header)) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def npy_seeds():
    matrix = npy("<f4", (2, 3), floats(0, 1, -1.5, 2, 3e38, 1e-40))
    yield "floats", matrix
    yield "floats-gz", squeezed(matrix)
    yield "doubles", npy("<f8", (2, 1), struct.pack("<2d", 0.1, 1e300))
    yield "longs", npy("<i8", (3,), struct.pack("<3q", -1, 0, 2**63 - 1))
    yield "unsigned-longs", npy("<u8", (1,), struct.pack("<Q", 2**64 - 1))
    yield "big-endian", npy(">i2", (2,), struct.pack(">2h", -2, 300))
    yield "images", npy("|u1", (2, 2, 2), bytes(range(8)))
    yield "booleans", npy("|b1", (3,), b"\1\0\1")
    yield "text", npy("<U3", (2,), "ab\0é\0\0".encode("utf-32-le"))
    yield "bytes", npy("|S4", (2,), b"ab\0\0wxyz")
    yield "single", npy("<f4", (), floats(7))
    yield "none", npy("<f4", (0, 5), b"")
    yield "version-2", npy("<i4", (1,), struct.pack("<i", 5), version=2)
    yield "columns-first", npy("<f4", (2, 2), bytes(16), order="True")
    yield "objects", npy("|O", (1,), bytes(8))
    yield "too-short", matrix[:-1]
    yield "giant", npy("<f8", (2**40, 2**20), b"")


def archive(entries, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            out.writestr(info, data)
    return file.getvalue()


def longs(*values):
    return npy("<i8", (len(values),), struct.pack(f"<{len(values)}q", *values))


def npz_seeds():
    images = npy("|u1", (3, 2, 2), bytes(range(12)))
    rows = npy("<f4", (2, 2), floats(0, 0.5, -1, 2))
    data = {"xtr": images, "ytr": longs(0, 2, 1), "xte": images, "yte": longs(1, 1, 0)}
    yield "images", archive(data)
    yield "stored", archive(data, zipfile.ZIP_STORED)
    hot = npy("<f4", (2, 2), floats(1, 0, 0, 1))
    whole = {f"{kind}{part}": rows if kind == "x" else hot for part in ("tr", "va", "te")
             for kind in "xy"}
    yield "one-hot", archive(whole)
    tasks = npy("<i8", (2, 2), struct.pack("<4q", 0, 3, 1, 2))
    yield "task-columns", archive({"xtr": rows, "ytr": tasks, "xte": rows, "yte": tasks})
    named = {"xtr": rows, "xte": rows}
    for task in ("shape", "size"):
        named |= {f"ytr_{task}": longs(0, 1), f"yte_{task}": longs(1, 0)}
    yield "named-tasks", archive(named)
    shape, true = longs(2, 3), npy("|b1", (3,), b"\1\1\1")
    yield "csr", archive({
        "indices": npy("<i4", (3,), struct.pack("<3i", 0, 2, 1)),
        "indptr": npy("<i4", (3,), struct.pack("<3i", 0, 2, 3)),
        "format": npy("|S3", (), b"csr"), "shape": shape, "data": true,
    })
    yield "csc", archive({
        "indices": longs(0, 1, 0), "indptr": longs(0, 1, 2, 3), "format": npy("|S3", (), b"csc"),
        "shape": shape, "data": true,
    })
    entries = {"format": npy("<U3", (), "coo".encode("utf-32-le")), "shape": shape, "data": true}
    yield "coo", archive({"row": longs(0, 1, 0), "col": longs(0, 1, 2), **entries})
    coordinates = npy("<i8", (2, 3), struct.pack("<6q", 0, 1, 0, 0, 1, 2))
    yield "coo-array", archive({"coords": coordinates, **entries})
    yield "twice", archive({"row": longs(0, 0, 1), "col": longs(1, 1, 0), **entries})
    yield "array", archive({"a": rows})
    yield "nothing", archive({})
    yield "no-labels", archive({"xtr": rows, "xte": rows})
    broken = bytearray(archive({"a": rows}, zipfile.ZIP_STORED))
    broken[broken.index(rows) + len(rows) - 1] ^= 1
    yield "wrong-checksum", bytes(broken)
    yield "truncated", archive(data)[:-10]


# CSV and patterns


def csv_seeds():
    table = "a,b,label\n0.5,1,0\n-2,3e1,1\n0,0,1\n1,1,0\n"
    yield "header", table.encode()
    yield "no-header", b"1,2,0\n3,4,1\n5,6,2\n7,8,0\n"
    yield "crlf", table.replace("\n", "\r\n").encode()
    yield "gz", squeezed(table.encode())
    yield "mark", b"\xef\xbb\xbf" + table.encode()
    yield "text-labels", "x,label\n1,cat\n2,\"a, \"\"dog\"\"\"\n3,é\n4,cat\n".encode()
    yield "line-in-cell", b'x,label\n1,"two\nlines"\n2,b\n'
    yield "spaces", b"\n x , label \n\n 1 , 0 \n\n 2 , 1 "
    yield "ragged", b"1,2,0\n3,1\n"
    yield "no-number", b"a,label\none,0\n2,1\n"
    yield "infinite", b"a,label\ninf,0\n2,1\n"
    yield "open-quote", b'a,label\n1,"0\n2,1\n'
    yield "no-utf8", b"a,label\n1,\xff\n2,b\n"
    yield "empty", b"\n"


def matrix_market_seeds():
    head = "%%MatrixMarket matrix coordinate pattern general\n"
    yield "pattern", f"{head}% rows are outputs\n3 4 4\n1 1\n1 3\n3 2\n3 4\n".encode()
    yield "unsorted", f"{head}2 2 3\n2 2\n1 2\n2 1\n".encode()
    real = head.replace("pattern", "real")
    yield "real", f"{real}\n2 3 2\n1 2 0.5\r\n\n2 3 -1e-3\n".encode()
    yield "integer", f"{head.replace('pattern', 'integer')}1 1 1\n1 1 7\n".encode()
    yield "no-entries", f"{head}2 2 0\n".encode()
    yield "wide", f"{head}1 16777216 1\n1 16777216\n".encode()
    yield "twice", f"{head}2 2 2\n1 1\n1 1\n".encode()
    yield "outside", f"{head}2 2 1\n3 1\n".encode()
    yield "too-few", f"{head}2 2 2\n1 1\n".encode()
    yield "symmetric", f"{head.replace('general', 'symmetric')}2 2 1\n1 1\n".encode()
    yield "giant", f"{head}99999999999999999999 2 1\n1 1\n".encode()


def edge_list_seeds():
    yield "sizes", b"# 4 inputs and 3 outputs, counted from 0\ninput,output\n0,0\n2,0\n3,2\n"
    yield "implied", b"# edges\ninput,output\n1,0\n0,1\n\n2,1\n"
    yield "no-edges", b"# 2 inputs and 2 outputs, counted from 0\ninput,output\n"
    yield "blanks", b"input , output\r\n 0 , 0 \r\n"
    yield "twice", b"input,output\n0,0\n1,0\n0,0\n"
    yield "outside", b"# 2 inputs and 2 outputs, counted from 0\ninput,output\n2,0\n"
    yield "heading", b"from,to\n0,0\n"
    yield "nothing", b"input,output\n"


# Messages: the first line is the length of the JSON, the body follows


def message(header, *contents):
    encoded = header if isinstance(header, bytes) else text(header).encode()
    length = str(len(encoded)).encode() if contents else b""
    return length + b"\n" + encoded + b"".join(contents)


def tensor(name, kind, shape, content):
    entry = {"name": name, "datatype": kind, "shape": shape}
    if isinstance(content, bytes):
        return entry | {"parameters": {"binary_data_size": len(content)}}
    return entry | {"data": content}


def request_seeds():
    rows = [[0, 1, -2.5, 3e-2], [1e10, -0.0, 0.1, 7]]
    yield "numbers", message({"inputs": [tensor("input", "FP32", [2, 4], rows)]})
    yield "flat", message({"id": "é\n", "inputs": [tensor("input", "FP32", [1, 4], rows[0])]})
    content = floats(*rows[0])
    sent = tensor("input", "FP32", [1, 4], content)
    yield "binary", message({"inputs": [sent]}, content)
    wanted = [{"name": "output", "parameters": {"binary_data": True}}]
    options = {"timeout": 1000, "split_identity": "0123456789abcdef", "other": [None, {"a": 1}]}
    yield "options", message({"inputs": [sent], "outputs": wanted, "parameters": options}, content)
    half = struct.pack("<4e", 0, 1, -2, 65504)
    yield "half", message({"inputs": [tensor("input", "FP16", [1, 4], half)]}, half)
    steps, scale, zero = bytes([0, 127, 128, 255]), floats(0.5), floats(3)
    scaled = [tensor("input", "INT8", [1, 4], steps), tensor("scale", "FP32", [1], scale),
              tensor("zero_point", "FP32", [1], zero)]
    yield "steps", message({"inputs": scaled}, steps, scale, zero)
    unsigned = tensor("input", "UINT8", [1, 4], [0, 1, 254, 255])
    yield "unsigned", message({"inputs": [unsigned], "parameters": {"binary_data_output": True}})
    calibrated = {"inputs": scaled[:1], "parameters": {"calibrated_ranges": True}}
    yield "calibrated", message(calibrated, steps)
    yield "none", message({"inputs": [tensor("input", "FP32", [0, 4], [])]})
    one = {"inputs": [tensor("input", "FP32", [1, 4], rows[0])], "outputs": [{"name": "exit1"}]}
    yield "one-output", message(one)
    yield "wrong-shape", message({"inputs": [tensor("input", "FP32", [2, 2], [1, 2, 3, 4])]})
    yield "giant-shape", message({"inputs": [tensor("input", "FP32", [2**62, 4], [1])]})
    yield "unclaimed", message({"inputs": [sent]}, content, b"rest")
    yield "long-header", b"999\n{}"
    yield "negative-header", b"-1\n{}"
    other = {"inputs": [sent], "parameters": {"split_identity": "f"}}
    yield "other-network", message(other, content)
    yield "deep", b"\n" + b'{"a":' * 200
    yield "not-finite", message({"inputs": [tensor("input", "FP32", [1, 4], [1e39, 0, 0, 0])]})


def answer_seeds():
    values = [0, 0.5, -1, 1e-38, 3.4e38, 7]
    head = {"model_name": "net", "model_version": "1"}
    yield "numbers", message(head | {"outputs": [tensor("output", "FP32", [2, 3], values)]})
    content = floats(*values)
    binary = head | {"outputs": [tensor("output", "FP32", [2, 3], content)]}
    yield "binary", message(binary, content)
    yield "too-short", message(binary, content[:-1])
    yield "other-shape", message(head | {"outputs": [tensor("output", "FP32", [3, 2], values)]})
    yield "other-output", message(head | {"outputs": [tensor("exit1", "FP32", [2, 3], values)]})
    yield "not-finite", message(binary, struct.pack("<6f", *[float("nan")] * 6))
    yield "error", message({"error": "the queue is full"})


SEEDS = {
    "idx": idx_seeds, "gzip": gzip_seeds, "npy": npy_seeds, "npz": npz_seeds, "csv": csv_seeds,
    "matrix-market": matrix_market_seeds, "edge-list": edge_list_seeds,
    "safetensors": safetensors_seeds, "model": model_seeds, "checkpoint": checkpoint_seeds,
    "request": request_seeds, "answer": answer_seeds,
}


def main():
    for reader, seeds in SEEDS.items():
        folder = CORPUS / reader
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(SEED + "*"):
            old.unlink()
        for name, content in seeds():
            (folder / (SEED + name)).write_bytes(content)
        sizes = [path.stat().st_size for path in folder.iterdir()]
        print(f"{reader}: {len(sizes)} files, {sum(sizes)} bytes, the largest {max(sizes)}")


if __name__ == "__main__":
    main()

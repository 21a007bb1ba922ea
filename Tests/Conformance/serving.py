"""Runs `sparsectl` as people do, for the conformance tests."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading

import numpy as np
from safetensors.numpy import load_file

SPARSECTL = os.environ["SPARSECTL"]
FEATURES, CLASSES = 24, 5
LAYERS = f"{FEATURES},32,16,{CLASSES}"


def train(directory, seed=1, samples=200):
    """Trains a network with an early exit on a few hundred samples, within a second or two."""
    data, model = directory / f"data-{samples}.csv", directory / f"net-{seed}.safetensors"
    source = random.Random(seed)
    with open(data, "w", encoding="utf-8") as file:
        file.write(",".join(f"x{i}" for i in range(FEATURES)) + ",label\n")
        for sample in range(samples):
            label = sample % CLASSES
            centers = (float(i % CLASSES == label) for i in range(FEATURES))
            values = (f"{source.gauss(center, 0.5):.4f}" for center in centers)
            file.write(",".join(values) + f",{label}\n")
    subprocess.run(
        [
            SPARSECTL,
            "train",
            "--dataset",
            "csv",
            "--data",
            data,
            "--layers",
            LAYERS,
            "--density",
            "0.5",
            "--exits",
            "1",
            "--epochs",
            "2",
            "--seed",
            str(seed),
            "--output",
            model,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return model


class Oracle:
    """The network's outputs by NumPy, from the file's arrays."""

    def __init__(self, model):
        self.arrays = load_file(model)

    def _junction(self, name, x):
        values, bias = self.arrays[f"{name}.values"], self.arrays[f"{name}.bias"]
        columns = self.arrays[f"{name}.columns"].astype(np.int64)
        offsets = self.arrays.get(f"{name}.row_offsets")
        if offsets is None:
            offsets = np.arange(len(bias) + 1) * (len(values) // len(bias))
        weights = np.zeros((len(bias), x.shape[1]))
        for row in range(len(bias)):
            inside = slice(int(offsets[row]), int(offsets[row + 1]))
            weights[row, columns[inside]] = values[inside]
        return x @ weights.T + bias

    def __call__(self, x):
        x = np.maximum(self._junction("backbone.0", x.astype(np.float64)), 0)
        exit1 = self._junction("exit1.0", x)
        x = np.maximum(self._junction("backbone.2", x), 0)
        return {"exit1": exit1, "output": self._junction("output.0", x)}


class Server:
    """A running `sparsectl serve`."""

    def __init__(self, model, *options):
        self.process = subprocess.Popen(
            [SPARSECTL, "serve", model, "--port", "0", "--name", "net", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = []
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.wait(20)
            raise RuntimeError(f"serve said {line!r} and:\n" + "".join(self.log))
        self.url = line.split()[-1]
        self.address = self.url.split("//")[1]
        self.port = int(self.address.rsplit(":", 1)[1])

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line)

    def stop(self, number=signal.SIGTERM):
        """Ends the server; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@contextlib.contextmanager
def serving(model, *options):
    """A server for the time of a block; it must still run at the end, and end well."""
    server = Server(model, *options)
    try:
        yield server
        assert server.process.poll() is None, "the server has ended:\n" + "".join(server.log)
    finally:
        code = server.stop()
    assert code == 0, f"exit code {code}:\n" + "".join(server.log)


def certificates(directory):
    """An authority, and a server's and a client's certificate that it signed, by openssl."""
    directory = pathlib.Path(directory)

    def openssl(*arguments):
        subprocess.run(
            ["openssl", *arguments],
            check=True,
            cwd=directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    for authority in ("ca", "other-ca"):
        openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={authority}",
            "-keyout",
            f"{authority}.key",
            "-out",
            f"{authority}.pem",
        )
    (directory / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name, authority in (("server", "ca"), ("client", "ca"), ("stranger", "other-ca")):
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
        )
        openssl(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            f"{authority}.pem",
            "-CAkey",
            f"{authority}.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "names",
            "-out",
            f"{name}.pem",
        )
    return directory


if __name__ == "__main__":
    sys.exit("run: python -m unittest discover Tests/Conformance")

"""The two servers, started and ended."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent


class Server:
    """A server that runs: its URL and its process."""

    def __init__(self, name: str, url: str, process: subprocess.Popen) -> None:
        self.name = name
        self.url = url
        self.process = process

    @property
    def infer_url(self) -> str:
        """Where requests for inference go."""
        return f"{self.url}/v2/models/tail/infer"

    @property
    def resident_bytes(self) -> int:
        """The memory of the process that is in RAM."""
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def post(self, body: bytes, header_length: int | None = None) -> bytes:
        """Sends one request; its answer."""
        request = urllib.request.Request(self.infer_url, body, {"Content-Type": "application/json"})
        if header_length is not None:
            request.add_header("Inference-Header-Content-Length", str(header_length))
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()


@contextlib.contextmanager
def ours(sparsectl: pathlib.Path, model: pathlib.Path, *options: str) -> Iterator[Server]:
    """`sparsectl serve`."""
    process = subprocess.Popen(
        [sparsectl, "serve", model, "--port", "0", "--name", "tail", "--log-level", "warning"]
        + list(options),
        stdout=subprocess.PIPE,
        text=True,
    )
    with _ending(process):
        yield Server("sparsectl serve", process.stdout.readline().split()[-1], process)


@contextlib.contextmanager
def mlserver(
    python: pathlib.Path, model: pathlib.Path, directory: pathlib.Path
) -> Iterator[Server]:
    """MLServer with the NumPy runtime, in one process: that is its fastest way to serve this."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "parallel_workers": 0,
        "debug": False,
    }
    (directory / "settings.json").write_text(json.dumps(settings))
    (directory / "model-settings.json").write_text(
        json.dumps(
            {
                "name": "tail",
                "implementation": "numpy_tail.NumPyTail",
                "parameters": {"uri": str(model)},
            }
        )
    )
    process = subprocess.Popen(
        [python.parent / "mlserver", "start", directory],
        env=os.environ | {"PYTHONPATH": str(HERE)},
        stdout=subprocess.DEVNULL,
        stderr=(directory / "mlserver.log").open("w"),
    )
    with _ending(process):
        server = Server("MLServer", f"http://127.0.0.1:{port}", process)
        _wait_until_ready(server, directory / "mlserver.log")
        yield server


def _wait_until_ready(server: Server, log: pathlib.Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{server.url}/v2/models/tail/ready", timeout=5).read()
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"error: {server.name} does not start:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def _ending(process: subprocess.Popen) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

"""Processes that measure, one at a time: all others are stopped meanwhile.

A stopped process takes no part of the cores, whatever its thread pools do while they wait.
"""

import json
import os
import pathlib
import signal
import subprocess
import threading

from harness.engines import Engine

# A peer that answers nothing for so long hangs.
PATIENCE = 600


def _environment() -> dict[str, str]:
    """This process's environment without what would keep OpenBLAS from its best kernels.

    Some systems pin those of an older CPU, against builds that compute wrongly on a newer one. Here
    every product is checked before it is timed.
    """
    pinned = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
    return {name: value for name, value in os.environ.items() if name not in pinned}


class Worker:
    """The process of one engine; started when it is first asked."""

    def __init__(self, engine: Engine, command: list[str], directory: pathlib.Path) -> None:
        self.engine = engine
        self.version: str | None = None
        # Why it cannot be asked any more.
        self.failure: str | None = None
        self._command = command
        self._directory = directory
        self._process: subprocess.Popen | None = None

    def ask(self, case: dict, seconds: float) -> dict:
        """Measures a case once more; the answer has times, or says why not."""
        self._wake()
        if self.failure is None:
            self._write({"case": case, "seconds": seconds})
            answer = self._read()
            if answer is not None:
                self._stop()
                return answer
        return {"error": self.failure}

    def start(self) -> None:
        """Starts the process, and stops it at once."""
        self._wake()
        self._stop()

    def close(self) -> None:
        """Ends the process."""
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wake(self) -> None:
        if self.failure is not None:
            return
        if self._process is not None:
            self._signal(signal.SIGCONT)
            return
        self._process = subprocess.Popen(
            self._command,
            cwd=self._directory,
            env=_environment() | self.engine.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self.engine.is_peer:
            hello = self._read() or {}
            self.version = hello.get("version")
            self.failure = self.failure or hello.get("error")

    def _stop(self) -> None:
        if self.failure is None:
            self._signal(signal.SIGSTOP)

    def _signal(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def _write(self, request: dict) -> None:
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the missing answer says so

    def _read(self) -> dict | None:
        limit = threading.Timer(PATIENCE, self._process.kill)
        limit.start()
        line = self._process.stdout.readline()
        limit.cancel()
        if not line:
            self.failure = f"the process ended with code {self._process.wait()}"
            return None
        return json.loads(line)

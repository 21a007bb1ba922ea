"""The peers' virtual environment: made when missing, filled with what can be installed."""

import pathlib
import subprocess
import sys

from harness.engines import Engine


class Environment:
    """A virtual environment, and for each peer the reason why it is missing, if it is."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.python = directory / "bin" / "python"
        self.missing: dict[str, str] = {}
        self._outcomes: dict[tuple[tuple[str, ...], ...], str | None] = {}

    def prepare(self, peers: list[Engine]) -> None:
        """Installs what the peers need; failures are kept in `missing`."""
        if not self.python.exists():
            reason = _failure([sys.executable, "-m", "venv", "--clear", str(self.directory)])
            if reason is not None:
                self.missing = {peer.name: f"no virtual environment: {reason}" for peer in peers}
                return
        for peer in peers:
            for need in peer.needs:
                reason = self._outcome(need)
                if reason is not None:
                    self.missing[peer.name] = reason
                    break

    def _outcome(self, alternatives: tuple[tuple[str, ...], ...]) -> str | None:
        """Installs the first alternative that can be; None, or why the last could not."""
        if alternatives not in self._outcomes:
            reason = None
            if not self._is_installed(alternatives[-1]):
                for arguments in alternatives:
                    print(f"Installing {arguments[-1]}", file=sys.stderr)
                    reason = _failure(self._pip("install", "--quiet", *arguments))
                    if reason is None:
                        break
            self._outcomes[alternatives] = reason
        return self._outcomes[alternatives]

    def _is_installed(self, arguments: tuple[str, ...]) -> bool:
        names = [argument for argument in arguments if not argument.startswith("-")]
        return _failure(self._pip("show", "--quiet", *names)) is None

    def _pip(self, command: str, *arguments: str) -> list[str]:
        return [
            str(self.python),
            "-m",
            "pip",
            "--no-input",
            "--disable-pip-version-check",
            command,
            *arguments,
        ]


def _failure(command: list[str]) -> str | None:
    """Runs a command; None when it succeeds, else the line of its output that says why not."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode == 0:
        return None
    lines = [line.strip() for line in (result.stderr or result.stdout).splitlines()]
    telling = [line for line in lines if "error" in line.lower() and "subprocess" not in line]
    return (telling or lines or [f"exit code {result.returncode}"])[0][:200]

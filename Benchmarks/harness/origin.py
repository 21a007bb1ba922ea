"""What results were made by: the commit of the program, and the machine."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def commit() -> str:
    """The commit of this checkout, marked when files differ from it."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    try:
        name = git("rev-parse", "--short", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name} with changes" if changed else name


def processor() -> str:
    """The processor's name and cores, as far as the system tells."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    values = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    fields = dict(
        (key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines)
    )
    name = values[0] if values else "unknown"
    family, model = fields.get("cpu family", "?"), fields.get("model", "?")
    return f"{name} (family {family}, model {model}), {len(values)} cores"

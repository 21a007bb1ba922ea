"""Measures one peer: reads cases as lines of JSON on stdin, answers each with one line on stdout.

Usage: python -m peers.serve ENGINE
"""

import importlib
import json
import os
import sys

from peers.stopwatch import time_runs
from peers.unsupported import Unsupported


def main() -> None:
    # Libraries print warnings to stdout: keep the answers on a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    engine = sys.argv[1]

    def answer(line: dict) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    try:
        peer = importlib.import_module(f"peers.{engine}")
        answer({"engine": engine, "version": peer.version()})
    except Exception as error:  # whatever keeps a library from loading is the answer
        answer({"engine": engine, "error": f"{type(error).__name__}: {error}"})
        return
    prepared: tuple[dict, object] | None = None
    for line in sys.stdin:
        request = json.loads(line)
        case = request["case"]
        reply = {"suite": case["suite"], "name": case["name"], "engine": engine}
        try:
            if prepared is None or prepared[0] != case:
                prepared = None
                prepared = (case, peer.prepare(case))
            reply |= time_runs(prepared[1], request["seconds"])
        except Unsupported as reason:
            reply["unsupported"] = str(reason)
        except Exception as error:
            reply["error"] = f"{type(error).__name__}: {error}"
        answer(reply)


if __name__ == "__main__":
    main()

"""What `train` shows on a terminal, which is a pseudo-terminal here."""

import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import tempfile
import termios
import threading
import unittest

from serving import LAYERS, SPARSECTL, train


def setUpModule():
    global temporary, directory, data
    temporary = tempfile.TemporaryDirectory()
    directory = pathlib.Path(temporary.name)
    train(directory, samples=2000)
    data = directory / "data-2000.csv"


def tearDownModule():
    temporary.cleanup()


def training(columns, environment=None, stdout=subprocess.PIPE):
    """Trains with stderr on a terminal of some columns: what stdout got, and what the terminal."""
    terminal, stderr = pty.openpty()
    fcntl.ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    options = ["--dataset", "csv", "--data", data, "--layers", LAYERS, "--batch-size", "8"]
    options += ["--epochs", "60", "--output", directory / "model.safetensors", "--json"]
    process = subprocess.Popen(
        [SPARSECTL, "train", *options],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, "TERM": "xterm", **(environment or {})},
    )
    os.close(stderr)
    shown = []

    def read():
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # The last process that had the terminal has ended.
                return
            if not piece:
                return
            shown.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    output = process.communicate()[0]
    reader.join()
    os.close(terminal)
    assert process.returncode == 0, b"".join(shown)
    return output.decode(), b"".join(shown).decode()


class Progress(unittest.TestCase):
    def test_progress_and_course_are_drawn_within_the_terminal(self):
        for columns in (50, 80, 132):
            output, shown = training(columns)
            self.assertNotIn("\x1b", output)
            drawings = re.findall(r"\x1b\[J([^\x1b]*)\r?(?=\x1b|$)", shown)
            progress = [text for text in drawings if re.match("epoch .*left, run", text)]
            self.assertTrue(progress, shown)
            for text in progress:
                lines = text.rstrip("\r").split("\r\n")
                for line in lines:
                    self.assertLess(len(line), columns, line)
            self.assertTrue(any("validation  accuracy" in text for text in progress), shown)
            # The course stays when the run is over.
            course = r"validation  accuracy [▁-█]+ [0-9.]+ %  loss [▁-█]+ [0-9.]+\r\n"
            self.assertRegex(shown, course)

    def test_there_are_no_colours(self):
        for environment in ({}, {"NO_COLOR": "1"}):
            _, shown = training(80, environment)
            self.assertIsNone(re.search(r"\x1b\[[0-9;]*m", shown))

    def test_a_terminal_that_cannot_redraw_gets_plain_lines(self):
        _, shown = training(80, {"TERM": "dumb"})
        self.assertNotIn("\x1b", shown)
        self.assertIn("epoch 60/60", shown)


if __name__ == "__main__":
    unittest.main()

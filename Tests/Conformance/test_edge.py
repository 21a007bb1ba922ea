"""`sparsectl edge` against a server behind a link that fails in every way there is."""

import contextlib
import csv
import json
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from link import Link

from serving import SPARSECTL, Server, certificates, serving, train

SAMPLES = 3000
# At the end of an answer: the peer then says nothing more, and does not close either.
STALL = b"<stall>"


def setUpModule():
    global temporary, directory, model, data, count
    temporary = tempfile.TemporaryDirectory()
    directory = pathlib.Path(temporary.name)
    model = train(directory, samples=SAMPLES)
    data = directory / f"data-{SAMPLES}.csv"
    count = evaluate()["samples"]


def tearDownModule():
    temporary.cleanup()


def evaluate(path=None):
    """What the whole network answers on this machine."""
    command = [SPARSECTL, "evaluate", path or model, "--data", data, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class Edge:
    """A running `sparsectl edge`."""

    def __init__(self, url, *options, path=None, cut="1"):
        self.trace = directory / f"trace-{time.monotonic_ns()}.csv"
        command = [SPARSECTL, "edge", path or model, "--data", data, "--remote", url]
        command += ["--name", "net", "--json", "--trace", self.trace, *options]
        if cut and "--split" not in options and "--adaptive" not in options:
            command += ["--split", cut]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def result(self, timeout=60):
        """Its report, and a row for each sample."""
        out, self.errors = self.process.communicate(timeout=timeout)
        if self.process.returncode != 0:
            raise AssertionError(f"edge ended with {self.process.returncode}: {self.errors}")
        with open(self.trace, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return json.loads(out), rows


def edge(url, *options, path=None, cut="1", timeout=60):
    return Edge(url, *options, path=path, cut=cut).result(timeout)


class EdgeTest(unittest.TestCase):
    def check(self, report, rows, expected):
        """Every sample has exactly one answer, and the counts fit each other."""
        self.assertEqual([int(row["sample"]) for row in rows], list(range(expected)))
        self.assertEqual(report["samples"], expected)
        sources = [row["source"] for row in rows]
        self.assertTrue(all(row["label"] for row in rows))
        self.assertEqual(report["degraded"], sources.count("degraded"))
        self.assertEqual(report["sent"], expected - sources.count("exit"))
        self.assertEqual(report["unanswered"], 0)


class ParityTest(EdgeTest):
    def test_bytes_are_those_of_the_link_and_answers_those_of_the_whole_network(self):
        whole = evaluate()
        for payload in ("fp32", "fp16", "int8"):
            for options in ((), ("--deflate",), ("--batch-size", "7")):
                with self.subTest(payload=payload, options=options):
                    with serving(model, "--split", "1") as server, Link(server.port) as link:
                        report, rows = edge(link.url, "--payload", payload, *options)
                        self.check(report, rows, count)
                        self.assertEqual(report["degraded"], 0)
                        self.assertEqual(report["sent"], count)
                        self.assertEqual(report["bytes_sent"], link.up)
                        self.assertEqual(report["bytes_received"], link.down)
                    loss = whole["accuracy"] - report["accuracy"]
                    self.assertLessEqual(abs(loss), 1e-9 if payload == "fp32" else 0.01)

    def test_every_cut(self):
        whole = evaluate()
        for cut in ("0", "1", "2"):
            with serving(model, "--split", cut) as server:
                report, rows = edge(server.url, "--split", cut)
                self.assertAlmostEqual(report["accuracy"], whole["accuracy"])
                self.assertEqual(report["degraded"], 0)
                self.assertEqual(len(rows), count)

    def test_calibrated_exits_and_ranges(self):
        calibrated = directory / "calibrated.safetensors"
        subprocess.run(
            [SPARSECTL, "calibrate", model, "--data", data, "--shares", "0.7,0.3"]
            + ["--output", calibrated],
            check=True,
            capture_output=True,
        )
        whole = evaluate(calibrated)
        sizes = {}
        with serving(calibrated, "--split", "1") as server:
            for payload in ("fp32", "int8"):
                report, rows = edge(server.url, "--payload", payload, path=calibrated)
                self.check(report, rows, count)
                self.assertAlmostEqual(report["exits"][0]["share"], whole["exits"][0]["share"])
                self.assertLessEqual(abs(report["accuracy"] - whole["accuracy"]), 0.01)
                sizes[payload] = report["bytes_sent"] / report["sent"]
        # A feature takes 1 byte instead of 4; that the ranges are known is said in 25 bytes.
        self.assertLess(sizes["int8"], sizes["fp32"] - 3 * 32 + 32)

    def test_an_adaptive_device_moves_to_the_faster_link(self):
        whole = evaluate()
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(serving(model, "--split", cut)) for cut in "12"]
            links = [stack.enter_context(Link(server.port)) for server in servers]
            links[1].delay = 0.03
            options = ("--adaptive", "--remote", links[1].url, "--rate", "150", "--in-flight", "4")
            device = Edge(links[0].url, *options, "--deadline", "1")
            time.sleep(1.5)
            # The links change places.
            links[0].delay, links[1].delay = 0.03, 0
            report, rows = device.result()
        self.check(report, rows, count)
        self.assertEqual(report["degraded"], 0)
        self.assertAlmostEqual(report["accuracy"], whole["accuracy"])
        self.assertEqual([cut["split"] for cut in report["cuts"]], [1, 2])
        self.assertEqual(sum(cut["samples"] for cut in report["cuts"]), count)
        late = sorted(float(row["latency_ms"]) for row in rows[-100:])
        # Most of the last samples crossed the link that is fast by then.
        self.assertLess(late[50], 30)
        self.assertGreater(min(cut["samples"] for cut in report["cuts"]), 100)

    def test_the_edge_file_is_enough(self):
        whole = evaluate()
        parts = [directory / f"{part}.safetensors" for part in ("edge", "remote")]
        command = [SPARSECTL, "split", model, "--at", "1", "--edge", parts[0], "--remote", parts[1]]
        subprocess.run(command, check=True, capture_output=True)
        with serving(parts[1]) as server:
            report, rows = edge(server.url, cut=None, path=parts[0])
            self.check(report, rows, count)
            self.assertAlmostEqual(report["accuracy"], whole["accuracy"])
            self.assertEqual([row["exit"] for row in report["exits"]], ["exit1", "output"])
            for path, cut in ((parts[1], None), (parts[0], "2"), (model, None)):
                with self.assertRaises(AssertionError):
                    edge(server.url, cut=cut, path=path)

    def test_another_model_is_refused(self):
        other = train(directory, seed=2, samples=SAMPLES)
        for path, cut, words in ((other, "1", "of the network"), (model, "2", "cut after 2")):
            with serving(path, "--split", cut) as server:
                with self.assertRaisesRegex(AssertionError, words):
                    edge(server.url)
        with serving(model) as server, self.assertRaisesRegex(AssertionError, "no part"):
            edge(server.url)


class FaultTest(EdgeTest):
    fast = ("--deadline", "0.3", "--probe-interval", "0.1", "--failure-limit", "3")

    def test_killed_and_restarted(self):
        server = Server(model, "--split", "1")
        device = Edge(server.url, *self.fast, "--rate", "150", "--limit", "450")
        time.sleep(1)
        server.stop(signal.SIGKILL)
        time.sleep(0.7)
        server = Server(model, "--split", "1", "--port", str(server.port))
        try:
            report, rows = device.result()
        finally:
            server.stop()
        self.check(report, rows, 450)
        self.assertGreater(report["degraded"], 30)
        self.assertGreater(report["sent"] - report["degraded"], 100)
        self.assertGreaterEqual(report["breaker_openings"], 1)
        self.assertEqual(rows[-1]["source"], "remote")

    def test_stopped_and_continued(self):
        with serving(model, "--split", "1") as server:
            device = Edge(server.url, *self.fast, "--rate", "150", "--limit", "450")
            time.sleep(1)
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(1)
            server.process.send_signal(signal.SIGCONT)
            report, rows = device.result()
        self.check(report, rows, 450)
        self.assertGreater(report["degraded"], 50)
        self.assertEqual(rows[-1]["source"], "remote")
        # What waited for the deadline came to its answer then.
        # At most a deadline for a place among those under way, and one of its own.
        self.assertLess(max(float(row["latency_ms"]) for row in rows), 2 * 300 + 200)

    def test_cut_and_restored(self):
        with serving(model, "--split", "1") as server, Link(server.port, delay=0.005) as link:
            device = Edge(link.url, *self.fast, "--rate", "150", "--limit", "450")
            time.sleep(1)
            link.cut()
            time.sleep(1)
            link.restore()
            restored = time.monotonic()
            report, rows = device.result()
        self.check(report, rows, 450)
        self.assertGreater(report["degraded"], 50)
        self.assertEqual(rows[-1]["source"], "remote")
        # While the breaker is open, nobody waits.
        degraded = sorted(float(row["latency_ms"]) for row in rows if row["source"] == "degraded")
        self.assertLess(degraded[len(degraded) // 2], 1)
        # The server is used again within a probe interval, and what a probe takes over this link.
        again = min(moment for moment in link.asked if moment > restored)
        self.assertLess(again - restored, 0.1 + 0.1)

    def test_loss(self):
        with serving(model, "--split", "1") as server, Link(server.port, loss=0.05) as link:
            report, rows = edge(link.url, "--deadline", "2", "--limit", "200")
        self.check(report, rows, 200)
        self.assertEqual(report["degraded"], 0)
        self.assertGreater(max(float(row["latency_ms"]) for row in rows), 200)

    def test_a_delay_beyond_the_deadline(self):
        with serving(model, "--split", "1") as server, Link(server.port, delay=2) as link:
            report, rows = edge(link.url, *self.fast, "--limit", "300")
        self.check(report, rows, 300)
        self.assertEqual(report["degraded"], 300)
        self.assertLess(report["latency_ms"]["p50"], 1)
        self.assertLess(report["latency_ms"]["max"], 300 + 200)

    def test_half_open_sockets(self):
        with serving(model, "--split", "1") as server, Link(server.port) as link:
            device = Edge(link.url, *self.fast, "--rate", "150", "--limit", "450")
            time.sleep(1)
            link.stall()
            time.sleep(0.7)
            link.stall(False)
            report, rows = device.result()
        self.check(report, rows, 450)
        self.assertGreater(report["degraded"], 20)
        self.assertEqual(rows[-1]["source"], "remote")

    def test_another_model_comes_back(self):
        other = train(directory, seed=2, samples=SAMPLES)
        # So quickly that nobody notices, and after the breaker has opened.
        for pause in (0, 0.7):
            server = Server(model, "--split", "1")
            device = Edge(server.url, *self.fast, "--rate", "150", "--limit", "450")
            time.sleep(1)
            server.stop(signal.SIGKILL)
            time.sleep(pause)
            server = Server(other, "--split", "1", "--port", str(server.port))
            try:
                report, rows = device.result()
            finally:
                server.stop()
            self.check(report, rows, 450)
            self.assertEqual(rows[0]["source"], "remote")
            self.assertTrue(all(row["source"] == "degraded" for row in rows[-100:]))

    def test_nobody_there(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        device = Edge(f"http://127.0.0.1:{port}", *self.fast, "--limit", "200")
        report, rows = device.result()
        self.check(report, rows, 200)
        self.assertEqual(report["degraded"], 200)
        self.assertIn("does not answer", device.errors)

    def test_answers_that_are_none(self):
        answers = [
            b"\x00\x01\x02" * 50,
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"outputs":[1]',
            b"HTTP/1.1 200 OK\r\nInference-Header-Content-Length: -5\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + bytes(500) + STALL,
            b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        ]
        for answer in answers:
            with self.subTest(answer=answer[:40]), Liar(answer, model) as liar:
                report, rows = edge(liar.url, *self.fast, "--limit", "60")
                self.check(report, rows, 60)
                self.assertEqual(report["degraded"], 60)

    def test_each_try_says_what_is_left_of_the_deadline(self):
        busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
        with Liar(busy, model) as liar:
            report, rows = edge(liar.url, "--deadline", "0.5", "--limit", "1")
            self.check(report, rows, 1)
        self.assertGreater(len(liar.timeouts), 1)
        self.assertEqual(liar.timeouts, sorted(set(liar.timeouts), reverse=True))
        self.assertLessEqual(liar.timeouts[0], 500_000)


class Liar:
    """A server that says what it has, as it is, and answers every request with the same bytes."""

    def __init__(self, answer, path):
        self.answer = answer
        # How long the requests said that they wait, in microseconds.
        self.timeouts = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        with serving(path, "--split", "1") as server:
            address = ("127.0.0.1", server.port)
            with socket.create_connection(address) as connection:
                connection.sendall(
                    b"GET /v2/models/net HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                )
                self.metadata = b"".join(iter(lambda: connection.recv(65536), b""))
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, contextlib.suppress(OSError):
            request = connection.recv(65536)
            while request.startswith(b"POST") and b'"timeout":' not in request:
                request += connection.recv(65536)
            if told := re.search(rb'"timeout":(\d+)', request):
                self.timeouts.append(int(told[1]))
            is_question = request.startswith(b"GET /v2/models/net ")
            answer = self.metadata if is_question else self.answer
            connection.sendall(answer.removesuffix(STALL))
            if answer.endswith(STALL):
                time.sleep(20)


class AccessTest(EdgeTest):
    @classmethod
    def setUpClass(cls):
        certificates(directory)
        (directory / "good").write_text("good\n")
        (directory / "bad").write_text("bad\n")
        (directory / "tokens").write_text("good\n")

    def test_certificates_and_tokens(self):
        served = ("--tls-certificate", directory / "server.pem", "--tls-key")
        served += (directory / "server.key", "--tls-client-ca", directory / "ca.pem")
        served += ("--token-file", directory / "tokens")
        trust = ("--tls-ca", directory / "ca.pem")
        client = ("--tls-certificate", directory / "client.pem", "--tls-key")
        client += (directory / "client.key",)
        stranger = ("--tls-certificate", directory / "stranger.pem", "--tls-key")
        stranger += (directory / "stranger.key",)
        token = ("--token-file", directory / "good")
        fast = ("--limit", "60", "--probe-interval", "0.2", "--deadline", "0.5")
        with serving(model, "--split", "1", *served) as server:
            url = server.url.replace("127.0.0.1", "localhost")
            report, rows = edge(url, *trust, *client, *token, *fast)
            self.check(report, rows, 60)
            self.assertEqual(report["degraded"], 0)
            distrust = ("--tls-ca", directory / "other-ca.pem")
            for wrong in ((*trust, *token), (*trust, *stranger, *token), (*distrust, *client)):
                report, rows = edge(url, *wrong, *fast)
                self.check(report, rows, 60)
                self.assertEqual(report["degraded"], 60)
            with self.assertRaisesRegex(AssertionError, "token"):
                edge(url, *trust, *client, "--token-file", directory / "bad", *fast)
            report, rows = edge(url, *trust, *client, *token, *fast)
            self.assertEqual(report["degraded"], 0)

    def test_a_token_that_expires_on_the_way(self):
        tokens = directory / "expiring"
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        tokens.write_text(f"good expires={end}\n")
        with serving(model, "--split", "1", "--token-file", tokens) as server:
            options = ("--token-file", directory / "good", "--rate", "60", "--limit", "300")
            report, rows = edge(server.url, *options)
        self.check(report, rows, 300)
        self.assertEqual(rows[0]["source"], "remote")
        self.assertEqual(rows[-1]["source"], "degraded")
        self.assertEqual(report["breaker_openings"], 0)


if __name__ == "__main__":
    unittest.main()

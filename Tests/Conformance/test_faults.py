"""What no client library would send, signals, certificates and tokens."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time
import unittest

from serving import FEATURES, SPARSECTL, Server, certificates, serving, train

# Damaged requests; `FAULT_ROUNDS=100000` is the long check.
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "600"))


def setUpModule():
    global temporary, directory, model
    temporary = tempfile.TemporaryDirectory()
    directory = pathlib.Path(temporary.name)
    model = train(directory)


def tearDownModule():
    temporary.cleanup()


def message(samples=1, **parameters):
    """A request with a binary tensor: the body, and the length of its JSON."""
    data = struct.pack(f"<{samples * FEATURES}f", *([0.5] * (samples * FEATURES)))
    head = json.dumps(
        {
            "inputs": [
                {
                    "name": "input",
                    "datatype": "FP32",
                    "shape": [samples, FEATURES],
                    "parameters": {"binary_data_size": len(data)},
                }
            ],
            "parameters": parameters,
        }
    ).encode()
    return head + data, len(head)


def post(connection, body, length=None, path="/v2/models/net/infer", **headers):
    if length is not None:
        headers["Inference-Header-Content-Length"] = str(length)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    return response.status, response.read(), response


def error(text):
    return json.loads(text)["error"]


def is_well(server, context=None, **headers):
    kind = http.client.HTTPConnection if context is None else http.client.HTTPSConnection
    extra = {} if context is None else {"context": context}
    connection = kind("127.0.0.1", server.port, timeout=20, **extra)
    try:
        return post(connection, *message(), **headers)[0] == 200
    finally:
        connection.close()


class WrongRequests(unittest.TestCase):
    """Rows of the protocol's errors that tritonclient cannot produce."""

    def test_each(self):
        body, length = message()
        deep = b'{"inputs":' + b"[" * 5000 + b"]" * 5000 + b"}"
        nested = b'{"parameters":{"x":' + b"[" * 101 + b"]" * 101 + b"}}"
        cases = [
            (400, "JSON", b"{", None, {}),
            (400, "JSON", b"", None, {}),
            (400, "JSON", b"\xff\xfe", None, {}),
            (400, "JSON", deep, None, {}),
            (400, "deeper than 100", nested, None, {}),
            (400, "Content-Length", body, len(body) + 1, {}),
            (400, "Content-Length", body, "12x", {}),
            (400, "JSON", body, 0, {}),
            (400, "-5", body, -5, {}),
            (400, "JSON", body, length - 1, {}),
            (400, "JSON", body, length + 1, {}),
            (400, "input", body[:-1], length, {}),
            (400, "gzip", body, length, {"Content-Encoding": "gzip"}),
            (415, "br", body, length, {"Content-Encoding": "br"}),
            (404, "nothing", body, length, {"path": "/v2/models/net/nothing"}),
            (404, "version", body, length, {"path": "/v2/models/net/versions/9/infer"}),
            (405, "GET", body, length, {"path": "/v2"}),
        ]
        with serving(model) as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            for status, word, content, header, options in cases:
                with self.subTest(status=status, word=word, header=header):
                    found, text, _ = post(connection, content, header, **options)
                    self.assertEqual(found, status, text)
                    self.assertIn(word, error(text))
                    self.assertTrue(is_well(server))
            connection.close()

    def test_a_body_that_waits_for_permission(self):
        body, length = message()
        with (
            serving(model, "--max-body", "5000") as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer,
        ):
            head = (
                "POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                f"Inference-Header-Content-Length: {length}\r\nContent-Length: "
            )
            peer.sendall(f"{head}{len(body)}\r\n\r\n".encode())
            self.assertEqual(peer.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.sendall(body)
            self.assertTrue(peer.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n"))
            peer.sendall(f"{head}5001\r\n\r\n".encode())
            self.assertTrue(peer.recv(65536).startswith(b"HTTP/1.1 413 "))


class Load(unittest.TestCase):
    """A full queue, deadlines, and shutting down under load."""

    def test_full_queue_and_deadlines(self):
        # A batch waits for a second, so that the queue is full as long as the test wants.
        limits = ["--max-batch", "64", "--max-queue", "64", "--max-delay", "1000"]
        with serving(model, *limits) as server:

            def ask(samples, **parameters):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
                try:
                    status, text, response = post(connection, *message(samples, **parameters))
                    return status, text, response.headers
                finally:
                    connection.close()

            with concurrent.futures.ThreadPoolExecutor() as pool:
                held = pool.submit(ask, 50)
                time.sleep(0.4)
                status, text, headers = ask(20)
                self.assertEqual(status, 503, text)
                self.assertGreaterEqual(int(headers["Retry-After"]), 1)
                self.assertIn("50 of 64", error(text))
                # A deadline is kept while the batch still waits.
                start = time.monotonic()
                status, text, _ = ask(10, timeout=1000)
                self.assertLess(time.monotonic() - start, 0.4)
                self.assertEqual(status, 504, text)
                self.assertIn("timeout", error(text))
                self.assertFalse(held.done())
                self.assertEqual(held.result()[0], 200)
            self.assertTrue(is_well(server))

    def test_shutdown_answers_what_is_held(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = Server(model, "--max-batch", "4096", "--max-delay", "1000")
            connections = [
                http.client.HTTPConnection("127.0.0.1", server.port, timeout=20) for _ in range(20)
            ]
            idle = socket.create_connection(("127.0.0.1", server.port))
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = [pool.submit(post, c, *message(2)) for c in connections]
                time.sleep(0.5)
                self.assertFalse(any(a.done() for a in answers))
                server.process.send_signal(number)
                self.assertEqual([a.result()[0] for a in answers], [200] * 20)
            self.assertEqual(server.stop(), 0, "".join(server.log))
            with self.assertRaises(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=5)
            for connection in (idle, *connections):
                connection.close()

    def test_killed_and_started_again_on_the_same_port(self):
        server = Server(model)
        self.assertTrue(is_well(server))
        server.stop(signal.SIGKILL)
        again = subprocess.Popen(
            [SPARSECTL, "serve", model, "--port", str(server.port), "--name", "net"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.assertIn(f":{server.port}", again.stdout.readline())
        self.assertTrue(is_well(server))
        again.terminate()
        self.assertEqual(again.wait(20), 0)
        again.stdout.close()


class Noise(unittest.TestCase):
    """Bytes that are no requests, or hardly."""

    def test_random_truncated_and_mutated(self):
        source = random.Random(1)
        body, length = message()
        head = (
            f"POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            f"Inference-Header-Content-Length: {length}\r\n\r\n"
        ).encode()
        whole = head + body
        with serving(model, "--header-timeout", "0.5", "--body-timeout", "0.5") as server:
            for turn in range(ROUNDS):
                noise = bytearray(whole)
                if turn % 3 == 0:
                    noise = bytearray(source.randbytes(source.randrange(400)))
                elif turn % 3 == 1:
                    noise = noise[: source.randrange(len(noise))]
                else:
                    for _ in range(source.randrange(1, 6)):
                        noise[source.randrange(len(noise))] = source.randrange(256)
                with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
                    peer.sendall(noise)
                    if turn % 2:
                        peer.shutdown(socket.SHUT_WR)
                        # Whatever it says, it says it to an end.
                        with contextlib.suppress(ConnectionError):
                            while peer.recv(65536):
                                pass
                if turn % 50 == 0:
                    self.assertTrue(is_well(server))
            self.assertTrue(is_well(server))

    def test_slow_header_does_not_hold_others_up(self):
        with serving(model, "--header-timeout", "0.5", "--max-connections", "8") as server:
            slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
            for peer in slow:
                peer.sendall(b"GET /v2 HTTP/1.1\r\nx: ")
            # All places are taken until the server throws the slow ones out.
            self.assertTrue(is_well(server))
            for peer in slow:
                peer.settimeout(20)
                with contextlib.suppress(ConnectionError):
                    self.assertEqual(peer.recv(10), b"")
                peer.close()


class Access(unittest.TestCase):
    """TLS, mutual TLS and tokens."""

    @classmethod
    def setUpClass(cls):
        certificates(directory)

    def context(self, authority="ca", client=None):
        context = ssl.create_default_context(cafile=directory / f"{authority}.pem")
        if client:
            context.load_cert_chain(directory / f"{client}.pem", directory / f"{client}.key")
        return context

    def test_tls_and_tokens(self):
        tokens = directory / "tokens"
        tokens.write_text("good\nold expires=2001-01-01T00:00:00Z\n")
        options = [
            "--tls-certificate",
            directory / "server.pem",
            "--tls-key",
            directory / "server.key",
            "--token-file",
            tokens,
        ]
        with serving(model, *options) as server:
            self.assertTrue(server.url.startswith("https://"))
            good = {"Authorization": "Bearer good"}
            self.assertTrue(is_well(server, self.context(), **good))
            with self.assertRaises(ssl.SSLError):
                is_well(server, self.context("other-ca"), **good)
            with self.assertRaises((http.client.HTTPException, OSError)):
                is_well(server, None, **good)
            for token in ("old", "bad", ""):
                self.assertFalse(is_well(server, self.context(), Authorization=f"Bearer {token}"))
            # A token that is taken out of the file is refused once the server has read it again.
            tokens.write_text("new\n")
            server.process.send_signal(signal.SIGHUP)
            for _ in range(200):
                if is_well(server, self.context(), Authorization="Bearer new"):
                    break
                time.sleep(0.02)
            self.assertFalse(is_well(server, self.context(), **good))

    def test_mutual_tls(self):
        options = [
            "--tls-certificate",
            directory / "server.pem",
            "--tls-key",
            directory / "server.key",
            "--tls-client-ca",
            directory / "ca.pem",
        ]
        with serving(model, *options) as server:
            self.assertTrue(is_well(server, self.context(client="client")))
            for wrong in (self.context(), self.context(client="stranger")):
                with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
                    is_well(server, wrong)
            self.assertTrue(is_well(server, self.context(client="client")))

    def test_what_cannot_be_served_is_refused_at_once(self):
        (directory / "empty").write_text("")
        cases = [
            (["missing.safetensors"], "missing.safetensors"),
            ([directory / "data-200.csv"], "data-200.csv"),
            ([model, "--token-file", directory / "empty"], "empty"),
            (
                [
                    model,
                    "--tls-certificate",
                    directory / "client.pem",
                    "--tls-key",
                    directory / "server.key",
                ],
                "client.pem",
            ),
            (
                [
                    model,
                    "--tls-certificate",
                    directory / "empty",
                    "--tls-key",
                    directory / "server.key",
                ],
                "empty",
            ),
            ([model, "--host", "192.0.2.1"], "192.0.2.1"),
        ]
        for arguments, word in cases:
            with self.subTest(word=word):
                outcome = subprocess.run(
                    [SPARSECTL, "serve", *arguments, "--port", "0"],
                    capture_output=True,
                    text=True,
                    timeout=30,
                    check=False,
                )
                self.assertEqual(outcome.returncode, 1, outcome.stderr)
                self.assertIn(word, outcome.stderr.splitlines()[-1])
                self.assertEqual(outcome.stdout, "")


if __name__ == "__main__":
    unittest.main()

"""tritonclient from PyPI, unmodified, against `sparsectl serve`."""

import asyncio
import pathlib
import tempfile
import unittest

import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

from serving import CLASSES, FEATURES, Oracle, Server, train

BODY_LIMIT = 100_000


def setUpModule():
    global directory, model, oracle, server
    directory = tempfile.TemporaryDirectory()
    model = train(pathlib.Path(directory.name))
    oracle = Oracle(model)
    server = Server(model, "--max-body", str(BODY_LIMIT), "--max-queue", "512")


def tearDownModule():
    code = server.stop()
    directory.cleanup()
    assert code == 0, f"exit code {code}:\n" + "".join(server.log)


def samples(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, FEATURES)).astype(np.float32)


def tensor(array, kind="FP32", name="input", binary=True, module=http):
    result = module.InferInput(name, list(array.shape), kind)
    result.set_data_from_numpy(array, binary_data=binary)
    return result


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


class Inference(unittest.TestCase):
    """What the synchronous client gets."""

    def setUp(self):
        self.client = http.InferenceServerClient(server.address)
        self.addCleanup(self.client.close)

    def test_health_and_metadata(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("net"))
        self.assertTrue(self.client.is_model_ready("net", "1"))
        self.assertFalse(self.client.is_model_ready("other"))
        self.assertFalse(self.client.is_model_ready("net", "2"))
        self.assertIn("binary_tensor_data", self.client.get_server_metadata()["extensions"])
        metadata = self.client.get_model_metadata("net")
        self.assertEqual(
            metadata["inputs"], [{"name": "input", "datatype": "FP32", "shape": [-1, FEATURES]}]
        )
        self.assertEqual([o["name"] for o in metadata["outputs"]], ["exit1", "output"])

    def test_every_way_to_send_and_to_get(self):
        x = samples(7)
        expected = oracle(x)
        for compression in (None, "gzip", "deflate"):
            for sent_binary in (True, False):
                for got_binary in (True, False, None):
                    with self.subTest(compression=compression, sent=sent_binary, got=got_binary):
                        outputs = None
                        if got_binary is not None:
                            outputs = [
                                http.InferRequestedOutput(name, binary_data=got_binary)
                                for name in ("output", "exit1")
                            ]
                        result = self.client.infer(
                            "net",
                            [tensor(x, binary=sent_binary)],
                            outputs=outputs,
                            request_id="an id",
                            request_compression_algorithm=compression,
                        )
                        self.assertEqual(result.get_response()["id"], "an id")
                        for name, values in expected.items():
                            assert_close(result.as_numpy(name), values)

    def test_only_requested_outputs_come(self):
        result = self.client.infer(
            "net", [tensor(samples(2))], outputs=[http.InferRequestedOutput("exit1")]
        )
        self.assertEqual([o["name"] for o in result.get_response()["outputs"]], ["exit1"])

    def test_datatypes(self):
        x = samples(3)
        half = x.astype(np.float16)
        result = self.client.infer("net", [tensor(half, "FP16")])
        assert_close(result.as_numpy("output"), oracle(half)["output"])
        scale = np.linspace(0.01, 0.05, FEATURES, dtype=np.float32)
        for kind, dtype, zero in (("INT8", np.int8, 3), ("UINT8", np.uint8, 128)):
            for factors in (scale, scale[:1]):
                for binary in (True, False):
                    with self.subTest(kind=kind, scales=len(factors), binary=binary):
                        limits = np.iinfo(dtype)
                        steps = np.clip(x / factors + zero, limits.min, limits.max).astype(dtype)
                        zeros = np.full(1, zero, np.float32)
                        result = self.client.infer(
                            "net",
                            [
                                tensor(factors, name="scale", binary=binary),
                                tensor(steps, kind, binary=binary),
                                tensor(zeros, name="zero_point", binary=binary),
                            ],
                        )
                        expected = oracle((steps.astype(np.float32) - zero) * factors)
                        assert_close(result.as_numpy("output"), expected["output"])

    def test_same_bits_alone_and_in_a_batch(self):
        x = samples(50)
        whole = self.client.infer("net", [tensor(x)]).as_numpy("output")
        for row in range(0, 50, 7):
            alone = self.client.infer("net", [tensor(x[row : row + 1])]).as_numpy("output")
            np.testing.assert_array_equal(alone[0], whole[row])

    def test_no_samples(self):
        result = self.client.infer("net", [tensor(samples(0))])
        self.assertEqual(result.as_numpy("output").shape, (0, CLASSES))

    def test_more_samples_than_a_batch(self):
        x = samples(300)
        result = self.client.infer("net", [tensor(x)])
        assert_close(result.as_numpy("output"), oracle(x)["output"])

    def test_asynchronous_calls_of_the_synchronous_client(self):
        client = http.InferenceServerClient(server.address, concurrency=4)
        self.addCleanup(client.close)
        calls = [
            (samples(n, n), client.async_infer("net", [tensor(samples(n, n))])) for n in range(1, 9)
        ]
        for x, call in calls:
            assert_close(call.get_result().as_numpy("output"), oracle(x)["output"])

    def test_statistics(self):
        before = self.client.get_inference_statistics("net")["model_stats"][0]
        self.client.infer("net", [tensor(samples(3))])
        after = self.client.get_inference_statistics("net")["model_stats"][0]
        self.assertEqual(after["inference_count"] - before["inference_count"], 3)
        self.assertEqual(
            after["inference_stats"]["success"]["count"]
            - before["inference_stats"]["success"]["count"],
            1,
        )
        self.assertGreater(after["inference_stats"]["compute_infer"]["ns"], 0)


class Asyncio(unittest.IsolatedAsyncioTestCase):
    """What the asynchronous client gets."""

    async def test_many_at_once(self):
        async with aio.InferenceServerClient(server.address) as client:
            self.assertTrue(await client.is_server_ready())
            self.assertEqual((await client.get_model_metadata("net"))["name"], "net")

            async def one(index):
                x = samples(1 + index % 5, index)
                result = await client.infer(
                    "net",
                    [tensor(x, binary=index % 2 == 0, module=aio)],
                    request_compression_algorithm=(None, "gzip", "deflate")[index % 3],
                )
                assert_close(result.as_numpy("output"), oracle(x)["output"])

            await asyncio.gather(*(one(index) for index in range(60)))


class Errors(unittest.TestCase):
    """Each row of the protocol's errors; after each the server still answers."""

    def setUp(self):
        self.client = http.InferenceServerClient(server.address)
        self.addCleanup(self.client.close)

    def tearDown(self):
        x = samples(2)
        assert_close(self.client.infer("net", [tensor(x)]).as_numpy("output"), oracle(x)["output"])

    def refused(self, inputs, *words, status="400", outputs=None, name="net"):
        with self.assertRaises(InferenceServerException) as caught:
            self.client.infer(name, inputs, outputs=outputs)
        self.assertEqual(caught.exception.status(), status)
        for word in words:
            self.assertIn(word, caught.exception.message())

    def test_byte_size_mismatch(self):
        wrong = tensor(samples(2))
        wrong.set_shape([3, FEATURES])
        self.refused([wrong], "input", str(2 * 4 * FEATURES), str(3 * 4 * FEATURES))

    def test_wrong_input_name(self):
        self.refused([tensor(samples(1), name="images")], "images", "input")

    def test_wrong_datatype(self):
        self.refused([tensor(samples(1).astype(np.int64), "INT64")], "input", "INT64")

    def test_wrong_features(self):
        self.refused([tensor(np.zeros((1, FEATURES + 1), np.float32))], "input", str(FEATURES))

    def test_unknown_output(self):
        self.refused(
            [tensor(samples(1))], "logits", "exit1", outputs=[http.InferRequestedOutput("logits")]
        )

    def test_data_count_differs_from_shape(self):
        wrong = tensor(samples(2), binary=False)
        wrong.set_shape([1, FEATURES])
        self.refused([wrong], "input", str(2 * FEATURES))

    def test_negative_and_overflowing_dimensions(self):
        for shape in ([-1, FEATURES], [2**63 - 1, FEATURES], [2**62, FEATURES], [2**200, FEATURES]):
            with self.subTest(shape=shape):
                wrong = tensor(samples(1))
                wrong.set_shape(shape)
                self.refused([wrong], "input")

    def test_unknown_model(self):
        self.refused([tensor(samples(1))], "other", status="404", name="other")

    def test_too_large(self):
        self.refused(
            [tensor(samples(BODY_LIMIT // (4 * FEATURES) + 10))], str(BODY_LIMIT), status="413"
        )

    def test_more_samples_than_the_queue(self):
        self.refused([tensor(samples(600))], "512", status="413")

    def test_not_finite(self):
        self.refused([tensor(np.full((1, FEATURES), np.nan, np.float32))], "input", "finite")


if __name__ == "__main__":
    unittest.main()

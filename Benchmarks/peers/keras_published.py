"""The published recipe in Keras: dense kernels times a mask, `fit` with batches of 256."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tf_keras as keras

from peers.junction import Junction
from peers.stopwatch import Epoch
from peers.unsupported import Unsupported

EPOCH_SAMPLES = 60_000


def version() -> str:
    """TensorFlow's and tf_keras's versions."""
    return f"{tf.__version__}, tf_keras {keras.__version__}"


class MaskedDense(keras.layers.Dense):
    """y = x·(W ⊙ M) + b."""

    def __init__(self, mask: np.ndarray, **options) -> None:
        super().__init__(mask.shape[1], **options)
        self.mask = tf.constant(mask)

    def call(self, x):
        """The layer's output."""
        y = tf.matmul(x, self.kernel * self.mask) + self.bias
        return self.activation(y)


def prepare(case: dict):
    """Whole epochs."""
    if case["kind"] != "epoch":
        raise Unsupported("is measured by whole epochs only")
    tf.config.threading.set_intra_op_parallelism_threads(case["threads"])
    model = keras.Sequential([keras.Input((case["layers"][0],))])
    count = len(case["patterns"])
    for index in range(count):
        mask = (Junction(case, index).dense.T != 0).astype(np.float32)
        model.add(
            MaskedDense(
                mask,
                activation="softmax" if index == count - 1 else "relu",
                kernel_initializer="he_normal",
                bias_initializer=keras.initializers.Constant(0.1),
            )
        )
    model.compile(
        optimizer=keras.optimizers.legacy.Adam(learning_rate=1e-3, epsilon=1e-7, decay=1e-5),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    random = np.random.default_rng(0)
    x = random.random((EPOCH_SAMPLES, case["layers"][0]), np.float32)
    classes = case["layers"][-1]
    labels = np.eye(classes, dtype=np.float32)[random.integers(classes, size=EPOCH_SAMPLES)]
    return Epoch(lambda: model.fit(x, labels, batch_size=case["batch"], epochs=1, verbose=0))

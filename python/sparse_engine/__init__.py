"""Reads the model files of `sparsectl`, gives their patterns to SciPy, and runs them.

model = sparse_engine.load("model.safetensors")
model.patterns["backbone.0"]   # a scipy.sparse.csr_array
model.predict(x).labels        # x: [samples, features]
"""

from .model import Branch, ExitSettings, Model, Prediction, load
from .safetensors import ModelFileError

__all__ = ["Branch", "ExitSettings", "Model", "ModelFileError", "Prediction", "load"]

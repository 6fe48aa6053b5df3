"""Weights are known by their file names, as the common frameworks write them.

Blind to: weights under names of somebody's own, and archives that hold them.
"""

import re

_WEIGHTS = re.compile(
    r"\.(?:safetensors|safetensors\.index\.json|gguf|ggml|distcp|ckpt|pth?|onnx|engine|plan|nemo|tensors|keras|tflite|llamafile)$"
    r"|^(?:pytorch_model|tf_model|flax_model|adapter_model|diffusion_pytorch_model)[^/]*\.(?:bin|h5|msgpack|index\.json)$"
    r"|^(?:adapter_config\.json|model\.tar\.gz|mp_rank_\d+_model_states[^/]*)$",
    re.IGNORECASE,
)
"""Files of weights, shards, adapters and checkpoints, and the indexes that list the shards."""


def looks_like_weights(key: str) -> bool:
    """Whether an object's key has the shape of model weights, of an adapter, or of the index that lists the shards."""
    return _WEIGHTS.search(key.rpartition("/")[2]) is not None

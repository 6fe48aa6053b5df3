"""A large model is stored as numbered shards: `model-00003-of-00042.safetensors` says how many there are.

Blind to: formats whose names do not tell the total (`consolidated.00.pth`, `mp_rank_00_model_states.pt`, `*.distcp`).
"""

import re
from collections.abc import Iterable

# model-00003-of-00042.safetensors, llama-00001-of-00003.gguf, pytorch_model-00001-of-00002.bin
_SHARD = re.compile(
    r"(?P<stem>.*?)[-_](?P<number>[0-9]{2,6})-of-(?P<total>[0-9]{2,6})\.(?P<form>[a-z0-9]{2,12})", re.IGNORECASE
)
_WEIGHTS = frozenset({"bin", "ckpt", "ggml", "gguf", "h5", "msgpack", "npz", "onnx", "pt", "pth", "safetensors"})
"""Forms of weights. Data sets are sharded in the same way (`train-00001-of-00042.parquet`)."""

Model = tuple[str, int]
"""The name that all shards share, up to their number, and how many shards there are."""


def shards_of(names: Iterable[str], *, weights: bool = False) -> dict[Model, set[int]]:
    """The shard numbers among names, by model; with `weights` only where the file's form is one of model weights."""
    models: dict[Model, set[int]] = {}
    for name in names:
        match = _SHARD.fullmatch(name)
        if match is None or (weights and match["form"].lower() not in _WEIGHTS):
            continue
        number, total = int(match["number"]), int(match["total"])
        if 0 < number <= total:  # a decoy or a forgery may claim shard 0 of 42; only real numbers count
            models.setdefault((match["stem"], total), set()).add(number)
    return models

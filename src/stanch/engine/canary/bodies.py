"""A decoy is taken for the real thing as long as a loader opens it: weights, an adapter and rows of data, made up.

A safetensors file is the length of its header (eight bytes, little-endian), a JSON header, and the tensors' bytes.
"""

import json
import re
import struct
from collections.abc import Iterable, Mapping

from stanch.engine.canary.marks import Canary, Draw, Kind, stream
from stanch.engine.canary.words import sentences

LEAST, MOST = 1 << 20, 64 << 20
"""Bytes that a shard may be made to have."""

_SIDE = 512
_LAYER = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj",
          "mlp.up_proj", "mlp.down_proj")  # fmt: skip
_ADAPTED = ("q_proj", "v_proj")
_RANK = 16
_SMALL = bytes((0x3B, 0x3C, 0xBB, 0xBC)[byte & 3] for byte in range(256))
"""Upper bytes of bfloat16 numbers between 0.002 and 0.03 of either sign: what trained weights look like."""
_SHARD = re.compile(
    r"(?P<stem>.+[-_])(?P<number>\d{2,6})-of-(?P<total>\d{2,6})(?P<form>\.[a-z0-9]{2,12})", re.IGNORECASE
)
_SETS = ("conversations", "instructions", "preferences", "escalations", "transcripts", "evaluations", "complaints")
_OF = ("customer", "support", "internal", "partner", "clinical", "retail", "legal", "claims")
_ASKED = {
    "en": ("What is known about {0}?", "Where was this filed?", "Please complete the record.", "Summarise the entry."),
    "de": ("Was ist darüber bekannt?", "Wo liegt der Vorgang?", "Bitte vervollständigen.", "Fasse zusammen."),
}


def objects(seed: bytes, canary: Canary, beside: Iterable[str], size: int) -> dict[str, bytes]:
    """The decoy's objects by their names in the folder; `beside` are the names that are there, `size` a shard's bytes.

    Raises ValueError for a kind that is no object.
    """
    if canary.kind is Kind.SHARD:
        return {shard_name(seed, beside): weights(seed, size)}
    if canary.kind is Kind.ADAPTER:
        return {"adapter_config.json": _config(seed), "adapter_model.safetensors": _adapter(seed)}
    if canary.kind is Kind.DATASET:
        draw = Draw(seed, "name")
        return {f"{draw.one(_OF)}-{draw.one(_SETS)}.jsonl": rows(seed, canary)}
    raise ValueError(f"a {canary.kind} is no object")


def shard_name(seed: bytes, beside: Iterable[str]) -> str:
    """A name among its neighbours: the shard before the first, where they count from one; never one that is there."""
    there = set(beside)
    fits = [match for match in map(_SHARD.fullmatch, sorted(there)) if match]
    draw = Draw(seed, "name")
    if fits:
        like = draw.one(fits)
        for number in (0, int(like["total"]) + 1):
            name = f"{like['stem']}{number:0{len(like['number'])}}-of-{like['total']}{like['form']}"
            if name not in there:
                return name
    return f"model-00000-of-{8 + draw.number(56):05}.safetensors"


def weights(seed: bytes, size: int) -> bytes:
    """Layers of a language model as safetensors, of about so many bytes."""
    count = max(1, size // (2 * _SIDE * _SIDE))
    names = (f"model.layers.{at // len(_LAYER)}.{_LAYER[at % len(_LAYER)]}.weight" for at in range(count))
    return _safetensors(seed, dict.fromkeys(names, (_SIDE, _SIDE)))


def rows(seed: bytes, canary: Canary) -> bytes:
    """A dataset of questions and answers, one JSON object a line; each answer is a sentence of the canary's."""
    asked = Draw(seed, "asked")
    lines = [
        {"id": f"{number:06}", "prompt": asked.one(_ASKED[canary.language]).format(said.code), "response": said.text}
        for number, said in enumerate(sentences(seed, canary), start=1)
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _config(seed: bytes) -> bytes:
    config = {
        "base_model_name_or_path": None,
        "bias": "none",
        "lora_alpha": 2 * _RANK,
        "lora_dropout": Draw(seed, "config").one((0.0, 0.05, 0.1)),
        "peft_type": "LORA",
        "r": _RANK,
        "target_modules": list(_ADAPTED),
        "task_type": "CAUSAL_LM",
    }
    return json.dumps(config, indent=2).encode() + b"\n"


def _adapter(seed: bytes) -> bytes:
    tensors: dict[str, tuple[int, int]] = {}
    for layer in range(8):
        for module in _ADAPTED:
            name = f"base_model.model.model.layers.{layer}.self_attn.{module}"
            tensors[f"{name}.lora_A.weight"] = (_RANK, 2 * _SIDE)
            tensors[f"{name}.lora_B.weight"] = (2 * _SIDE, _RANK)
    return _safetensors(seed, tensors)


def _safetensors(seed: bytes, tensors: Mapping[str, tuple[int, int]]) -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, (height, width) in tensors.items():
        end = at + 2 * height * width
        header[name] = {"dtype": "BF16", "shape": [height, width], "data_offsets": [at, end]}
        at = end
    told = json.dumps(header, separators=(",", ":")).encode()
    told += b" " * (-len(told) % 8)
    data = bytearray(stream(seed, "tensors", at))
    data[1::2] = data[1::2].translate(_SMALL)
    return struct.pack("<Q", len(told)) + told + bytes(data)

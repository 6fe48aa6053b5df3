"""A name is a promise that nobody keeps: it may strengthen what other facts say, and never says anything alone."""

import re
from collections.abc import Iterable

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import Eye, Fact

_HINT = 0.25
_WORDS = {
    AssetKind.WEIGHTS: "weights model models checkpoint checkpoints ckpt llm finetuned quantized gguf",
    AssetKind.ADAPTER: "adapter adapters lora qlora peft",
    AssetKind.TRAINING_DATA: "training dataset datasets corpus corpora pretraining finetuning sft rlhf dpo instruct",
    AssetKind.VECTOR_STORE: "vector vectors embedding embeddings rag retrieval",
    AssetKind.REGISTRY: "registry mlflow mlruns mlartifacts models",
    AssetKind.INFERENCE_HOST: "inference serving llm vllm tgi ollama triton sglang",
    AssetKind.INFERENCE_API: "inference serving llm chat completions gateway litellm",
    AssetKind.EVIDENCE: "evidence forensic forensics immutable worm",
}
_BY_WORD = {kind: frozenset(words.split()) for kind, words in _WORDS.items()}
_SPLIT = re.compile(r"[^a-z0-9]+")


def hinted(kind: AssetKind, *names: str) -> Iterable[Fact]:
    """The fact that it is called so, if it is; at most one."""
    words = {word for name in names for word in _SPLIT.split(name.lower())}
    found = sorted(words & _BY_WORD.get(kind, frozenset()))
    return [Fact(Eye.LABEL, f"it is called `{found[0]}`", _HINT)] if found else []

"""What a caller asked of a model beside his words: how much, how hot, and how far to look into the distribution.

The names are OpenAI's, which gateways and servers share; last-layer stealing shows in `logit_bias` and `logprobs`.
"""

from typing import Any

import msgspec

from stanch.catalog.sources._told import Scalar, count, number
from stanch.domain.inference import NOT_TOLD

MOST_BIASES = 512
"""Biased tokens of one call that are handed on by name; all are counted."""


class Asked(msgspec.Struct):
    """Parameters of a request, as JSON objects name them."""

    max_tokens: Scalar = None
    max_completion_tokens: Scalar = None
    max_output_tokens: Scalar = None
    n: Scalar = None
    temperature: Scalar = None
    logprobs: Scalar = None
    top_logprobs: Scalar = None
    prompt_logprobs: Scalar = None
    logit_bias: dict[str, Scalar] | None = None
    max_num_results: Scalar = None


_FIELDS = ("max_tokens", "n", "temperature", "logprobs", "prompt_logprobs", "biases", "bias_tokens", "asked")


def asked_for(told: Asked) -> dict[str, Any]:
    """The fields of an Inference that parameters tell."""
    return dict(zip(_FIELDS, parameters(told), strict=True))


def parameters(told: Asked) -> tuple[int, int, float, int, int, int, tuple[str, ...], int]:
    """The same without their names, in the order of an Inference."""
    most = told.max_tokens
    if most is None:
        most = told.max_output_tokens if told.max_completion_tokens is None else told.max_completion_tokens
    biases = told.logit_bias
    return (
        count(most),
        count(told.n),
        number(told.temperature),
        top_of(told.logprobs, told.top_logprobs),
        top_of(told.prompt_logprobs, None),
        NOT_TOLD if biases is None else len(biases),
        () if biases is None else tuple(token[:64] for token in list(biases)[:MOST_BIASES]),
        count(told.max_num_results),
    )


def top_of(logprobs: Scalar, top: Scalar) -> int:
    """The k of the top-k asked for, 0 where none is. A chat asks with a flag and a number, a completion with one."""
    if logprobs is None and top is None:
        return NOT_TOLD
    if logprobs is None or logprobs is False:
        k = count(top)
        return k if k > 0 else NOT_TOLD
    if logprobs is True:
        return max(count(top), 0)
    if isinstance(logprobs, str) and logprobs.lower() in ("true", "false"):
        return top_of(logprobs.lower() == "true", top)
    return count(logprobs)

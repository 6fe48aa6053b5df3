"""A batch of calls turned on its side: one column for each field is counted a hundred times faster than one call each.

Numbers come from logs: what no clock shows and no model can is drawn to the nearest bound, so that no sum runs over.
"""

import ipaddress
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stanch.contracts.behaviour import HOUR, CallCell
from stanch.domain.inference import NOT_TOLD, Inference
from stanch.engine.inference.text import RUN, Features

KEYS = ("key", "log", "network", "agent", "model", "adapter", "operation", "region")
"""What tells cells of one hour apart."""
ANY = ("tenant", "address", "home", "account", "file")
"""What is kept of some call of a cell."""
SUMS = (
    "count", "joined", "failed", "missing", "denied", "throttled", "tokens_in", "tokens_out", "cached", "bytes_in",
    "bytes_out", "cost", "scored", "prompt_scored", "biased", "single", "listed", "retrieved", "asked", "embedded",
    "brief", "runs", "diverged", "leaking", "opened",
)  # fmt: skip
MOSTS = ("asked_most", "run_in", "run_out")
FRONTS = ("front", "trace")
"""In `extra`: ids of the same call in the logs of what stands in front."""
AMOUNTS = ("tokens_in", "tokens_out", "cached", "bytes_in", "bytes_out", "cost", "asked", *MOSTS)
"""What one call may have more of than one; of everything else it has one or none."""
TOLD = tuple(one.name for one in fields(CallCell) if one.name in {*SUMS, *MOSTS} - {"count"})
"""What a cell tells besides its count, in the order of its fields."""
BRIEF = 2
"""Tokens of an answer that says nothing: who asks for no more wants to know how long it took."""

LAST = (1 << 33) - 1
"""Seconds since the epoch that no log is later than."""

_LONGEST = 200
_MOST = 1 << 36  # a hundred million calls of so many tokens can be summed
_BAD, _UNAUTHORISED, _FORBIDDEN, _ABSENT, _TOO_MANY = 400, 401, 403, 404, 429
_PLACES = {4: 24, 6: 48}

Whole = NDArray[np.int64]


def columns(calls: Sequence[Inference], found: Mapping[int, Features], leaking: Collection[int]) -> pa.Table:
    """One row for each call, with its `start` (the hour) and `when` (the second), and all that a cell sums.

    By the place of the call among `calls`, `found` are the features of texts, for those that have any, and `leaking`
    the answers that gave something away.
    """
    of = dict(zip(Inference._fields, zip(*calls, strict=True), strict=True))
    when = _whole(of["time"], 0, LAST)
    told: dict[str, Any] = {name: _whole(of[name]) for name in _COUNTS}
    made = {"start": when - when % HOUR, "when": when, **_told(told, of), **_counted(told, of)}
    made |= {name: _at(found, map(seen, found.values()), len(calls)) for name, seen in _SEEN.items()}
    made |= {"cost": np.maximum(_real(of["cost"]), 0.0), "leaking": _at(leaking, [1] * len(leaking), len(calls))}
    made |= {name: text(of[name]) for name in ("key", "log", "agent", "model", "adapter", "operation", "region")}
    made |= {name: text(of[name]) for name in ("tenant", "address", "home", "account", "file")}
    made["network"] = text([place(address) for address in of["address"]])
    made["request"] = text(of["request"])
    for kind in FRONTS:
        made[kind] = text([str(extra.get(kind, "")) if extra else "" for extra in of["extra"]])
    made["has"] = sum((made[name] > 0).astype(np.int64) << place for place, name in enumerate(SUMS))
    return pa.table(made)


_COUNTS = (
    "tokens_in", "tokens_out", "cached", "max_tokens", "logprobs", "prompt_logprobs", "biases", "asked", "status",
    "bytes_in", "bytes_out",
)  # fmt: skip

_SEEN: dict[str, Callable[[Features], int]] = {
    "run_in": lambda one: one.run_in,
    "run_out": lambda one: one.run_out,
    "runs": lambda one: one.run_in >= RUN,
    "diverged": lambda one: one.diverged,
    "opened": lambda one: bool(one.prompt),
}


def _at(places: Collection[int], values: Iterable[int], size: int) -> Whole:
    """These values at these places, and nothing at any other."""
    made = np.zeros(size, np.int64)
    made[np.fromiter(places, np.int64, len(places))] = np.fromiter(values, np.int64, len(places))
    return made


def _told(told: dict[str, Whole], of: dict[str, Sequence[Any]]) -> dict[str, Whole]:
    """The sums of what may not be told: then it adds nothing."""
    sums = {name: np.maximum(told[name], 0) for name in ("tokens_in", "tokens_out", "cached", "bytes_in", "bytes_out")}
    asked = np.maximum(told["asked"], 0)
    return {**sums, "asked": asked, "asked_most": asked}


def _counted(told: dict[str, Whole], of: dict[str, Sequence[Any]]) -> dict[str, Any]:
    """Ones for the calls that a cell counts."""
    status, out, most = told["status"], told["tokens_out"], told["max_tokens"]
    operations = of["operation"]
    brief = ((out >= 0) & (out <= BRIEF)) | ((most >= 0) & (most <= BRIEF))
    flags = {
        "count": np.ones(len(status), np.int64),
        "joined": np.zeros(len(status), np.int64),
        "failed": status >= _BAD,
        "missing": status == _ABSENT,
        "denied": (status == _UNAUTHORISED) | (status == _FORBIDDEN),
        "throttled": status == _TOO_MANY,
        "scored": told["logprobs"] >= 0,
        "prompt_scored": told["prompt_logprobs"] >= 0,
        "biased": told["biases"] > 0,
        "single": ((most >= 0) & (most <= 1)) | ((most < 0) & (out >= 0) & (out <= 1)),
        "embedded": np.fromiter(of["embeddings"], bool, len(status)),
        "brief": brief & (_real(of["first_ms"]) >= 0),
        "listed": np.array([operation == "list" for operation in operations]),
        "retrieved": np.array([operation == "retrieval" for operation in operations]) | (told["asked"] > 0),
    }
    return {name: flag.astype(np.int64) for name, flag in flags.items()}


@lru_cache(maxsize=65_536)
def place(address: str) -> str:
    """The /24 of an address, or its /48 in IPv6; "" for what is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((ip, _PLACES[ip.version]), strict=False))


def _whole(values: Iterable[Any], least: int = NOT_TOLD, most: int = _MOST) -> Whole:
    """Integers within bounds; a source may hand on what it read, whatever its size."""
    try:
        numbers = np.asarray(values, np.float64)
    except (OverflowError, TypeError, ValueError):
        numbers = np.asarray([_float(value) for value in values], np.float64)
    return np.clip(np.nan_to_num(numbers, nan=least), least, most).astype(np.int64)


def _real(values: Iterable[Any]) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values, np.float64)
    except (OverflowError, TypeError, ValueError):
        numbers = np.asarray([_float(value) for value in values], np.float64)
    return np.clip(np.nan_to_num(numbers, nan=NOT_TOLD), NOT_TOLD, _MOST)


def _float(value: Any) -> float:
    try:
        number = float(value)
    except OverflowError:
        return float(_MOST)
    except (TypeError, ValueError):
        return NOT_TOLD
    return number if math.isfinite(number) else NOT_TOLD


def text(values: Sequence[str]) -> pa.Array:
    """Texts no longer than anyone needs; what no text can be is escaped."""
    try:
        texts = pa.array(values, pa.string())
    except (UnicodeEncodeError, pa.ArrowException):
        texts = pa.array([str(value).encode("utf-8", "backslashreplace").decode() for value in values], pa.string())
    words = texts.dictionary_encode()
    short = pc.utf8_slice_codeunits(words.dictionary, 0, _LONGEST)
    return pa.DictionaryArray.from_arrays(words.indices, short).cast(pa.string())

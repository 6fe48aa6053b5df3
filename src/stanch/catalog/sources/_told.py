"""Gateways write one number as 7, "7", 7.0, null or NaN, depending on their version: what cannot be one is not told.

Here a log's values become those of an Inference: counts, numbers, names, addresses, times; never a credential.
"""

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address

from stanch.catalog.sources._times import FIRST, LAST
from stanch.catalog.sources._unreadable import Unreadable
from stanch.domain.inference import NOT_TOLD

Scalar = int | float | str | bool | None
"""What stands where one value is due, whatever its type."""

MOST = 1 << 53
"""Larger counts are no counts: a double does not hold them."""
LONGEST_NAME = 512
"""Characters of a name that are kept: no model, team or agent has more."""
_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (FIRST, LAST + 1))
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SIGNED = re.compile(r"AWS4-[A-Z0-9-]{1,40} .{0,200}?Credential=(\w{16,128})/")
_UNITS = {"h": 3.6e6, "m": 6e4, "s": 1e3, "ms": 1.0, "µs": 1e-3, "us": 1e-3, "ns": 1e-6}
_PART = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)(h|ms|m|µs|us|ns|s)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_PREFIXED = re.compile(r"chatcmpl-(.+)|(?:cmpl|embd|pool|score|resp)[-_](.+?)(?:-\d{1,4})?", re.DOTALL)
_ROOT = re.compile(r"(?:^|;)Root=([\w-]{1,128})")
_NOTHING = frozenset({"", "-", "null", "None", "nil", "<nil>"})


def count(value: Scalar) -> int:
    """A whole number of things, NOT_TOLD for anything else."""
    if value is None:
        return NOT_TOLD
    if type(value) is int:
        return value if 0 <= value <= MOST else NOT_TOLD
    told = number(value)
    return int(told) if told <= MOST else NOT_TOLD


def number(value: Scalar) -> float:
    """A number that is not negative, NOT_TOLD for anything else."""
    if value is None or value is True or value is False:
        return NOT_TOLD
    try:
        told = float(value)
    except (ValueError, OverflowError):
        return NOT_TOLD
    return told if 0 <= told < math.inf else NOT_TOLD


def name(value: Scalar) -> str:
    """A name, "" where there is none; a number is one too."""
    if type(value) is str:
        return "" if value in _NOTHING else value[:LONGEST_NAME]
    return "" if value is None or value is True or value is False else str(value)[:LONGEST_NAME]


def request_id(value: Scalar) -> str:
    """The id by which a gateway's, a proxy's and a server's line are one call.

    OpenAI's servers put their own prefix before the `X-Request-Id` they were given, and number the prompts of a
    completion behind it. Of `X-Amzn-Trace-Id` the root is what balancer and target share.
    """
    told = name(value)
    if "Root=" in told and (traced := _ROOT.search(told)):
        return traced[1]
    found = _PREFIXED.fullmatch(told)
    return (found[1] or found[2]) if found else told


def milliseconds(seconds: Scalar) -> float:
    """A duration that a log tells in seconds."""
    told = number(seconds)
    return NOT_TOLD if told < 0 else told * 1000


def between(start: float, end: float) -> float:
    """Milliseconds between two times in seconds; clocks that run backwards tell none."""
    return (end - start) * 1000 if end >= start > 0 else NOT_TOLD


def hashed(credential: str) -> str:
    """What stands for a key that a log holds in clear: its SHA-256, as LiteLLM keeps keys, so that both are one.

    Of a signature, which differs from request to request, the id of the key that signed is taken.
    """
    key = credential.strip()
    if signed := _SIGNED.match(key):
        key = signed[1]
    scheme, _, rest = key.partition(" ")
    if scheme.lower() in ("bearer", "key", "token") and rest:
        key = rest.strip()
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest() if key not in _NOTHING else ""


def kept_key(told: str) -> str:
    """A key as LiteLLM tells it: its hash; where a custom authentication left it in clear, that key's hash."""
    return told.lower() if _SHA256.fullmatch(told) else hashed(told)


@lru_cache(maxsize=1 << 14)
def address(given: str) -> str:
    """An IP address in its usual spelling, "" for what is none; a port and the brackets of IPv6 are taken off."""
    text = given.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found)))  # without a zone, which means nothing elsewhere
    return str(found)


@lru_cache(maxsize=1 << 14)
def forwarded(given: str) -> str:
    """The caller in X-Forwarded-For: the last public address, else the last one.

    Whatever stands to the left of what our own proxies added is the caller's to invent.
    """
    hops = [found for found in map(address, given.split(",")) if found]
    public = [hop for hop in hops if _parsed(hop).is_global]
    return (public or hops or [""])[-1]


def duration(given: str) -> float:
    """Milliseconds of a duration as Go and Rust print it: 1.5s, 414.019µs, 29m59s, 1h2m3s; NOT_TOLD for none."""
    text = given.strip()
    if _DURATION.fullmatch(text) is None:
        return NOT_TOLD
    return sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))


def epoch(value: Scalar, per_second: int = 1) -> float:
    """A time as a number of seconds (or parts of one) since 1970, or in ISO 8601; raises Unreadable."""
    if type(value) is float and value >= 0:  # as most logs tell it
        return reckonable(value / per_second)
    if isinstance(value, str):
        told = number(value)
        return reckonable(told / per_second) if told >= 0 else iso(value)
    if value is None:
        raise Unreadable("a record without a time")
    told = number(value)
    if told < 0:
        raise Unreadable("a record whose time is not a time")
    return reckonable(told / per_second)


def iso(value: str) -> float:
    """A time in ISO 8601, without a zone UTC; raises Unreadable."""
    if value in _NOTHING:
        raise Unreadable("a record without a time")
    try:
        when = datetime.fromisoformat(value)
        return reckonable((when.replace(tzinfo=UTC) if when.tzinfo is None else when).timestamp())
    except (ValueError, OverflowError):
        raise Unreadable("a record whose time is not a time") from None


def reckonable(seconds: float) -> float:
    """The time itself, where a clock can have shown it; raises Unreadable."""
    if not _FIRST <= seconds < _LAST:
        raise Unreadable(f"a record whose time is not between {FIRST} and {LAST}")
    return seconds


def _parsed(text: str) -> IPv4Address | IPv6Address:
    return ip_address(text)

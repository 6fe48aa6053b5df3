"""A secret written into a configuration is read by all who may describe it; a snapshot must not repeat the mistake.

What is kept of a value: its length, its SHA-256 (to find the same one elsewhere), what it refers to, and why it looks
secret. The hash of a weak password can be guessed by whoever holds the snapshot: its folder is closed to others.

Blind to: short random values without a telling name, secrets in other alphabets, secrets cut into pieces.
"""

import hashlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_SHAPES = {
    "aws-access-key": re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    "github-token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    "gitlab-token": re.compile(r"\bglpat-[\w-]{20,}"),
    "slack-token": re.compile(r"\bxox[abeoprs]-[\w-]{10,}"),
    "hugging-face-token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "model-api-key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "payment-key": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    "google-api-key": re.compile(r"\bAIza[\w-]{35}"),
    "json-web-token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    "url-password": re.compile(r"(?<=://)(?!\[masked:)[^\s/@:'\"]*:[^\s/@'\"]+(?=@)"),
    "storage-account-key": re.compile(r"(?<=AccountKey=)[A-Za-z0-9+/=]{40,}"),
}
"""Shapes that their issuers document."""
_DIGEST = re.compile(r"sha(?:1|256|512)[:-][0-9a-fA-F]+")
_HARMLESS = re.compile(
    r"(?i)true|false|yes|no|none|null|\d{1,5}|\[masked:.*|"
    r"(?:arn:|s3://|/|\./|~/|\$|\{\{|%|<|ssm:|secretsmanager:|vault:|https?://[^@]*$).*"
)
"""Values that name where a secret is, or are none: a reference, a path, a template, a switch."""
_REFERENCE = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[\w-]*:\d*:[\w:/.*+=@-]+|s3://[a-z0-9.-]{3,63}(?:/[\w/.=-]*)?")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_ENDS = ("password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "credential", "credentials")
_SECRET_KEYS = {"access", "account", "api", "auth", "encryption", "master", "private", "secret", "shared", "signing"}
_ABOUT = {
    "arn", "class", "count", "enabled", "endpoint", "expiry", "file", "header", "id", "length", "limit", "name", "path",
    "prefix", "provider", "region", "size", "timeout", "ttl", "type", "uri", "url", "version",
}  # fmt: skip
"""A last word that makes the name speak about a secret: SECRET_ARN, TOKEN_URL."""
_ASSIGNED = re.compile(
    r"""(?:(?:(?<![\w.-])|(?<=--))(?P<name>[A-Za-z_][\w.-]*)["']?[ \t]*[=:][ \t]*|--(?P<flag>[\w-]+)[ \t]+)"""
    r"""(?P<value>"[^"\n]+"|'[^'\n]+'|(?![=-])[^\s"',;\\]+)"""
)
_TOKEN = re.compile(r"[A-Za-z0-9+/=]{20,}")
_SHORTEST = 6
_SHORTEST_RANDOM = 20
_SHORTEST_HEX = 32
_AWS_SECRET = 40


def why_secret(value: str, name: str = "") -> str | None:
    """Why a value looks like a secret, in a word (`private-key`, `random`, `named-so`), or None when it does not."""
    if _PEM.search(value):
        return "private-key"
    for why, shape in _SHAPES.items():
        if shape.search(value):
            return why
    if _named_so(name) and len(value) >= _SHORTEST and not _HARMLESS.fullmatch(value):
        return "named-so"
    if _REFERENCE.fullmatch(value) or _DIGEST.search(value):
        return None
    return "random" if any(_random(token) for token in _TOKEN.findall(value)) else None


def sealed(value: str, name: str = "") -> dict[str, Any]:
    """What may be kept of a value: `Length` in characters, `Sha256`, `LooksSecret` (`why_secret`).

    A value that looks harmless also keeps the ARNs and s3:// addresses in it, as `Refers`.
    """
    why = why_secret(value, name)
    kept: dict[str, Any] = {
        "Length": len(value),
        "Sha256": hashlib.sha256(value.encode()).hexdigest(),
        "LooksSecret": why,
    }
    refers = [] if why else _REFERENCE.findall(value)
    return {**kept, "Refers": refers} if refers else kept


def variables(values: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The environment of a function or container: each name with what may be kept of its value."""
    return {name: sealed(value, name) for name, value in values.items()}


def masked(text: str) -> str:
    """The text with each secret-looking value replaced by `[masked:WHY:LENGTH]`; the rest stays as it is."""
    text = _PEM.sub(lambda found: _mask("private-key", found[0]), text)
    for why, shape in _SHAPES.items():
        text = shape.sub(lambda found, why=why: _mask(why, found[0]), text)  # type: ignore[misc]
    text = _ASSIGNED.sub(_without_value, text)
    digests = [found.span() for found in _DIGEST.finditer(text)]

    def unless_digest(found: re.Match[str]) -> str:
        inside = any(start <= found.start() < end for start, end in digests)
        return found[0] if inside or not _random(found[0]) else _mask("random", found[0])

    return _TOKEN.sub(unless_digest, text)


def masked_in(value: Any, name: str = "") -> Any:
    """A JSON value with each of its texts masked; a text below a telling key is judged by that key."""
    if isinstance(value, str):
        why = why_secret(value, name)
        return _mask(why, value) if why == "named-so" else masked(value)
    if isinstance(value, Mapping):
        return {key: masked_in(inner, str(key)) for key, inner in value.items()}
    return [masked_in(inner, name) for inner in value] if isinstance(value, list | tuple) else value


def arguments(words: Sequence[str]) -> list[str]:
    """A command line with the secrets masked, also where `--api-key` and its value are two words."""
    flags = ["", *(word.lstrip("-") if word.startswith("-") and "=" not in word else "" for word in words)]
    return [masked_in(word, flag) for word, flag in zip(words, flags, strict=False)]


def _mask(why: str | None, value: str) -> str:
    return f"[masked:{why}:{len(value)}]"


def _without_value(found: re.Match[str]) -> str:
    """`NAME=value`, `name: value` or `--name value` without the value, where the name tells."""
    value = found["value"].strip("\"'")
    if why_secret(value, found["name"] or found["flag"]) != "named-so":
        return found[0]
    return found[0].removesuffix(found["value"]) + found["value"].replace(value, _mask("named-so", value))


def _named_so(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    pairs = itertools.pairwise(words)
    return (
        words[-1] == "pass"
        or any(word.endswith(_SECRET_ENDS) for word in words)
        or any(second == "key" and first in _SECRET_KEYS for first, second in pairs)
    )


def _random(token: str) -> bool:
    """Whether nobody would write this by hand: all kinds of characters, often changing, or many hexadecimal digits."""
    if "/" in token and len(token) != _AWS_SECRET and not token.endswith("="):
        return any(_random(part) for part in token.split("/") if len(part) >= _SHORTEST_RANDOM)
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", token):
        return len(token) >= _SHORTEST_HEX and _bits(token) > 3
    kinds = [_kind(character) for character in token]
    changes = sum(one != other for one, other in itertools.pairwise(kinds))
    mixed = {"digit", "lower", "upper"} <= set(kinds)
    if len(token) == _AWS_SECRET and mixed and _bits(token) > 4.3:
        return True
    # Names in CamelCase change kind every third character, random text more than every second.
    return mixed and changes / len(token) > 0.4 and _bits(token) > 3.5


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "sign"


def _bits(text: str) -> float:
    """Shannon's entropy, in bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())

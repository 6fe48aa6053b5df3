"""A secret written into a configuration is read by all who may describe it; a copy of it must not repeat the mistake.

What is kept of a value: its length, the start of its SHA-256 (to find the same one elsewhere, and to see it change),
and why it looks secret. The hash of a weak password can be guessed by whoever holds the copy: it is closed to others.

Blind to: what `secret` and `spoken` do not know, what is encrypted, what is encoded otherwise than in base64 or packed
otherwise than by gzip, a password's rest behind a quote in it, and a value on the line below its name.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from stanch.domain.secret import (
    DIGEST,
    MAY_HAVE_SHAPE,
    PEM,
    REFERENCE,
    SHAPES,
    TOKEN,
    is_harmless,
    is_named_so,
    is_random,
    why_secret,
)
from stanch.domain.spoken import FORMS, MAY_SPEAK

_ASSIGNED = re.compile(
    r"""(?:(?:(?<![\w.-])|(?<=--))(?P<name>[A-Za-z_][\w.]*+(?:-(?!-)[\w.]*+)*+)\\{0,8}["']?[ \t]*(?::=|=>|[=:])[ \t]*"""
    r"""|--(?P<flag>\w++(?:-(?!-)\w*+)*+)[ \t]+)"""
    r"""\\{0,8}(?P<value>"[^"\n]+"|'[^'\n]+'"""
    r"""|(?![=-])(?:[^\s"',;\\&]++|&(?![\w.-]{1,64}=))++)"""
)
"""A name has no two dashes in it: else a line of dashes would be a name from each of them on, and cost its square."""
MASK = re.compile(r"\[masked:(?P<why>[a-z0-9-]+):\d+:[0-9a-f]+\]")
_PACKED = re.compile(r"[A-Za-z0-9+/_-]{16,}+(?:(?<=[A-Za-z0-9+/_-]{60})\r?\n[ \t]*[A-Za-z0-9+/_-]{4,}+)*+={0,2}")
"""A word of base64, in lines of at least 60 or in one."""
_URL_SAFE = str.maketrans("-_", "+/", " \t\r\n")
_GZIP = b"\x1f\x8b\x08"
_GZIP_WINDOW = 31
_MOST_INFLATED = 100
"""Bytes for each character of a text, of all that is packed in it: text has tenfold, and a bomb a thousandfold."""
_OFTEN_PACKED = 3
"""Base64 in base64: cloud-init in a template in a template."""
_MOSTLY = 0.9
_DEEPEST_ASSIGNED = 3
"""Names in values of names: `run: docker --env=TOKEN=...`."""
_DIGITS = 12
DEEPEST = 100
"""Levels of a JSON value that are looked into: the deepest that AWS's own tell have some twenty."""
NESTED = "[masked:nested]"
"""What stands for all that is nested deeper."""


def mask(why: str, value: str) -> str:
    """What stands in a text in place of a secret: `[masked:WHY:LENGTH:SHA256]`, the hash by its first digits."""
    return f"[masked:{why}:{len(value)}:{_sha256(value)[:_DIGITS]}]"


def sealed(value: str, name: str = "") -> dict[str, Any]:
    """What may be kept of a value: `Length` in characters, `Sha256`, `LooksSecret` (`why_secret`).

    A value that looks harmless also keeps the ARNs and s3:// addresses in it, as `Refers`.
    """
    inside = MASK.search(masked_surely(value))
    why = why_secret(value, name) or (inside["why"] if inside else None)
    kept: dict[str, Any] = {"Length": len(value), "Sha256": _sha256(value), "LooksSecret": why}
    refers = [] if why else REFERENCE.findall(value)
    return {**kept, "Refers": refers} if refers else kept


def variables(values: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The environment of a function or container: each name with what may be kept of its value."""
    return {name: sealed(value, name) for name, value in values.items()}


def shaped(text: str) -> str:
    """The text without secrets of a shape that their issuers document: all that may be masked of a name."""
    if "PRIVATE KEY" in text:
        text = PEM.sub(lambda found: mask("private-key", found[0]), text)
    if MAY_HAVE_SHAPE.search(text):
        for why, shape in SHAPES.items():
            text = shape.sub(lambda found, why=why: mask(why, found[0]), text)  # type: ignore[misc]
    return text


def masked_surely(text: str) -> str:
    """The text without what is known to be a secret by its shape, its form or its name; what merely looks random stays.

    Identifiers and digests of AWS look random too: of a text that may be one, this is what can be masked.
    """
    return _Unpacking(len(text)).surely(text, 0)


def masked(text: str) -> str:
    """The text with each secret-looking value replaced by its mask, what looks random too; the rest stays as it is."""
    text = masked_surely(text)
    spared = [found.span() for expression in (DIGEST, MASK) for found in expression.finditer(text)]

    def unless_spared(found: re.Match[str]) -> str:
        inside = any(start <= found.start() < end for start, end in spared)
        return found[0] if inside or not is_random(found[0]) else mask("random", found[0])

    return TOKEN.sub(unless_spared, text)


def masked_in(value: Any, name: str = "", depth: int = DEEPEST) -> Any:
    """A JSON value with each of its texts masked; a text below a telling key is judged by that key."""
    if isinstance(value, str):
        return mask("named-so", value) if is_named_so(value, name) and not _is_shaped(value) else masked(value)
    if isinstance(value, Mapping | list | tuple) and not depth:
        return NESTED
    if isinstance(value, Mapping):
        return {key: masked_in(inner, str(key), depth - 1) for key, inner in value.items()}
    return [masked_in(inner, name, depth - 1) for inner in value] if isinstance(value, list | tuple) else value


def arguments(words: Sequence[str]) -> list[str]:
    """A command line with the secrets masked, also where `--api-key` and its value are two words."""
    flags = ["", *(word.lstrip("-") if word.startswith("-") and "=" not in word else "" for word in words)]
    return [masked_in(word, flag) for word, flag in zip(words, flags, strict=False)]


def _is_shaped(value: str) -> bool:
    """Whether all of a value is a secret of a known shape, which then names it better than its name does."""
    return PEM.fullmatch(value) is not None or any(shape.fullmatch(value) for shape in SHAPES.values())


def _without_value(found: re.Match[str]) -> str:
    """What a form says, without its value."""
    value = found["value"].strip("\"'")
    if not value or is_harmless(value):
        return found[0]
    start, end = (at - found.start() for at in found.span("value"))
    return found[0][:start] + found["value"].replace(value, mask("named-so", value)) + found[0][end:]


def _unless_named_so(found: re.Match[str], depth: int = 0) -> str:
    """`NAME=value`, `name: value` or `--name value` without the value, where the name tells, or one in the value."""
    value = found["value"].strip("\"'")
    if is_named_so(value, found["name"] or found["flag"]):
        return _without_value(found)
    if "=" not in value or depth == _DEEPEST_ASSIGNED:
        return found[0]
    inner = _ASSIGNED.sub(lambda inside: _unless_named_so(inside, depth + 1), value)
    return found[0] if inner == value else found[0].replace(value, inner)


class _TooMuch(Exception):
    """More is packed than anybody unpacks."""


class _Unpacking:
    """What masks a text and what is packed in it, which all together may grow to so much and no more."""

    def __init__(self, length: int) -> None:
        self._left = _MOST_INFLATED * length

    def surely(self, text: str, depth: int) -> str:
        """The text without what is known to be a secret; `depth` is how often it was packed."""
        text = shaped(text)
        if MAY_SPEAK.search(text):
            for form in FORMS:
                text = form.sub(_without_value, text)
        text = _ASSIGNED.sub(_unless_named_so, text)
        return _PACKED.sub(lambda found: self._unpacked(found[0], depth), text) if depth < _OFTEN_PACKED else text

    def _unpacked(self, packed: str, depth: int) -> str:
        """A word that is base64, masked whole when what it carries holds a secret, or more than can be looked at."""
        try:
            text = self._carried(packed)
        except _TooMuch:
            return mask("encoded", packed)
        if text is not None and self.surely(text, depth + 1) != text:
            return mask("encoded", packed)
        first, end, others = packed.partition("\n")  # what looks like its lines may be words of their own
        return f"{self._unpacked(first, depth)}{end}{self._unpacked(others, depth)}" if end else packed

    def _carried(self, packed: str) -> str | None:
        """The text that base64 carries, packed by gzip or not; None where it is no text. Raises _TooMuch."""
        plain = packed.translate(_URL_SAFE).rstrip("=")
        try:
            raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
            raw = self._inflated(raw) if raw.startswith(_GZIP) else raw
        except (binascii.Error, zlib.error):
            return None
        raw = raw.replace(b"\0", b"")  # UTF-16, as PowerShell encodes its commands
        try:
            return raw.decode()
        except UnicodeDecodeError:
            readable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in raw)
            return raw.decode("latin-1") if readable > _MOSTLY * len(raw) else None

    def _inflated(self, raw: bytes) -> bytes:
        """All members of a gzip; raises _TooMuch, zlib.error."""
        found = b""
        while raw.startswith(_GZIP):
            member = zlib.decompressobj(_GZIP_WINDOW)
            found += member.decompress(raw, max(1, self._left - len(found) + 1))
            if len(found) > self._left:
                raise _TooMuch
            raw = member.unused_data
        self._left -= len(found)
        return found


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()

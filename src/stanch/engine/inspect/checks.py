"""A check digit says what a shape cannot: that this number was issued, or typed by somebody who had such a number.

Each check takes the matched bytes and says whether they hold. `stdnum:de.idnr` names a module of python-stdnum.
"""

import re
from base64 import b64decode, urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib import import_module
from types import ModuleType
from zlib import crc32

from stanch.engine.inspect.people import card, hu_taj, hu_tax, iban, kvnr, lu_number, mail, national_phone, phone, rvnr

Check = Callable[[bytes], bool]

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_COUNTED = b"01234567890123456789"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TURN = re.compile(rb"(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]")
_TURNS = 3


def crc62(value: bytes) -> bool:
    """Whether the last six characters are the CRC-32 of those after the prefix, in base 62: GitHub and npm."""
    body = value.rpartition(b"_")[2]
    return _base62(crc32(body[:-6])) == body[-6:].decode()


def crc_hex(value: bytes) -> bool:
    """Whether the last eight digits are the CRC-32 of what is before the last `_`, least byte first: Grafana."""
    body, _, told = value.rpartition(b"_")
    return crc32(body).to_bytes(4, "little").hex() == told.decode().lower()


def jwt(value: bytes) -> bool:
    """Whether the first part is a header that names an algorithm, and the second an object."""
    header, payload, *_ = value.split(b".")
    return b'"alg"' in _decoded(header) and _decoded(payload)[:1] == b"{"


def macaroon(value: bytes) -> bool:
    """Whether it decodes as a second version macaroon: PyPI."""
    return _decoded(value.partition(b"-")[2])[:1] == b"\x02"


def basic(value: bytes) -> bool:
    """Whether it decodes to a name and a password."""
    name, colon, password = _decoded(value, standard=True).partition(b":")
    return (
        bool(name and colon and password) and (name + password).isascii() and (name + password).decode().isprintable()
    )


def bech32(value: bytes) -> bool:
    """Whether the checksum of BIP 173 holds: age."""
    prefix, _, data = value.decode().lower().rpartition("1")
    told = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for number in told + [_BECH32.find(c) for c in data]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ number
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check == 1


def base58(value: bytes) -> bool:
    """Whether the last four bytes are the double SHA-256 of those before: Bitcoin."""
    number = 0
    for digit in value:
        number = number * 58 + _BASE58.index(digit)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def password(value: bytes) -> bool:
    """Whether it is a password rather than the name of one: `${PASSWORD}`, `<password>`, `****`."""
    return len(set(value)) > 3 and not _NAME_OF_ONE.match(value)


def strong(value: bytes) -> bool:
    """Whether it is a password, and has letters and digits as no word has."""
    return password(value) and lettered(value)


def typed(value: bytes) -> bool:
    """Whether it is a password of several sorts of characters, and not the name of an algorithm or a variable."""
    return strong(value) and mixed(value) and bool(re.search(rb"[!#%&*@^~]", value) or _turns(value) > _TURNS)


def tangled(value: bytes) -> bool:
    """Whether letters and digits take turns, as in nearly every random value and in no name."""
    return password(value) and _turns(value) >= _TURNS


def mixed(value: bytes) -> bool:
    """Whether capitals, small letters and digits are all there, as in nearly every random value of this length."""
    return bool(re.search(rb"[a-z]", value) and re.search(rb"[A-Z]", value) and re.search(rb"[0-9]", value))


def lettered(value: bytes) -> bool:
    """Whether letters and digits are both there."""
    return bool(re.search(rb"[A-Za-z]", value) and re.search(rb"[0-9]", value))


def _turns(value: bytes) -> int:
    return len(_TURN.findall(value))


_NAME_OF_ONE = re.compile(
    rb"[$<{\[*]|%\w+%|(?:your|my|the|db|some)?[_-]?(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|user(?:name)?|foo|bar|"
    rb"changeme|example|xxx+|redacted)[0-9]?\Z",
    re.IGNORECASE,
)
_OWN: dict[str, Check] = {
    each.__name__: each
    for each in (
        crc62, crc_hex, jwt, macaroon, basic, bech32, base58, password, strong, typed, tangled, mixed, lettered,
        card, iban, mail, phone, national_phone, kvnr, rvnr, hu_tax, hu_taj, lu_number,
    )
}  # fmt: skip


@cache
def check_named(name: str) -> Check:
    """The check of this name; raises KeyError."""
    library, _, module = name.partition(":")
    if library != "stdnum":
        return _OWN[name]
    try:
        return _standard(import_module(f"stdnum.{module}"))
    except ImportError:
        raise KeyError(f"{name}: no such number") from None


def _standard(number: ModuleType) -> Check:
    def holds(value: bytes) -> bool:
        plain = re.sub(rb"\W", b"", value)
        return len(set(plain)) > 2 and plain not in _COUNTED and bool(number.is_valid(value.decode("ascii", "replace")))

    return holds


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0")


def _decoded(value: bytes, *, standard: bool = False) -> bytes:
    padded = value + b"=" * (-len(value) % 4)
    try:
        return b64decode(padded, validate=True) if standard else urlsafe_b64decode(padded)
    except (NotBase64, ValueError):
        return b""

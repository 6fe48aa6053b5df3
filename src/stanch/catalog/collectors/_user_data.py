"""User data is a shell script or a cloud-init document that every process on the host can read, secrets and all.

What is kept: its text with the secrets masked, whether there were any, its length and its SHA-256.
Blind to: scripts that it fetches from elsewhere, and files that it carries as something else than text.
"""

import base64
import binascii
import hashlib
import re
import zlib
from email import message_from_bytes
from typing import Any

from stanch.domain.masking import masked

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_MOST_UNPACKED = 1 << 20
"""AWS takes 16 KiB; a thousand times as much is no script."""
_MULTIPART = re.compile(r"(?i)\A(?:mime-version:|content-type:\s*multipart/)")


def told(encoded: Any) -> Any:
    """What may be kept of user data that AWS returns in base64; None where there is none, and a marker stays itself.

    `Length` in bytes as sent, `Sha256` of the same, `Text` (None when it is no text), `Masked` when it held a secret.
    """
    if not isinstance(encoded, str):
        return encoded
    if not encoded:
        return None
    try:
        raw = base64.b64decode(encoded)
    except binascii.Error:
        raw = encoded.encode()
    text = _text(raw)
    kept = None if text is None else masked(text)
    return {
        "Length": len(raw),
        "Sha256": hashlib.sha256(raw).hexdigest(),
        "Masked": kept != text,
        "Text": kept,
    }


def _text(raw: bytes) -> str | None:
    try:
        plain = _unpacked(raw)
        text = plain.decode()
    except (UnicodeDecodeError, zlib.error):
        return None
    return _parts(plain, text) if _MULTIPART.match(text) else text


def _unpacked(raw: bytes) -> bytes:
    """cloud-init takes user data packed too."""
    return zlib.decompressobj(_GZIP_WINDOW).decompress(raw, _MOST_UNPACKED) if raw.startswith(_GZIP) else raw


def _parts(plain: bytes, text: str) -> str:
    """The parts of a multipart document one after the other, each as it was before it was packed for the mail.

    The document as it is where it is nested so deep that nobody wrote it for cloud-init.
    """
    try:
        parts = [part for part in message_from_bytes(plain).walk() if not part.is_multipart()]
    except RecursionError:
        return text
    payloads = (part.get_payload(decode=True) for part in parts)
    return "\n".join(payload.decode("utf-8", "replace") for payload in payloads if isinstance(payload, bytes))

"""A tag may hold a character that XML has no way to write, and one such tag spoils the whole answer that lists it.

Extensible Markup Language 1.0, 2.2: a character is a tab, a line's end, or U+0020 and above without surrogates, U+FFFE
and U+FFFF. Each other one in an answer becomes U+FFFD, so that what stands beside it is seen.
"""

import re
from typing import Any

_XML = {"ec2", "query", "rest-xml"}
_REPLACEMENT = "\ufffd".encode()
_ILLEGIBLE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_NUMBERED = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}));")


def make_legible(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
    """Mend the body of an answer before the SDK reads it; a handler of botocore's event `before-parse`."""
    body = response_dict.get("body")
    if isinstance(body, bytes) and operation_model.service_model.resolved_protocol in _XML:
        response_dict["body"] = legible(body)


def legible(body: bytes) -> bytes:
    """An answer in XML without what XML cannot write; anything else as it is."""
    if body.lstrip()[:1] != b"<":
        return body
    body = _ILLEGIBLE.sub(_REPLACEMENT, body)
    return _NUMBERED.sub(_unless_illegible, body) if b"&#" in body else body


def _unless_illegible(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16) if found[1] else int(found[2])
    fine = code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    return found[0] if fine else _REPLACEMENT

"""CloudTrail spells parameters in lower camel case, as the service models do with the first letter made small.

What must stay secret is left out: AWS writes neither secret keys nor passwords.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SECRET = frozenset(
    {
        "secretaccesskey", "password", "newpassword", "oldpassword", "masteruserpassword", "servicepassword",
        "privatekey", "keymaterial", "secretstring", "secretbinary", "plaintext", "userdata",
    }
)  # fmt: skip
"""Member names, in small letters, whose value never reaches a log."""

REMOVED = "<sensitiveDataRemoved>"
SHOWN_AS_REMOVED = frozenset({"userdata"})
"""AWS names these and hides the value; the others it leaves out."""


def lower_camel(name: str) -> str:
    """`RoleName` -> `roleName`; `SAMLProviderArn` -> `sAMLProviderArn`, as AWS does."""
    return name[:1].lower() + name[1:]


def renamed(value: Any, comma: bool = False) -> Any:
    """A parsed request or answer in CloudTrail's spelling. Times as `Aug 1, 2024 1:33:28 PM`; STS writes a `comma`."""
    if isinstance(value, Mapping):
        return {lower_camel(name): _shown(name, item, comma) for name, item in value.items() if _is_written(name, item)}
    if isinstance(value, (list, tuple)):
        return [renamed(item, comma) for item in value]
    if isinstance(value, datetime):
        return written_time(value, comma)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def written_time(moment: datetime, comma: bool = False) -> str:
    """A time inside a record, which is not the ISO 8601 of `eventTime`."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment:%b} {moment.day}, {moment.year}{',' if comma else ''} {hour}:{moment:%M:%S} {half}"


def _is_written(name: str, value: Any) -> bool:
    return value is not None and (name.lower() not in SECRET or name.lower() in SHOWN_AS_REMOVED)


def _shown(name: str, value: Any, comma: bool) -> Any:
    return REMOVED if name.lower() in SHOWN_AS_REMOVED else renamed(value, comma)

"""A record of a kilobyte is read for twenty of its values: what nobody asks for is passed over, never built.

One value of an unexpected type must not cost its record: then the record is read again, value by value.
"""

from typing import Any, Generic, TypeVar

import msgspec

from stanch.catalog.sources._json import crowded, decoded
from stanch.catalog.sources._unreadable import Faults, Unreadable

S = TypeVar("S", bound=msgspec.Struct)


class Shape(Generic[S]):
    """Reads JSON objects as one kind of Struct, whose fields all have defaults."""

    def __init__(self, kind: type[S]) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def read(self, text: bytes | msgspec.Raw, faults: Faults, at: int = 0) -> S:
        """One record; raises Unreadable where it is no JSON object. Fields that do not fit are told to `faults`."""
        try:
            return self._decoder.decode(text)
        except RecursionError:
            raise Unreadable("JSON nested too deeply") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._slowly(bytes(text), faults, at)

    def _slowly(self, text: bytes, faults: Faults, at: int) -> S:
        value = Unreadable("a record of too many values") if crowded(text) else decoded(text)
        if isinstance(value, Unreadable):
            raise value
        if not isinstance(value, dict):
            raise Unreadable("a record that is no JSON object")
        return _fitted(self._kind, value, faults, at)


def _fitted(kind: type[S], value: dict[str, Any], faults: Faults, at: int) -> S:
    """The Struct with all values that fit; the others keep their defaults."""
    fits: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        given = value.get(field.encode_name)
        if given is None:
            continue
        nested = _struct(field.type)
        if nested is not None and isinstance(given, dict):
            fits[field.name] = _fitted(nested, given, faults, at)
        elif field.type is msgspec.Raw:
            fits[field.name] = closed(given)
        else:
            try:
                fits[field.name] = msgspec.convert(given, field.type)
            except (msgspec.ValidationError, RecursionError):
                faults.note(Unreadable(f"a record whose {field.encode_name} is of an unexpected type"), at)
    return kind(**fits)


def _struct(declared: Any) -> type[msgspec.Struct] | None:
    """The Struct that a field holds, also where it may be null."""
    for one in (declared, *getattr(declared, "__args__", ())):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def closed(value: object) -> msgspec.Raw:
    """A value as text again; nothing where it is none that JSON knows."""
    try:
        return msgspec.Raw(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return msgspec.Raw()

"""To read two hundred rules takes longer than to hunt a small file, so rules that were read are kept packed.

Packed rules are a pickle that may name nothing but the classes a rule is made of: whoever can write to where it is kept
can spoil it, and make it unreadable, but run nothing. What outlives the reading, the classes themselves and the members
of enumerations, is found as it was: a pickle can set attributes on all that it may name.
"""

import datetime
import io
import ipaddress
import pickle
from collections.abc import Iterable, Mapping
from enum import EnumType
from types import MappingProxyType
from typing import Any

from stanch.contracts.detection import Detection
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity
from stanch.engine.sigma import rule, tree

_PARTS = {
    (part.__module__, part.__qualname__): part
    for part in (
        *(each for module in (rule, tree) for each in vars(module).values() if isinstance(each, type)),
        Detection,
        Severity,
        Technique,
        datetime.timedelta,
        frozenset,
        ipaddress.IPv4Network,
        ipaddress.IPv6Network,
        ipaddress.IPv4Address,
        ipaddress.IPv6Address,
        MappingProxyType,
    )
}


class Unpackable(ValueError):
    """What is kept are no packed rules."""


def packed(value: Any) -> bytes:
    """Rules, in lists, tuples and dictionaries as one likes, as bytes."""
    return pickle.dumps(value, protocol=5)


def unpacked(data: bytes, besides: Iterable[Any] = ()) -> Any:
    """What was packed; `besides` are further classes that may stand in it. Raises Unpackable for anything else."""
    known = {**_PARTS, **{(each.__module__, each.__qualname__): each for each in besides}}
    lasting = _lasting(known.values())
    try:
        made = _Unpacking(data, known).load()
    except Exception as error:  # a pickle that was spoilt may raise anything
        raise Unpackable(f"{type(error).__name__}: {error}") from error
    finally:
        changed = [str(one) for one, before in lasting if _put_back(one, before)]
    if changed:
        raise Unpackable(f"changes {', '.join(changed)}")
    return made


class _Unpacking(pickle.Unpickler):
    """Reads packed rules and nothing else."""

    def __init__(self, data: bytes, known: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(io.BytesIO(data))
        self._known = known

    def find_class(self, module: str, name: str) -> Any:
        """The class of this name, when rules may be made of it."""
        try:
            return self._known[module, name]
        except KeyError:
            raise Unpackable(f"names {module}.{name}") from None


def _lasting(known: Iterable[Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Each class, and each member of an enumeration, with its attributes."""
    classes = list(known)
    members: list[Any] = []
    for each in classes:
        if isinstance(each, EnumType):
            members += each.__members__.values()
    return [(one, dict(vars(one))) for one in (*classes, *members) if hasattr(one, "__dict__")]


def _put_back(one: Any, before: Mapping[str, Any]) -> bool:
    """Give it the attributes that it had; whether any was another."""
    now = dict(vars(one))
    for name in now.keys() - before.keys():
        delattr(one, name)
    lost = [name for name in before if name not in now or now[name] is not before[name]]
    for name in lost:
        setattr(one, name, before[name])
    return bool(lost) or bool(now.keys() - before.keys())

"""A part can be kept in a file and read again by another run; see `sigma.packed` for why that is safe."""

import array
import collections
import datetime
import pickle
from typing import Any

from stanch.domain.event import Actor, Skipped
from stanch.domain.finding import AssetRef
from stanch.engine.derived import Link, Making
from stanch.engine.gather import Gatherer, Group
from stanch.engine.inference.summed import Summed
from stanch.engine.lineage import Lineage
from stanch.engine.read import Tally
from stanch.engine.scan.cells import Cells, Key, Who
from stanch.engine.scan.charged import Charged
from stanch.engine.scan.matches import Matches
from stanch.engine.scan.part import Part
from stanch.engine.scan.waiting import Waiting
from stanch.engine.sigma.packed import Unpackable, packed, unpacked

# What the standard library's own pickling of an array names.
_ARRAY = array._array_reconstructor  # type: ignore[attr-defined]  # noqa: SLF001
_KNOWN: tuple[Any, ...] = (
    Actor, AssetRef, Cells, Charged, Gatherer, Group, Key, Lineage, Link, Making, Matches, Part, Skipped, Summed, Tally,
    Waiting, Who, _ARRAY, array.array, collections.Counter, datetime.datetime, datetime.timezone, set,
)  # fmt: skip


def packed_part(part: Part) -> bytes:
    """A part as bytes. What it holds besides, files whose rows are summed as a whole, must be what `besides` names."""
    return packed(part)


def sent_part(data: bytes) -> Part:
    """The part that a process of ours packed and sent through its own pipe."""
    part: Part = pickle.loads(data)  # noqa: S301
    return part


def unpacked_part(data: bytes, besides: tuple[type, ...] = ()) -> Part | None:
    """The part that was packed; None for anything else."""
    try:
        part = unpacked(data, (*_KNOWN, *besides))
        if not isinstance(part, Part) or (type(part.kept), type(part.charged)) != (Waiting, Charged):
            return None
        part.kept.prove()
        part.charged.prove()
    except Unpackable:
        return None
    return part

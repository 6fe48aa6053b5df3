"""The floor: a search must at least inflate each file and learn of each record its source and its name.

Each reader here is an honest way to do that and nothing else. One of them is the floor F by its definition, whatever
its place among them; the fastest of them on this machine is the stricter measure.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from isal import isal_zlib

from benchmarks.alone import Missing, Told

_GZIP = 16 + 15  # zlib's window bits that mean: a gzip member
_BATCH = 1 << 18
_OPENING = b'{"Records":['
_CUT = b'},{"eventVersion"'


class _Two(msgspec.Struct, gc=False):
    eventSource: str  # noqa: N815 - CloudTrail's own name
    eventName: str  # noqa: N815 - CloudTrail's own name


class _File(msgspec.Struct, gc=False):
    Records: list[_Two]


_FILE = msgspec.json.Decoder(_File)
_LIST = msgspec.json.Decoder(list[_Two])


def inflate(path: str) -> bytes:
    """A whole file."""
    return bytes(isal_zlib.decompress(Path(path).read_bytes(), _GZIP))


def inflated(path: str) -> int:
    """No parsing at all; not the floor, but what lies under it."""
    return inflate(path).count(_CUT) + 1


def msgspec_by_file(path: str) -> int:
    """A whole file at once."""
    return len(_FILE.decode(inflate(path)).Records)


def msgspec_by_batch(path: str) -> int:
    """Batches cut between records, so small that they stay in a core's cache."""
    return sum(len(_LIST.decode(batch)) for batch in _batches(path))


def simdjson_by_pointer(path: str) -> int:
    """A whole file at once, of which only the two fields are ever made into Python's texts, each by its pointer."""
    import simdjson

    document: Any = simdjson.Parser().parse(inflate(path))
    count = 0
    for record in document["Records"]:
        record.at_pointer("/eventSource"), record.at_pointer("/eventName")
        count += 1
    return count


def simdjson_by_batch(path: str) -> int:
    """Batches, of which only the two fields are ever made into Python's texts."""
    import simdjson

    parser, count = simdjson.Parser(), 0
    for batch in _batches(path):
        records: Any = parser.parse(batch)
        for record in records:
            record["eventSource"], record["eventName"]
            count += 1
        del records, record  # the parser refuses to go on while what it gave is held
    return count


def _batches(path: str) -> Iterator[bytes]:
    """JSON lists of whole records, for files as the generated trail holds them."""
    stored, member, kept = Path(path).read_bytes(), isal_zlib.decompressobj(_GZIP), b""
    while not member.eof:
        kept += member.decompress(stored, _BATCH)
        stored = member.unconsumed_tail
        kept = kept.removeprefix(_OPENING)
        at = kept.rfind(_CUT)
        if at >= 0 and not member.eof:
            yield b"[" + kept[: at + 1] + b"]"
            kept = kept[at + 2 :]
    yield b"[" + kept.removesuffix(b"}")


READERS: dict[str, Callable[[str], int]] = {
    reader.__name__: reader
    for reader in (inflated, simdjson_by_pointer, simdjson_by_batch, msgspec_by_file, msgspec_by_batch)
}
DEFINED = simdjson_by_pointer.__name__
"""The reader that is the floor F."""


def read(name: str, folder: str, files: int, processes: int) -> Told:
    """Read the first files of a trail with one reader, in so many processes; tells events and seconds."""
    if "simdjson" in name and find_spec("simdjson") is None:
        raise Missing("pysimdjson is not installed")
    paths = first(folder, files)
    began = perf_counter()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork")) as pool:
        events = sum(pool.map(READERS[name], paths, chunksize=2))
    return {"events": events, "seconds": perf_counter() - began}


def first(folder: str, files: int) -> Sequence[str]:
    """The paths of the first files of a trail, in the order of delivery."""
    return [str(path) for path in sorted(Path(folder).rglob("*.json.gz"))[:files]]

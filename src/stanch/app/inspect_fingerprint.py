"""Datasets are read once and forgotten: what stays is a filter that knows their runs of words, and no text."""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stanch.app.own_key import own_key
from stanch.engine.inspect.fingerprint import Fingerprint, FingerprintError, Header, from_bytes, to_bytes

KEY = "fingerprint.key"
SUFFIXES = frozenset({".txt", ".md", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"})
_BLOCK = 1 << 20
_BYTES_PER_WORD = 5
_LONGEST_FIELD = 1 << 27
_ROWS = 1024

Moved = Callable[[Path], None]


def datasets(paths: Sequence[Path]) -> list[Path]:
    """The files below these that hold texts, each once; raises FileNotFoundError where a path does not exist."""
    found: dict[Path, None] = {}
    for path in paths:
        path.stat()
        inside = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES) if path.is_dir() else [path]
        found.update(dict.fromkeys(each.resolve() for each in inside if each.is_file()))
    return list(found)


def fingerprinted(
    files: Sequence[Path], out: Path, state: Path, on_file: Moved = lambda _: None
) -> tuple[Header, float]:
    """Write the fingerprint of these files; what it is of, and how often it errs on a run of words.

    Raises FingerprintError naming a file that cannot be read: a fingerprint of a part would seem one of the whole.
    """
    made = Fingerprint.empty(out.stem, sum(map(_words, files)), own_key(state, KEY))
    grams = texts = 0
    for path in files:
        try:
            for text in texts_of(path):
                grams += made.add(text)
                texts += 1
        except (OSError, ValueError, csv.Error) as error:
            raise FingerprintError(f"{path}: cannot be read: {error}") from error
        on_file(path)
    header = replace(made.header, grams=grams, texts=texts)
    with tempfile.NamedTemporaryFile(dir=out.parent, delete=False) as file:
        try:
            file.write(to_bytes(header))
            made.bits.tofile(file)
        except BaseException:  # a full disk, or somebody who will not wait: no half of it stays
            Path(file.name).unlink()
            raise
    Path(file.name).replace(out)
    return header, made.error_rate()


def opened(path: Path, state: Path) -> Fingerprint:
    """A fingerprint that was written with this state folder's key; raises FingerprintError.

    Its filter stays in the file, of which only the pages that are asked for are read.
    """
    try:
        with path.open("rb") as file:
            header, begin = from_bytes(file.read(1 << 13))
    except FingerprintError as error:
        raise FingerprintError(f"{path}: {error}") from error
    if path.stat().st_size != begin + header.bits // 8:
        raise FingerprintError(f"{path}: cut short")
    bits = np.memmap(path, dtype=np.uint8, mode="r", offset=begin)
    return Fingerprint(header, bits, own_key(state, KEY))


def texts_of(path: Path) -> Iterator[str]:
    """The texts of one file: blocks of plain text, every string of JSON, every cell of a table."""
    if path.suffix == ".parquet":
        yield from _of_parquet(path)
        return
    with path.open(encoding="utf-8", errors="replace", newline="" if path.suffix in {".csv", ".tsv"} else None) as file:
        if path.suffix in {".jsonl", ".ndjson"}:
            for line in file:
                if line.strip():
                    yield from _strings(json.loads(line))
        elif path.suffix == ".json":
            yield from _strings(json.load(file))
        elif path.suffix in {".csv", ".tsv"}:
            csv.field_size_limit(_LONGEST_FIELD)
            for row in csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","):
                yield from row
        else:
            while block := file.read(_BLOCK):
                yield block + file.readline()


def _of_parquet(path: Path) -> Iterator[str]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_ROWS):
            for column in batch.columns:
                yield from _strings(column.to_pylist())


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _words(path: Path) -> int:
    size = path.stat().st_size
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        try:
            data = pq.read_metadata(path)
            size = sum(data.row_group(at).total_byte_size for at in range(data.num_row_groups))
        except (OSError, ValueError):
            pass  # what cannot be read is told when it is read
    return size // _BYTES_PER_WORD


__all__ = ["FingerprintError", "datasets", "fingerprinted", "opened", "texts_of"]

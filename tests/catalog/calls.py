"""Recipes of calls to the histories that a behaviour sees: through the same sums, joins and order as in a hunt."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from stanch.contracts.inference import Traffic
from stanch.domain.estate import Estate
from stanch.domain.inference import Inference
from stanch.engine.inference.book import Book
from stanch.engine.inference.fold import Fold
from stanch.engine.inference.summed import Summed
from stanch.engine.inference.traffic import KeyTraffic
from tests.catalog.recipes import baked

_LEAK = re.compile(r"LEAK:([a-z-]+)/([a-z-]+)")


class Found(NamedTuple):
    """A leak as a page writes it into an answer."""

    category: str
    kind: str
    about: str = ""


def inspect(text: str) -> list[Found]:
    """What `LEAK:category/kind` in an answer stands for."""
    return [Found(*match.groups()) for match in _LEAK.finditer(text)]


def call(record: dict[str, Any]) -> Inference:
    """One baked record as a call; a biased token may stand alone."""
    told = {name: value for name, value in record.items() if name not in ("eventTime", "eventID")}
    if isinstance(tokens := told.get("bias_tokens"), str):
        told["bias_tokens"] = (tokens,)
    when = datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    return Inference(**{"time": when, "file": "page.jsonl", "request": record["eventID"], **told})


@contextmanager
def traffic(calls: Sequence[Inference], estate: Estate | None = None) -> Iterator[Traffic]:
    """These calls, settled."""
    fold, summed = Fold(inspect), Summed()
    for one in calls:
        fold.take(one)
    fold.close(summed)
    with Book() as book:
        book.take(summed)
        settled = book.settle()
        assert settled is not None
        yield KeyTraffic(book, settled, estate or Estate())


def of_page(records: list[dict[str, Any]]) -> list[Inference]:
    """The calls that a page's recipes make, in the order of time."""
    return [call(record) for record in baked(records)]

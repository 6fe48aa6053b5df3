"""A hunt over logs of calls: in one process or several, delivered once or twice, the same calls are counted."""

import io
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import pytest

from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.detection import Detection
from stanch.contracts.inference import KeyHistory, Leak
from stanch.domain.estate import Estate
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference
from stanch.domain.severity import Severity
from stanch.engine.hunt import Hunt
from stanch.engine.inference import queries
from stanch.engine.inference.book import Book
from stanch.engine.inference.rows import KEYS, SUMS
from stanch.engine.inference.summed import Blind
from stanch.engine.scan.packed import packed_part
from stanch.engine.scan.scanner import Scanner
from stanch.engine.scan.span import Span
from stanch.engine.watches import Watch

START = 1_780_272_000
HEAVY = 3 << 20
"""Bytes that a file claims to have, so that two processes are worth it."""


@dataclass(frozen=True)
class Log:
    """A log in memory."""

    path: str
    content: bytes
    size: int = HEAVY

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class Lines:
    """A source of calls as JSON lists of time, request and key."""

    LOG = "lines"
    INFERENCE = True

    def recognises(self, path: str, head: bytes) -> bool:
        return path.endswith(".calls")

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
        for line in stream:
            try:
                when, request, key, tokens = json.loads(line)
            except ValueError:
                yield Skipped(path, "a broken line")
                continue
            yield Inference(when, "lines", path, request, key, tokens_out=tokens, prompt="poem", operation="chat")


@dataclass
class Seer:
    """A behaviour that tells of each key, and remembers what it saw."""

    ABOUT = About("Seen", Severity.HIGH, 0.9)
    LIMITS = None
    seen: list[KeyHistory] = field(default_factory=list)

    def examine(self, history: KeyHistory, limits: None) -> Iterator[Sighting]:
        self.seen.append(history)
        yield Sighting(
            tuple(history.cells), f"{len(history.cells)} cells", resources=(history.key,) if history.key else ()
        )


class Broken(Seer):
    """A behaviour with a defect."""

    def examine(self, history: KeyHistory, limits: None) -> Iterator[Sighting]:
        raise KeyError("defect")


def logs(count: int = 6, calls: int = 200) -> list[Log]:
    """Files of calls by a dozen keys."""
    chance = random.Random(4)  # noqa: S311 - the same each time
    return [
        Log(
            f"{number}.calls",
            b"".join(
                json.dumps([START + chance.randrange(90_000), f"r{number}-{place}", f"k{chance.randrange(12)}", place])
                .encode()
                + b"\n"
                for place in range(calls)
            ),
        )
        for number in range(count)
    ]  # fmt: skip


def hunted(files: Sequence[Log], processes: int = 1, span: Span | None = None) -> tuple[Hunt, Seer]:
    """The hunt, and what its behaviour saw."""
    seer = Seer()
    hunt = Hunt((), [Watch(Detection("inference/seen", "Seen", Severity.HIGH, 0.9), seer)], Estate())
    hunt.read(files, lambda: Scanner((), Estate(), [Lines()], span=span or Span()), processes)
    hunt.hear()
    return hunt, seer


def told(seer: Seer) -> list[tuple[object, ...]]:
    """What the cells hold, and the marks."""
    names = ["start", *KEYS, *SUMS]
    cells = [tuple(getattr(cell, name) for name in names) for one in seer.seen for cell in one.cells]
    return sorted([*cells, *((one.key, mark) for one in seer.seen for mark in one.marks)], key=repr)


def counted(seer: Seer) -> int:
    """All calls of all cells."""
    return sum(cell.count for one in seer.seen for cell in one.cells)


def test_several_processes_come_to_the_same() -> None:
    one, alone = hunted(logs())
    two, shared = hunted(logs(), processes=2)
    assert one.part.tally.events == two.part.tally.events == 1200
    assert told(alone) == told(shared)


def test_what_is_delivered_twice_is_counted_once() -> None:
    once, seen_once = hunted(logs())
    files = logs()
    twice, seen_twice = hunted([*files, *(replace(file, path=f"copy-{file.path}") for file in files)], processes=2)
    assert (twice.part.tally.events, twice.part.tally.duplicates) == (1200, 1200)
    assert sum(c.count for h in seen_twice.seen for c in h.cells) == sum(
        c.count for h in seen_once.seen for c in h.cells
    )
    assert once.part.tally.duplicates == 0


def test_calls_without_an_id_are_each_counted() -> None:
    log = Log("a.calls", b"".join(json.dumps([START, "", "k", 1]).encode() + b"\n" for _ in range(5)))
    hunt, seer = hunted([log])
    assert hunt.part.tally.events == 5
    assert [cell.count for one in seer.seen for cell in one.cells] == [5]


def test_only_the_asked_for_time_is_counted() -> None:
    since, until = (datetime.fromtimestamp(START + hours * 3600, UTC) for hours in (2, 4))
    hunt, seer = hunted(logs(), span=Span(since, until))
    starts = {cell.start for one in seer.seen for cell in one.cells}
    assert starts == {START + 2 * 3600, START + 3 * 3600}
    assert hunt.part.tally.events + hunt.part.tally.left_out == 1200


def test_a_time_that_is_none_is_left_out_and_one_far_away_breaks_nothing() -> None:
    lines = [[float("nan"), "a", "k", 1], [1e300, "b", "k", 1], [-5, "c", "k", 1], [START, "d", "k", 1]]
    hunt, seer = hunted([Log("a.calls", b"".join(json.dumps(line).encode() + b"\n" for line in lines))])
    assert hunt.part.tally.left_out == 2
    assert sum(cell.count for one in seer.seen for cell in one.cells) == 2


def test_what_could_not_be_read_is_told_and_the_rest_is_counted() -> None:
    log = logs(1)[0]
    hunt, _ = hunted([replace(log, content=b"nonsense\n" + log.content)])
    assert [skip.why for skip in hunt.part.tally.skipped] == ["a broken line"]
    assert hunt.part.tally.events == 200
    assert hunt.coverage((), 1.0).logs == {"lines": 1}


def test_a_sighting_becomes_an_incident_of_its_key() -> None:
    hunt, seer = hunted(logs())
    incidents = hunt.incidents(Scanner((), Estate(), [Lines()]).judge)
    assert len(incidents) == len(seer.seen) == 12
    finding = incidents[0].findings[0]
    assert finding.actor.arn.startswith("arn:gateway:lines:unknown::key/k")
    assert finding.resources == (finding.actor.arn,)
    assert sum(one.findings[0].count for one in incidents) == 1200
    assert finding.files


def test_a_behaviour_that_breaks_is_told_and_stops_no_other() -> None:
    seer, broken = Seer(), Broken()
    said = Detection("inference/seen", "Seen", Severity.HIGH, 0.9)
    watches = [Watch(replace(said, id="inference/broken"), broken), Watch(said, seer)]
    hunt = Hunt((), watches, Estate())
    hunt.read(logs(), lambda: Scanner((), Estate(), [Lines()]))
    hunt.hear()
    assert len(seer.seen) == 12
    (failure,) = hunt.coverage((), 1.0).detections_failed
    assert failure.id == "inference/broken"


def test_a_hunt_without_calls_hears_nothing() -> None:
    hunt, seer = hunted([])
    assert (seer.seen, hunt.part.tally.events) == ([], 0)


SECRET = "xk-planted-in-a-prompt-7781"


class Defective(Lines):
    """A source with a defect, whose error holds what it stumbled over."""

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
        yield from super().calls(path, stream)
        raise ValueError(f"invalid literal for int() with base 10: '{SECRET}'")


def stumbles(text: str) -> Iterator[Leak]:
    """What looks into answers, with a defect."""
    raise ValueError(f"cannot look into {text}")


class Wordy(Lines):
    """A source whose calls have words."""

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
        for call in super().calls(path, stream):
            yield call._replace(prompt=SECRET, answer=SECRET) if isinstance(call, Inference) else call


def test_a_defect_that_met_a_prompt_tells_no_word_of_it() -> None:
    hunt = Hunt((), (), Estate())
    hunt.read(logs(2), lambda: Scanner((), Estate(), [Defective()]))
    hunt.hear()
    told = hunt.coverage((), 1.0).files_skipped
    assert [skip.path for skip in told if "a defect of stanch: ValueError" in skip.why] == ["0.calls", "1.calls"]
    assert SECRET not in repr(told)


def test_an_answer_that_breaks_what_looks_into_it_hides_no_call_after_it() -> None:
    hunt = Hunt((), (), Estate())
    hunt.read(logs(1, calls=10), lambda: Scanner((), Estate(), [Wordy()], inspect=stumbles))
    hunt.hear()
    (skip,) = hunt.coverage((), 1.0).files_skipped
    assert (skip.why, skip.fault) == ("10 could not be looked into: a defect of stanch (ValueError)", True)
    assert hunt.part.tally.events == 10


def test_nothing_that_is_sent_kept_or_laid_aside_holds_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    part = Scanner((), Estate(), [Wordy()], salt=b"salt").scan(logs(1, calls=3000))
    assert SECRET.encode() not in packed_part(part)
    guessed = blake2b(SECRET.encode(), digest_size=8).hexdigest()  # whoever guesses a prompt can hash it, too
    with Book() as book:
        book.take(part.calls)
        book.settle()
        assert guessed not in {value for _, _, kind, value, _ in book.rows(queries.MARKS) if kind == "template"}
        laid = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert laid
    assert not [data for data in laid if SECRET.encode() in data or guessed.encode() in data]


def test_a_call_that_cannot_be_looked_into_is_counted_and_told() -> None:
    def blind(text: str) -> Iterator[Leak]:
        raise Blind("no library")

    hunt = Hunt((), (), Estate())
    hunt.read(logs(2, calls=10), lambda: Scanner((), Estate(), [Wordy()], inspect=blind))
    hunt.hear()
    assert hunt.part.tally.events == 20
    assert [(skip.why, skip.fault) for skip in hunt.coverage((), 1.0).files_skipped] == [
        ("20 could not be looked into: no library", True)
    ]

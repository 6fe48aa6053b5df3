"""What must hold for any bytes at all: a source yields events or says why not, and a rule is read or refused.

Shared by the replay of the corpus, which runs with the other tests, and by the coverage-guided fuzzer, which does not.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from pathlib import Path

from stanch.catalog.sources import alb, cloudtrail, guardduty, ocsf, s3_access, securityhub
from stanch.contracts.source import Batch, Batched, Source
from stanch.domain.event import Event, Skipped
from stanch.engine.enrich.caller import caller_of
from stanch.engine.enrich.touched import touched_by
from stanch.engine.sigma import RuleError, read_rules

CORPUS = Path(__file__).with_name("corpus")
SOURCES: tuple[Source, ...] = (alb, cloudtrail, guardduty, ocsf, s3_access, securityhub)
PATHS = ("x", "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/05/06/x.json.gz")
TOLD = 100
"""Lines that one file may take in coverage."""


def reading(source: Source) -> Callable[[bytes], None]:
    """The target of one source."""

    def target(content: bytes) -> None:
        for path in PATHS:
            assert source.recognises(path, content[: 1 << 14]) in (True, False)
        _check(source, source.read(PATHS[0], io.BytesIO(content)))
        if isinstance(source, Batched) and source.splittable(content[: 1 << 14]):
            _check(source, _slowly(source.batches(PATHS[0], io.BytesIO(content), content[: 1 << 14])))

    return target


def _slowly(items: Iterable[Batch | Skipped]) -> Iterator[Event | Skipped]:
    for item in items:
        if isinstance(item, Skipped):
            yield item
        else:
            yield from item.slowly()


def _check(source: Source, items: Iterable[Event | Skipped]) -> None:
    told = 0
    for item in items:
        if isinstance(item, Skipped):
            told += 1
            continue
        assert isinstance(item, Event)
        assert item.log == source.LOG
        assert item.id
        assert item.time.tzinfo is UTC
        json.dumps(item.record)
        touched_by(item.record, caller_of(item.record).partition)
    assert told <= TOLD


def reading_a_rule(content: bytes) -> None:
    """A rule that cannot be used is refused with one line and no other error."""
    refused = ""
    try:
        assert read_rules(content.decode("utf-8", "replace"), "rule.yml", "rule")
    except RuleError as error:
        refused = str(error)
    assert "\n" not in refused


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{source.LOG: reading(source) for source in SOURCES},
    "sigma": reading_a_rule,
}
"""Each target by the name of its folder in the corpus."""

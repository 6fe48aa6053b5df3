"""Of ordinary logs few events are opened whole: a rule that asks something of every call would make all hunts slow."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks import hunting, trail
from stanch.domain.event import Event
from stanch.engine.scan.judge import Judge

EVENTS = 10_000
MOST = 0.04
"""The share of calls that hand out a credential, which any hunt opens, with something to spare."""


def test_few_events_are_opened_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trail.write(tmp_path, EVENTS, 5_000)
    opened: Counter[str] = Counter()
    take = Judge.take

    def counting(judge: Judge, event: Event, *arguments: Any, **named: Any) -> None:
        opened[str(event.record.get("eventName"))] += 1
        take(judge, event, *arguments, **named)

    monkeypatch.setattr(Judge, "take", counting)
    hunting.own(str(tmp_path), 2, 1)
    assert 0 < opened.total() < MOST * EVENTS, opened.most_common(5)

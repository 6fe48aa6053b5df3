"""Short correlations over events that are named by seconds: what fires, for whom, and by which events."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from stanch.engine import sigma
from stanch.engine.fields import RecordFields

START = datetime(2026, 11, 2, tzinfo=UTC)
Event = tuple[float, dict[str, Any]]
Found = tuple[tuple[str, ...], list[str]]


def base(name: str, **more: Any) -> dict[str, Any]:
    """A rule that matches the events of which it is the eventName."""
    detection = {"s": {"eventName": name}, "condition": "s"}
    return {"title": f"Base {name}", "logsource": {"product": "aws"}, "detection": detection, "name": name, **more}


def read(correlation: dict[str, Any], *bases: dict[str, Any]) -> list[sigma.Rule]:
    top = {"title": "Top", "level": "high", "correlation": {"timespan": "60s", **correlation}}
    return sigma.read_rules(yaml.safe_dump_all([top, *bases]), "c.yml", "c")


def correlate(rules: list[sigma.Rule], events: Iterable[tuple[str, Event]]) -> list[Found]:
    """The hits' groups and events, for events (seconds after the start, record) under their ids."""
    matcher, correlator = sigma.compile(rules), sigma.Correlator(rules)
    for id, (seconds, record) in events:  # noqa: A001
        fields = RecordFields(record)
        for rule in matcher.match("", record["eventName"], fields):
            correlator.feed(rule, id, START + timedelta(seconds=seconds), fields)
    hits = list(correlator.done())
    assert hits == list(correlator.done())
    return [(hit.group, hit.events) for hit in hits]


def numbered(events: Iterable[Event]) -> list[tuple[str, Event]]:
    return [(f"e{at}", event) for at, event in enumerate(events)]


def reads(*seconds: float, **fields: Any) -> list[Event]:
    return [(second, {"eventName": "Get", **fields}) for second in seconds]

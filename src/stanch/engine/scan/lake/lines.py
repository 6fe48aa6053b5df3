"""What the lake keeps of a line is enough to find its deed, and what its call asked for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Raw

from stanch.engine.scan.classes import Classes
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.lake.columns import AS_JSON, FACTS, IDENTITY
from stanch.engine.scan.line import Line
from stanch.engine.scan.things import Thing


def line_of(facts: Sequence[Any], identity: bytes) -> Line:
    """A line that has these facts and this identity, and nothing else."""
    return Line(eventTime="", eventID="", userIdentity=Raw(identity), **dict(zip(FACTS, facts, strict=True)))


def line_of_row(row: Mapping[str, Any]) -> Line:
    """The same of what the columns of a row hold."""
    facts = (json.loads(row[name]) if name in AS_JSON and row[name] is not None else row[name] for name in FACTS)
    return line_of(tuple(facts), row[IDENTITY].encode())


def thing_asked(classes: Classes, deed: Deed, request: bytes, resources: bytes) -> Thing:
    """What a call of this deed asked for; raises Closed where it cannot be opened."""
    asked, named = Raw(request), Raw(resources)
    asking = Line(eventTime="", eventID="", eventSource="", eventName="", requestParameters=asked, resources=named)
    return classes.thing(deed, asking)

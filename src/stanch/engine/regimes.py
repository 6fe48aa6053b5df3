"""A law is data: its clocks and what a notification must say, with version and source, in one TOML file."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import PurePath
from typing import Annotated, Any

import msgspec

from stanch.domain.regime import Clock, Content, Regime, Trigger, Unit

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
_Id = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]*$")]


class RegimeError(ValueError):
    """The file is not a regime; the message names the file, what is wrong and what to write."""


class _Clock(msgspec.Struct, forbid_unknown_fields=True):
    id: _Id
    title: _Text
    article: _Text
    trigger: Trigger
    recipient: _Text
    amount: Annotated[int, msgspec.Meta(gt=0, le=10_000)] | None = None
    unit: Unit | None = None
    after: str | None = None
    note: str = ""


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    id: _Id
    article: _Text
    text: _Text
    evidence: _Id | None = None
    stage: str | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    title: _Text
    law: _Text
    version: _Text
    source: _Text
    applies_from: date
    clock: Annotated[list[_Clock], msgspec.Meta(min_length=1)]
    content: Annotated[list[_Content], msgspec.Meta(min_length=1)]
    applies_to: date | None = None


def read(text: str, path: str) -> Regime:
    """The regime in a TOML text; its id is the name of the file without its ending. Raises RegimeError."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except RecursionError:
        raise RegimeError(f"{path}: is nested too deeply") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise RegimeError(f"{path}: {_in_words(str(error))}") from None
    wrong = next(_contradictions(file), None)
    if wrong:
        raise RegimeError(f"{path}: {wrong}")
    return Regime(
        id=PurePath(path).stem,
        title=file.title,
        law=file.law,
        version=file.version,
        source=file.source,
        applies_from=file.applies_from.isoformat(),
        applies_to=file.applies_to.isoformat() if file.applies_to else "",
        clocks=tuple(Clock(**_fields(clock)) for clock in file.clock),
        content=tuple(Content(**_fields(content)) for content in file.content),
    )


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(struct).items() if name != "unit" or value}


def _contradictions(file: _File) -> Iterator[str]:
    stages = [clock.id for clock in file.clock]
    for section, ids in (("clock", stages), ("content", [content.id for content in file.content])):
        yield from (f"[[{section}]] {name!r} is there twice" for name, count in Counter(ids).items() if count > 1)
    for clock in file.clock:
        if (clock.trigger is Trigger.SUBMITTED) != (clock.after is not None):
            yield f"[[clock]] {clock.id!r}: `after` names the stage whose submission starts it, for that trigger only"
        if clock.after is not None and clock.after not in stages:
            yield f"[[clock]] {clock.id!r}: after = {clock.after!r} is no clock here: {', '.join(stages)}"
        if (clock.amount is None) != (clock.unit is None):
            yield f"[[clock]] {clock.id!r}: amount and unit go together; leave both out where the law names no period"
    for content in file.content:
        if content.stage is not None and content.stage not in stages:
            yield f"[[content]] {content.id!r}: stage = {content.stage!r} is no clock here: {', '.join(stages)}"
    if file.applies_to and file.applies_to < file.applies_from:
        yield "applies_to is before applies_from"


def _in_words(message: str) -> str:
    """The library says `... - at `$.clock[0].unit``; the reader of a TOML file looks for `[[clock]] #1: unit`."""
    what, _, at = message.partition(" - at `$.")
    match = re.fullmatch(r"(\w+)\[(\d+)\]\.?(.*)`", at)
    where = f"[[{match[1]}]] #{int(match[2]) + 1}{': ' if match[3] else ''}{match[3]}" if match else at.rstrip("`")
    return f"{where}: {what}" if where else what

"""Whoever may write a table may edit any item of it: what is chained shows that, and what is not must agree with it.

A row of an incident's chain holds a step, a question, an answer, a person's decision, or the digest of the incident as
it stood then. Steps, questions and answers lie a second time where they are looked for, and it is there that a forger
would put a yes that nobody said.
Blind to: plans, locks and waiting executions, which are no record of anything; a table that was forged as a whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stanch.contracts.aws import Aws, AwsError
from stanch.contracts.store import StoreError
from stanch.domain.decision import Answer, Question
from stanch.domain.incident import Incident
from stanch.domain.step import Step
from stanch.stores.audit import Audit
from stanch.stores.chain import Entry, Fault, Head, How, broken, digest
from stanch.stores.codec import decode
from stanch.stores.dynamo import Item, failed, unpacked
from stanch.stores.dynamo_chain import HEADS, STAMP, partition
from stanch.stores.dynamo_decisions import kept_answer, kept_question
from stanch.stores.dynamo_incidents import ALL, names, stamp
from stanch.stores.dynamo_journal import kept_step

Key = tuple[str, str]

_CHAINS = partition("")
_COPIED: Mapping[str, tuple[type[Any], Callable[[Any], Key]]] = {
    "step": (Step, kept_step),
    "question": (Question, kept_question),
    "answer": (Answer, kept_answer),
}
"""The rows that lie a second time, and where."""
_SECOND = ("hour#", "questions", "answers#")


@dataclass(frozen=True, slots=True)
class TableAudit:
    """What the chains say of a table: an audit by incident, and the faults of items that belong to no chain.

    `incidents` are those that can still be read.
    """

    chains: Mapping[str, Audit]
    strays: tuple[Fault, ...]
    incidents: tuple[Incident, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that is not as it was written."""
        return (*self.strays, *(fault for audit in self.chains.values() for fault in audit.faults))


def audit(aws: Aws, name: str) -> TableAudit:
    """Read the whole table and compare each item with its chain; raises StoreError where it cannot be read.

    A table has no moment at which it can be read as a whole. So what looks wrong is looked at once more, and what a
    writer had only half done the first time is not told.
    """
    first = _looked(aws, name)
    if not first.faults:
        return first
    again = _looked(aws, name)
    places = {fault.where for fault in first.faults}

    def lasting(faults: Iterable[Fault]) -> tuple[Fault, ...]:
        return tuple(fault for fault in faults if fault.where in places)

    chains = {incident: replace(one, faults=lasting(one.faults)) for incident, one in again.chains.items()}
    return TableAudit(chains, lasting(again.strays), again.incidents)


@dataclass(slots=True)
class _Read:
    """The items of a table by what they are."""

    rows: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    heads: dict[str, Item] = field(default_factory=dict)
    incidents: dict[str, Item] = field(default_factory=dict)
    second: dict[Key, Item] = field(default_factory=dict)
    keys: set[Key] = field(default_factory=set)

    def take(self, item: Item) -> None:
        pk, sk = str(item["pk"]), str(item["sk"])
        self.keys.add((pk, sk))
        if pk.startswith(_CHAINS):
            self.rows[pk.removeprefix(_CHAINS)].append(item)
        elif pk == HEADS:
            self.heads[sk] = item
        elif pk == ALL:
            self.incidents[sk] = item
        elif pk.startswith(_SECOND):
            self.second[pk, sk] = item


def _looked(aws: Aws, name: str) -> TableAudit:
    read = _Read()
    try:
        for item in aws.pages("dynamodb", "Scan", "Items", TableName=name, ConsistentRead=True):
            read.take({key: next(iter(value.values())) for key, value in item.items()})
    except AwsError as error:
        raise failed(name, error) from error
    chains: dict[str, Audit] = {}
    stories: list[Incident] = []
    wanted: dict[Key, set[str]] = defaultdict(set)
    for incident in sorted({*read.rows, *read.heads, *read.incidents}):
        rows = sorted(read.rows.get(incident, []), key=lambda row: str(row["sk"]))
        entries = list(_entries(incident, rows))
        head = _head(read.heads.get(incident))
        story = _story(read.incidents.get(incident))
        if story is not None:
            stories.append(story)
        faults = [
            *_of_chain(incident, entries, head),
            *(fault for row in rows for fault in _edited(incident, row)),
            *_of_incident(incident, rows, read.incidents.get(incident)),
            *_pointers(story, read.keys),
            *_seconds(incident, rows, read.second, wanted),
        ]
        links = {entry.seq: entry.link for entry in entries}
        chains[incident] = Audit(head or Head(), len(entries), 0, tuple(faults), links)
    return TableAudit(chains, tuple(_strays(read.second, wanted)), tuple(stories))


def _entries(incident: str, rows: Iterable[Item]) -> Iterator[Entry]:
    for row in rows:
        kind, digest_, link = (str(row.get(name, "")) for name in ("kind", "digest", "link"))
        yield Entry(_number(row["sk"]), kind, incident, "", digest_, How.WRITTEN, link)


def _of_chain(incident: str, entries: list[Entry], head: Head | None) -> Iterator[Fault]:
    for fault in broken(entries, head):
        yield Fault(f"{incident}: {fault.where}", fault.why)


def _edited(incident: str, row: Item) -> Iterator[Fault]:
    if (text := _text(row)) is None or digest(text) != row.get("digest"):
        what = f"{incident}: row {_number(row['sk'])}, {row.get('kind', 'of no kind')}"
        yield Fault(what, "its body is not what was written")


def _of_incident(incident: str, rows: Iterable[Item], item: Item | None) -> Iterator[Fault]:
    """The incident itself is replaced at each change: the last row about it must hold the digest of what is there."""
    said = [_text(row) for row in rows if row.get("kind") == STAMP]
    where = f"incident {incident}"
    if item is None:
        if said:
            yield Fault(where, "gone")
    elif not said:
        yield Fault(where, "nothing says that stanch wrote it")
    elif (text := _text(item)) is None or said[-1] != stamp(_number(item.get("version")), str(item.get("state")), text):
        yield Fault(where, "not as it was written")


def _pointers(story: Incident | None, there: set[Key]) -> Iterator[Fault]:
    """Without what leads to it, an incident is not found by its next finding: it would be another incident."""
    if story is not None:
        lost = [name for name in names(story) if (name, story.id) not in there]
        yield from (Fault(f"incident {story.id}", f"what leads to it is gone ({name[:24]})") for name in lost)


def _seconds(
    incident: str, rows: Iterable[Item], there: Mapping[Key, Item], wanted: dict[Key, set[str]]
) -> Iterator[Fault]:
    """What lies a second time must lie there; `wanted` learns what may lie at which place."""
    for row in rows:
        kind = str(row.get("kind"))
        text = _text(row)
        if kind not in _COPIED or text is None:
            continue
        type_, place = _COPIED[kind]
        try:
            key = place(decode(text, type_, incident))
        except (StoreError, ValueError, OverflowError):  # a time that no calendar has is one of these
            continue  # not what was written: told by its digest
        wanted[key].add(digest(text))
        if key not in there:
            yield Fault(f"{incident}: row {_number(row['sk'])}, {kind}", f"its copy under {key[0][:24]} is gone")


def _strays(second: Mapping[Key, Item], wanted: Mapping[Key, set[str]]) -> Iterator[Fault]:
    for key, item in sorted(second.items()):
        text = _text(item)
        if text is None or digest(text) not in wanted.get(key, ()):
            yield Fault(f"{key[0][:80]} {key[1][:200]}", "nothing says that stanch wrote it")


def _head(item: Item | None) -> Head | None:
    return None if item is None else Head(_number(item.get("seq")), str(item.get("link")))


def _story(item: Item | None) -> Incident | None:
    if item is None or (text := _text(item)) is None:
        return None
    try:
        return decode(text, Incident, str(item["sk"]))
    except StoreError:
        return None


def _text(item: Item) -> str | None:
    try:
        return unpacked(item, "")
    except StoreError:
        return None


def _number(said: object) -> int:
    """A number as stanch writes it; -1 for anything else, which no chain has."""
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else -1

"""A thousand calls of one caller differ in what no rule asks: what a class of events can match is worked out once.

A caller is everything of a record that says who called from where; a deed is one call of one caller with one outcome.
Rules are narrowed by what is known of a deed; where the rest of them asks only for what was touched, reads of S3
objects are told apart by the kind of asset the object belongs to.
"""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any

from isal import isal_zlib
from msgspec import DecodeError, Raw
from msgspec.json import decode

from stanch.domain.estate import Estate, Side
from stanch.engine.enrich import View
from stanch.engine.enrich.view import CREDENTIAL, OF_CALLER, OF_THINGS
from stanch.engine.lineage import Lineage
from stanch.engine.scan.asked import ACTED_ON, denied, reads_secrets
from stanch.engine.scan.cells import LONGEST_AGENT, Who
from stanch.engine.scan.counted import Sure
from stanch.engine.scan.deeds import Caller, Deed
from stanch.engine.scan.judge import Judge, is_call
from stanch.engine.scan.line import ABOUT_CALLER, ABOUT_DEED, TELLING, WHOLE, Facts, Form, Line
from stanch.engine.scan.things import OF_OBJECTS, Thing, Things, aim_at, opened
from stanch.engine.sigma import Narrowed
from stanch.engine.sigma.needles import absent

MOST = 10_000
"""Classes that are remembered; then all are forgotten and learned anew, which costs time, not truth."""

_READ = ("s3.amazonaws.com", "GetObject")
_OF_READING = frozenset({"copy.to", "sealed.to"})
_KNOWN = TELLING | OF_CALLER | {CREDENTIAL}
_OF_CALLER = OF_CALLER.union(ABOUT_CALLER)
_SETTLED = frozenset({"asset.decoy", "export.approved"})
"""What is known where the estate settles it for all events alike."""


DeedKey = tuple[Facts, int]
"""What makes a deed: the values of the fields about it and its caller, and a checksum of the identity's text."""
identity_of = attrgetter("userIdentity")
Reading = tuple[bool, bool]
"""Whether the outcome of a deed is certain, and whether it only reads."""


def _knowing(estate: Estate, *, outcome: bool, reading: bool) -> Callable[[str], bool]:
    """What is the same in every event of a deed: where nothing is planned, or a decoy, no event is either."""
    known = _KNOWN | ({"event.outcome"} if outcome else set()) | (_OF_READING if reading else set())
    if not estate.exports:
        known |= {"export.approved"}
    if not any(asset.decoy for asset in estate.assets):
        known |= {"asset.decoy"}
    return lambda name: name in known or name.startswith("userIdentity.")


def _values(view: View, names: Sequence[str]) -> str:
    """What a view has under these names, as a text: 1, 1.0 and true are equal, and are not the same to a rule."""
    return repr([view.values(name) for name in names])


class Classes:
    """Learns callers, deeds and things as they come."""

    def __init__(self, judge: Judge, form: Form = WHOLE) -> None:
        """`form` says which fields the lines have: any other is asked by no rule."""
        self._judge = judge
        self._form = form
        self._knows = {
            (outcome, reading): _knowing(judge.estate, outcome=outcome, reading=reading)
            for outcome in (True, False)
            for reading in (True, False)
        }
        self._requests = "requestParameters" in form.fields
        self.whole = form is WHOLE
        self.deeds: dict[DeedKey, Deed] = {}
        self._callers: dict[object, Caller] = {}
        self._asked: dict[tuple[tuple[str, str], Reading], tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._lefts: dict[tuple[int, Reading, str, str], Narrowed] = {}
        self._things = Things(judge.enricher)

    def forget(self, close: Callable[[], None]) -> None:
        """Make room, between two batches, when too much was learned; `close` takes what was summed in it first."""
        if len(self.deeds) > MOST:
            close()
            self.deeds.clear()
            self._callers.clear()
            self._asked.clear()
            self._lefts.clear()
            self._things.clear()

    def _caller(self, line: Line) -> Caller:
        """Who made this call; learned when it is new."""
        about = {name: value for name in ABOUT_CALLER if (value := getattr(line, name)) is not None}
        identity = bytes(line.userIdentity)
        key = (tuple(about.items()), identity)
        caller = self._callers.get(key)
        if caller is None:
            stub = {**about, "userIdentity": opened(line.userIdentity)}
            view = self._things.view(stub)
            caller = self._callers[key] = Caller(line.userIdentity.copy(), view, tuple(Who.of(view)))
            self._judge.note_owner(line.recipientAccountId)
        return caller

    def found(self, lines: Sequence[Line]) -> list[Deed | None]:
        """The deed of each line, unless it is new; it is the line's only if the identities are the same."""
        sums = map(isal_zlib.crc32, map(identity_of, lines))
        return list(map(self.deeds.get, zip(self._form.facts(lines), sums, strict=True)))

    def deed(self, line: Line) -> Deed:
        """The deed of a line; learned when it is new."""
        (facts,) = self._form.facts([line])
        key = facts, isal_zlib.crc32(line.userIdentity)
        first = known = self.deeds.get(key)
        while known is not None and known.identity != line.userIdentity:
            known = known.other
        if known is None:
            known = self.learn(key, line)
            known.other = first
        return known

    def learn(self, key: DeedKey, line: Line) -> Deed:
        """The deed of a line, entered under its key."""
        caller = self._caller(line)
        record = dict(caller.view.record)
        record.update({name: value for name in ABOUT_DEED if (value := getattr(line, name)) is not None})
        view = self._things.view(record, caller.view)
        failed = bool(line.errorCode or line.errorMessage)
        # Whether a sign-in succeeded is told by its answer, which is not known here.
        certain = failed or not line.eventSource.startswith("signin.")
        reading = certain, line.readOnly is True
        knows = self._knows[reading]
        left = self._left(caller, line, view, reading)
        asks = tuple(sorted((left.wants or frozenset()) & OF_THINGS))
        reads = not failed and (
            (line.eventSource, line.eventName) == _READ or reads_secrets(line.eventSource, line.eventName)
        )
        always = not certain or Lineage.wants(line.eventSource, line.eventName)
        opened = always or (bool(left) and not asks)
        deed = Deed(
            identity=caller.identity,
            caller=caller.who,
            source=sys.intern(line.eventSource),
            name=sys.intern(line.eventName),
            failed=failed,
            denied=denied(line.errorCode),
            console=line.sessionCredentialFromConsole == "true",
            region=sys.intern(view.region),
            agent=sys.intern((line.userAgent or "")[:LONGEST_AGENT]),
            view=view,
            left=left,
            reads=reads,
            asks=asks,
            knows=knows,
            things=self._things.scope(view, asks, reads=reads),
            aim=bytes if reads or not OF_OBJECTS.issuperset(asks) else aim_at(line.eventSource, line.eventName),
            plain=not (reads or asks or line.eventSource in ACTED_ON),
            opened=opened,
            by_request=opened and not always and self._ask_request(left, knows),
            sifts=bool(asks) and not opened,
        )
        if self.whole and opened and not always:
            deed.sure = self._sure(deed, line)
        facts, sum_ = key
        self.deeds[tuple(sys.intern(v) if type(v) is str else v for v in facts), sum_] = deed
        return deed

    def _left(self, caller: Caller, line: Line, view: View, reading: Reading) -> Narrowed:
        """The rules that may match; kept for all deeds that agree in what rules for such a call ask and is known."""
        matcher, call = self._judge.matcher, (line.eventSource, line.eventName)
        asked = self._asked.get((call, reading))
        if asked is None:
            asked = self._asked[call, reading] = self._asking(matcher.deciding(*call), reading)
        of_caller, others = asked
        told = caller.told.get(of_caller)
        if told is None:
            told = caller.told[of_caller] = _values(caller.view, of_caller)
        alike = matcher.kind(*call), reading, told, _values(view, others)
        left = self._lefts.get(alike)
        if left is None:
            left = self._lefts[alike] = matcher.narrowed(*call, view, self._knows[reading])
        return left

    def _asking(self, asked: Collection[str], reading: Reading) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What of the fields asked tells deeds apart: what the caller alone decides, and what else is known."""
        knows = self._knows[reading]
        known = sorted(name for name in asked if name not in _SETTLED and knows(name))
        of_caller = tuple(name for name in known if name in _OF_CALLER or name.startswith("userIdentity."))
        return of_caller, tuple(name for name in known if name not in of_caller)

    def thing(self, deed: Deed | Sure, line: Line) -> Thing:
        """What a call asked for, by its request; learned anew where the record names other resources than before."""
        request = deed.aim(line.requestParameters)
        thing = deed.things.get(request)
        if thing is None or (thing.resources is not None and thing.resources != line.resources):
            return self.learned(deed, line, request)
        return thing

    def learned(self, deed: Deed | Sure, line: Line, request: bytes) -> Thing:
        """What a call asked for; `request` is what the deed's aim found in its request."""
        return self._things.learned(deed, line, request)

    def _sure(self, deed: Deed, line: Line) -> Sure | None:
        """What is known of a deed whose events need not be opened; None where they must be.

        Of a call that only reads nothing is told beside its caller and the assets touched, unless a stranger makes it.
        """
        view, judge = deed.view, self._judge
        used = judge.estate.asset_of_arn(view.caller.principal)
        if (
            deed.left.wants != frozenset()
            or line.readOnly is not True
            or view.account_side is Side.OUTSIDE
            or "PublicAccessBlock" in deed.name
            or deed.name == "PutEventSelectors"
            or judge.estate.exports
            or (used is not None and used.decoy)
            or not is_call(view)
            or not judge.routines.never(deed.source, deed.name, view, deed.knows)
        ):
            return None
        rules = deed.left.match(view)
        if any(map(judge.waits, rules)):
            return None
        reads = deed.reads and (deed.source, deed.name) == _READ
        return Sure(
            view,
            tuple(rule for rule in rules if rule.generates),
            deed.cell,
            reads,
            bytes if reads else aim_at(deed.source, deed.name),
            self._things.scope(view, (), reads=reads, whole=True),
        )

    def wants(self, deed: Deed, request: Raw | bytes) -> bool:
        """Whether an event of a deed that is `opened` must be, by its request."""
        if not deed.by_request:
            return True
        if deed.left.needles is not None and absent(deed.left.needles, bytes(request)):
            return False
        try:
            record = {**deed.view.record, "requestParameters": decode(request)}
        except (DecodeError, RecursionError):
            return True
        return bool(deed.left.match(self._things.view(record)))

    def _ask_request(self, left: Narrowed, knows: Callable[[str], bool]) -> bool:
        """Whether what is left of the rules asks nothing but the request, and nothing but a rule wants the event."""
        if not left.wants or not self._requests or self._judge.estate.exports:
            return False
        return all(knows(name) or name.partition(".")[0] == "requestParameters" for name in left.wants)

    def sift(self, deed: Deed, thing: Thing) -> Narrowed | None:
        """The rules that are left for reads of such a thing by such a caller; None where none is."""
        if thing.kind not in deed.sifted:
            known = _Known(deed, dict(zip(deed.asks, thing.signature, strict=True)))
            left = self._judge.matcher.narrowed(deed.source, deed.name, known, known.knows)
            deed.sifted[thing.kind] = left or None
        return deed.sifted[thing.kind]


class _Known:
    """What is known of all events of a deed that ask for one kind of thing."""

    def __init__(self, deed: Deed, facts: Mapping[str, tuple[Any, ...]]) -> None:
        self._view = deed.view
        self._facts = facts
        self._knows = deed.knows

    def knows(self, name: str) -> bool:
        return name in self._facts or self._knows(name)

    def values(self, name: str) -> Sequence[Any]:
        return self._facts[name] if name in self._facts else self._view.values(name)

    def everything(self) -> Sequence[Any]:
        return ()

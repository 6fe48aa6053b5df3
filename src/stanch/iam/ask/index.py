"""Ten thousand roles name few kinds of resources: their patterns are sorted by what stands before the first wildcard.

A pattern can only fit a resource that begins as it does, so a resource meets few of them.
"""

from collections import defaultdict
from collections.abc import Iterable

from stanch.iam.ask.bits import NONE, Doubted, either
from stanch.iam.ask.callers import Callers
from stanch.iam.ask.folding import Folding, fixed_patterns, is_template, listed, nobody
from stanch.iam.ask.place import Place
from stanch.iam.policy import Statement
from stanch.iam.wildcard import Token, Wild, match_tokens

ALLOW, DENY = 0, 2
"""Where in a reading the callers are that a layer allows and denies: the sure ones, then those that may be."""

SLOTS = 8
"""A reading's length: the four of a first layer, then the four of a second."""

Reading = list[int]
_ByPattern = dict[tuple[Token, ...], Reading]
Owned = tuple[Statement, int, int]
"""A statement, the layer it speaks for (0 or 4), and the callers it is about."""


class Index:
    """Statements about one action, found by resource."""

    def __init__(self, statements: Iterable[Owned], callers: Callers, folding: Folding) -> None:
        self._folding, self._everyone = folding, callers.everyone
        self._always = [0] * SLOTS
        self._exact: dict[str, Reading] = {}
        self._prefixed: dict[str, _Endings] = {}
        self._others: list[Owned] = []
        by_pattern: _ByPattern = defaultdict(lambda: [0] * SLOTS)
        by_template: dict[str, Reading] = defaultdict(lambda: [0] * SLOTS)
        for owned in statements:
            statement = owned[0]
            if statement.not_resources is not None or folding.needs_place(statement):
                self._others.append(owned)
                continue
            self._sort(owned, by_pattern, by_template)
        for text, template in by_template.items():
            self._fill(text, template, by_pattern)
        for pattern, reading in by_pattern.items():
            self._place(pattern, reading)
        self._lengths = sorted({len(prefix) for prefix in self._prefixed})

    def read(self, place: Place) -> Reading:
        """Whom the statements about a resource allow and deny."""
        found, arn = list(self._always), place.arn
        if arn in self._exact:
            _unite(found, self._exact[arn])
        for length in self._lengths:
            if length > len(arn):
                break
            endings = self._prefixed.get(arn[:length])
            if endings is not None:
                endings.read(arn, length, found)
        for statement, layer, owners in self._others:
            about = self.about(statement, place)
            _note(found, statement, layer, Doubted(owners, owners).within(about))
        return found

    def about(self, statement: Statement, place: Place) -> Doubted:
        """The callers of whom a statement applies to a resource, its action and principal aside."""
        fits = Doubted(self._everyone, self._everyone)
        if statement.resources is not None or statement.not_resources is not None:
            fits = self._fitting(statement, place)
        if nobody(fits) or not statement.conditions:
            return fits
        return fits.within(self._folding.conditions(statement, place))

    def _fitting(self, statement: Statement, place: Place) -> Doubted:
        fits = NONE
        for text in listed(statement) or ():
            fits = either(fits, self._folding.fitting(text, statement, place))
        if statement.not_resources is None:
            return fits
        return Doubted(self._everyone & ~fits.maybe, self._everyone & ~fits.sure)

    def _sort(self, owned: Owned, by_pattern: _ByPattern, by_template: dict[str, Reading]) -> None:
        statement, layer, owners = owned
        whom = Doubted(owners, owners)
        if statement.conditions:
            whom = whom.within(self._folding.conditions(statement, None))
        if nobody(whom):
            return
        if statement.resources is None:
            _note(self._always, statement, layer, whom)
        for text in statement.resources or ():
            if is_template(text, statement):
                _note(by_template[text], statement, layer, whom)
            else:
                for pattern in fixed_patterns(text):
                    _note(by_pattern[pattern], statement, layer, whom)

    def _fill(self, text: str, template: Reading, by_pattern: _ByPattern) -> None:
        """Sort a pattern with variables as it reads for each of the callers who have it."""
        owners = 0
        for members in template:
            owners |= members
        for pattern, for_whom in self._folding.instances(text, None, owners):
            if for_whom.maybe & owners:
                reading = by_pattern[pattern]
                for at, members in enumerate(template):
                    if members:
                        reading[at] |= members & for_whom[at & 1]

    def _place(self, pattern: tuple[Token, ...], reading: Reading) -> None:
        match pattern:
            case (Wild.ANY,):
                _unite(self._always, reading)
            case ():
                self._exact[""] = reading
            case (str() as literal,):
                self._exact[literal] = reading
            case (str() as prefix, *rest):
                self._prefixed.setdefault(prefix, _Endings()).add(tuple(rest), reading)
            case _:
                self._prefixed.setdefault("", _Endings()).add(pattern, reading)


class _Endings:
    """Patterns with the same beginning, sorted by what stands after the last wildcard."""

    __slots__ = ("_by_ending", "_lengths")

    def __init__(self) -> None:
        self._by_ending: dict[str, list[tuple[tuple[Token, ...], Reading]]] = {}
        self._lengths: list[int] = []

    def add(self, rest: tuple[Token, ...], reading: Reading) -> None:
        last = rest[-1]
        ending = last if isinstance(last, str) else ""
        self._by_ending.setdefault(ending, []).append((rest, reading))
        if len(ending) not in self._lengths:
            self._lengths.append(len(ending))

    def read(self, arn: str, start: int, found: Reading) -> None:
        """Add what the patterns say that fit the resource; its first `start` letters do."""
        for length in self._lengths:
            for rest, reading in self._by_ending.get(arn[-length:] if length else "", ()):
                if rest == _OPEN or match_tokens(rest, arn[start:]):
                    _unite(found, reading)


_OPEN = (Wild.ANY,)


def _note(reading: Reading, statement: Statement, layer: int, whom: Doubted) -> None:
    at = layer + (ALLOW if statement.effect == "Allow" else DENY)
    reading[at] |= whom.sure
    reading[at + 1] |= whom.maybe


def _unite(into: Reading, reading: Reading) -> None:
    for at, members in enumerate(reading):
        if members:
            into[at] |= members

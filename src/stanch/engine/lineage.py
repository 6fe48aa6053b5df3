"""STS hands out new keys for old ones: the chain of AssumeRole calls leads from a session back to who began it.

Reads: what `derived` finds in an event. Links make an origin: whoever holds the credential answers for it. Makings make
none, for others may use the same user, role or host: they only say who stands behind a name, and a story may ask.
A role that somebody lent to a service stands for him only in sessions which no known call handed out to anybody.
Blind to: credentials that a service hands out by itself (an instance profile, a task role): such a session is its own
origin; and chains whose AssumeRole call is not in the logs at hand.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import nlargest
from itertools import chain
from typing import Any

from stanch.domain.event import Event, Skipped, is_identity
from stanch.engine.derived import Link, Making, derived, lent, marks_of, wants
from stanch.engine.enrich.caller import Caller
from stanch.engine.makers import Made, Maker, Makers, Node

MOST_LINKS = 200_000
"""Handings out that are remembered, the newest; with less than a kilobyte each this bounds the memory."""
MOST_MAKINGS = 50_000
"""Makings that are remembered, the newest."""
MOST_FORBEARS = 64
"""Steps back that the search for makers goes; a chain of keys is followed to its end however long."""


class Lineage:
    """Who descends from whom. Events may come in any order and in any number of parts, put together by `absorb`.

    It remembers sets, the newest of what it was shown, and answers from them alone: so the order cannot matter.
    `forgotten` counts what was too old to be kept, and `told` says so.
    """

    def __init__(self) -> None:
        self.links: set[Link] = set()
        self.makings: set[Making] = set()
        self.forgotten = 0
        self._answers: _Answers | None = None

    @staticmethod
    def wants(event_source: str, event_name: str) -> bool:
        """Whether such an event can tell the lineage anything; `note` passes over any other."""
        return wants(event_source, event_name)

    def note(self, event: Event, caller: Caller | None = None) -> None:
        """Remember who handed out or made what; any other event is passed over. `caller` is as for `derived`."""
        for found in derived(event, caller):
            if isinstance(found, Link):
                self.links.add(found)
            else:
                self.makings.add(found)
            self._answers = None
        self._forget()

    def absorb(self, other: "Lineage") -> None:
        """Take in what another one was shown, as if it had been shown here."""
        self.links |= other.links
        self.makings |= other.makings
        self.forgotten += other.forgotten
        self._answers = None
        self._forget()

    def told(self) -> Iterator[Skipped]:
        """What every search must tell of a lineage that is not whole: nothing, or one fault."""
        self._forget(slack=1)
        if self.forgotten:
            yield Skipped(
                "the lineage",
                f"{self.forgotten:,} of the oldest calls that hand out keys or make identities, beyond the newest "
                f"{MOST_LINKS:,} and {MOST_MAKINGS:,}: whoever came of them is told as nobody's; hunt a shorter time",
            )

    def origin(self, access_key: str | None, arn: str) -> str:
        """The ARN of the identity the chain began with; `arn` itself where no chain is known. Cycles end."""
        return self._answered().root((access_key or "", arn))[1]

    def sessions_of(self, origin: str) -> set[str]:
        """The ARNs of the sessions, and of the users whose new keys, descend from this origin."""
        return {link.child_arn for link in self._answered().family(origin)}

    def roles_of(self, origin: str) -> set[str]:
        """The ARNs, with their paths, of the roles that descendants of this origin assumed."""
        return {link.role for link in self._answered().family(origin) if link.role}

    def makers_of(self, access_key: str | None, arn: str) -> list[Maker]:
        """Who made this caller or anyone on its chain, who made those, and so on: nearest first, each once.

        Who made the one that only lent a role is not asked.
        """
        return self.behind([(access_key, arn)]).told()

    def behind(self, callers: Iterable[tuple[str | None, str]]) -> Makers:
        """The makers of all these callers (access key and ARN), to be asked for a time."""
        answered = self._answered()
        return Makers(dict.fromkeys(made for key, arn in callers for made in answered.made_of((key or "", arn))))

    def handed_out(self, arn: str) -> bool:
        """Whether a known call, or Identity Center, handed out a session of this name: it is no service's own."""
        return self._answered().handed_out(arn)

    def _answered(self) -> "_Answers":
        if self._answers is None:
            self._forget(slack=1)
            self._answers = _Answers(self.links, self.makings)
        return self._answers

    def _forget(self, slack: float = 1.25) -> None:
        """Keep the newest. Some slack, that not each note sorts; none before an answer, that the order cannot show."""
        before = len(self.links) + len(self.makings)
        if len(self.links) > MOST_LINKS * slack:
            self.links = set(nlargest(MOST_LINKS, self.links))
        if len(self.makings) > MOST_MAKINGS * slack:
            self.makings = set(nlargest(MOST_MAKINGS, self.makings))
        self.forgotten += before - len(self.links) - len(self.makings)

    def __getstate__(self) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], int]:
        """What travels between processes: what was shown, as plain tuples, and nothing that was worked out."""
        return [tuple(link) for link in self.links], [tuple(making) for making in self.makings], self.forgotten

    def __setstate__(self, state: tuple[list[Any], list[Any], int]) -> None:
        """Arrive as the one that travelled."""
        self.__init__()  # type: ignore[misc]
        self.links, self.makings = set(map(Link._make, state[0])), set(map(Making._make, state[1]))
        self.forgotten = state[2]


class _Answers:
    """What follows from one set of links and makings; each answer costs its chain once, however often it is asked."""

    def __init__(self, links: set[Link], makings: set[Making]) -> None:
        self._links = links
        self._by_key: dict[str, Link] = {}
        self._by_arn: dict[str, Link | None] = {}
        self._console: dict[str, Link | None] = {}
        self._roots: dict[Node, Node] = {}
        self._families: dict[str, list[Link]] | None = None
        self._handed_out = {link.child_arn for link in links if link.child_arn != link.parent_arn}
        for link in sorted(links):
            if not link.child_key:
                _unless_disputed(self._console, link)
                continue
            self._by_key.setdefault(link.child_key, link)  # of two claims to one key the older is believed
            if link.child_arn.partition(":sts:")[1]:  # a user has other keys too: only a session's ARN stands for it
                _unless_disputed(self._by_arn, link)
        self._makings: dict[str, list[Making]] = {}
        for making in sorted(makings):
            self._makings.setdefault(making.made, []).append(making)
        self._made: dict[tuple[str, bool], Made | None] = {}
        self._made_of: dict[Node, tuple[Made, ...]] = {}

    def root(self, node: Node) -> Node:
        """The caller at the end of the chain; of a cycle the one with the least ARN."""
        path: dict[Node, None] = {}
        here = node
        while here not in self._roots:
            if here in path:
                nodes = list(path)
                found = min(nodes[nodes.index(here) :], key=lambda each: (each[1], each[0]))
                break
            path[here] = None
            before = self._parent(here)
            if before is None:
                found = here
                break
            here = before
        else:
            found = self._roots[here]
        self._roots.update(dict.fromkeys(path, found))
        return found

    def family(self, origin: str) -> list[Link]:
        """The links that descend from an origin."""
        if self._families is None:
            self._families = {}
            for link in sorted(self._links):
                self._families.setdefault(self.root((link.child_key, link.child_arn))[1], []).append(link)
        return self._families.get(origin, [])

    def made_of(self, node: Node) -> tuple[Made, ...]:
        """What names a node, its forbears, and their makers', nearest first."""
        known = self._made_of.get(node)
        if known is None:
            known = self._made_of[node] = tuple(self._search(node))
        return known

    def _search(self, node: Node) -> dict[Made, None]:
        pending, seen = deque([node]), {node}
        found: dict[Made, None] = {}
        while pending:
            here = pending.popleft()
            made = [one for mark in marks_of(*here) if (one := self._named(mark))]
            found.update(dict.fromkeys((*made, *self._lent(here[1]))))
            before = self._parent(here)
            for forbear in chain(*(one.nodes for one in made), [before] if before else (), [self.root(here)]):
                if len(seen) >= MOST_FORBEARS:
                    break
                if forbear not in seen:
                    seen.add(forbear)
                    pending.append(forbear)
        return found

    def handed_out(self, arn: str) -> bool:
        """Whether a link leads to a session of this name; Identity Center's roles are for persons only."""
        return arn in self._handed_out or ":assumed-role/AWSReservedSSO_" in arn

    def _lent(self, arn: str) -> Iterator[Made]:
        """The roles of a session that its service must have opened itself, as far as somebody lent them."""
        for mark in () if self.handed_out(arn) else lent(arn):
            if made := self._named(mark, lent=True):
                yield made

    def _named(self, mark: str, *, lent: bool = False) -> Made | None:
        """What a mark names, where anybody made it; worked out once, for thousands may bear it."""
        key = mark, lent
        if key not in self._made:
            makings = self._makings.get(mark, ())
            origins = (self.root((making.maker_key, making.maker_arn))[1] for making in makings)
            self._made[key] = Made(zip(makings, origins, strict=True), lent=lent) if makings else None
        return self._made[key]

    def _parent(self, node: Node) -> Node | None:
        key, arn = node
        link = self._by_key.get(key) if key else self._by_arn.get(arn)
        if link is None and key and ":federated-user/" in arn:
            link = self._by_arn.get(arn)  # the console gives it other keys, but nobody else can have this name
        link = link or self._console.get(arn)
        if link is None or not is_identity(link.parent_arn):
            return None
        before = (link.parent_key, link.parent_arn)
        return None if before == node else before


def _unless_disputed(index: dict[str, Link | None], link: Link) -> None:
    """Enter a link under its child's ARN; where two callers chose the same session name the ARN alone tells nothing."""
    known = index.setdefault(link.child_arn, link)
    if known is not None and (known.parent_key, known.parent_arn) != (link.parent_key, link.parent_arn):
        index[link.child_arn] = None

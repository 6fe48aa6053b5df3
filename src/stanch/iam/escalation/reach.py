"""The question of an incident: who, from where he stands, gets to everything, to that role, to those weights?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stanch.iam.escalation.closing import close, steps
from stanch.iam.escalation.explain import NO_REASON, Reasons, explain, explain_goal
from stanch.iam.escalation.goals import (
    Held,
    Reading,
    actions_asked,
    asked_of_administrators,
    is_administrator,
    readable,
)
from stanch.iam.escalation.graph import ASSUMED, CERTAIN, FRESH, OPEN, Edge, Graph, Node, Taken, build
from stanch.iam.escalation.landscape import Landscape
from stanch.iam.escalation.paths import all_paths
from stanch.iam.escalation.search import FAR, backwards, distances, simple_paths, walk
from stanch.iam.organization import Organization

Certainty = Literal["must", "may", "assumed"]
ADMIN = "admin"
"""The target that is everything."""


class UnknownTarget(ValueError):
    """Nobody can tell what reaching it would mean: no principal of the organisation, and nothing that can be read."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. statement: those that allow it; conditions: what must hold besides, in words."""

    source: str
    target: str
    by: str
    statement: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """One principal that gets there. path: () when it is there already.

    statement: those that give the target itself, at the end of the path; conditions: what must hold for them.
    certainty: `must`; `may`, when it depends on a condition that is still open; `assumed`, when it depends on
        something that the facts do not name: they name nothing at all that runs with a role, or cannot.
    """

    principal: str
    target: str
    path: tuple[Step, ...]
    certainty: Certainty
    statement: str = ""
    conditions: tuple[str, ...] = ()

    @property
    def hops(self) -> int:
        """The number of steps; 0 when it is there already."""
        return len(self.path)


class Escalation:
    """All escalations of an organisation, worked out once, to be asked for one target after another.

    moment: of the questions, for policies that expire; None leaves the hour open.
    besides: ARNs that will be asked for and that the organisation itself does not name.
    """

    def __init__(
        self, organization: Organization, *, moment: datetime | None = None, besides: Sequence[str] = ()
    ) -> None:
        named = [resource.arn for resource in organization.resources]
        read = (about for arn in (*named, *organization.resource_policies, *besides) for _, about in readable(arn))
        self.land = Landscape(organization, all_paths(), actions_asked(), moment=moment, besides=(*besides, *read))
        self.graph: Graph = build(self.land)
        close(self.graph)
        self._back = backwards(self.graph.edges)
        self._accounts = {resource.arn: resource.account for resource in organization.resources}

    def to(self, target: str, *, start: str | None = None, most: int = 1) -> Iterator[Reached]:
        """Every principal, or the one with the ARN `start`, that gets to a target; `most` ways each, shortest first.

        target: `admin`, the ARN of a user or role, or of something that can be read. A way that is certain is told
        before one that is not, even if it is longer. Raises UnknownTarget.
        """
        goals = self._goals(target)
        ways: list[tuple[Certainty, int, frozenset[int], list[int], dict[int, Edge]]] = [
            (certainty, doubt, reached, *distances(self._back, reached, doubt=doubt))
            for certainty, doubt, reached in _tiers(*goals)
        ]
        for number, identity in enumerate(self.land.identities):
            if start is not None and identity.arn != start:
                continue
            for certainty, doubt, reached, hops, step in ways:
                if hops[number] >= FAR:
                    continue
                for edges in self._edges(number, reached, hops, step, doubt, most):
                    last = self.graph.nodes[edges[-1].to if edges else number]
                    why = explain_goal(self.graph.ground, last, self._asked_of(target, last)) if last else NO_REASON
                    yield Reached(identity.arn, target, self._steps(number, edges), certainty, *_words(why))
                break

    def _edges(
        self, number: int, goals: frozenset[int], hops: list[int], step: dict[int, Edge], doubt: int, most: int
    ) -> list[list[Edge]]:
        if most == 1 or hops[number] == 0:
            return [walk(number, step)]
        return list(simple_paths(self.graph.edges, number, goals.__contains__, hops, most=most, doubt=doubt))

    def _goals(self, target: str) -> tuple[frozenset[int], frozenset[int]]:
        """The nodes that are there, surely and possibly."""
        if target == ADMIN:
            return self._where(lambda node: is_administrator(self.land, node.standing, self.land.asker(node.number)))
        if self.land.place.get(target) in self.land.number:
            number = self.land.number[self.land.place[target]]
            return frozenset([number]), frozenset([number])
        if not readable(target):
            raise UnknownTarget(_nobody(target))
        reading = Reading(self.land, target, self._owner(target))
        return self._where(lambda node: reading.held(node.standing, self.land.asker(node.number)))

    def _owner(self, target: str) -> str:
        accounts = self.land.organization.accounts
        alone = next(iter(accounts)) if len(accounts) == 1 else ""
        return self._accounts.get(target) or target.split(":", 5)[4] or alone

    def _where(self, ask: Callable[[Node], Held]) -> tuple[frozenset[int], frozenset[int]]:
        held = {at: ask(node) for at, node in enumerate(self.graph.nodes) if node is not None}
        sure = (at for at, answer in held.items() if answer.sure)
        return frozenset(sure), frozenset(at for at, answer in held.items() if answer.possible)

    def _asked_of(self, target: str, node: Node) -> Sequence[tuple[str, str]]:
        return asked_of_administrators(self.land, node.standing) if target == ADMIN else readable(target)

    def _steps(self, start: int, edges: list[Edge]) -> tuple[Step, ...]:
        found = []
        for taken in steps(self.graph, start, edges):
            node = self.graph.nodes[taken.by]
            if node is None:
                continue
            why = explain(self.graph.ground, node, taken)
            target = self._name(taken)
            found.append(Step(self._called(node), target, str(taken.path), *_words(why)))
        return tuple(found)

    def _called(self, node: Node) -> str:
        arn = self.land.identities[node.number].arn
        return f"{node.label} in {self.land.identities[node.number].account}" if node.label == FRESH else arn

    def _name(self, taken: Taken) -> str:
        identity = self.land.identities[self.land.number[taken.to]]
        return f"{FRESH} in {identity.account}" if taken.path.gain == "fresh" else identity.arn


def _nobody(target: str) -> str:
    return f"{target} is no principal of these accounts, and nothing that principals read; give `admin`, or an ARN"


def _words(why: Reasons) -> tuple[str, tuple[str, ...]]:
    return "; ".join(why.statements), why.conditions


def _tiers(sure: frozenset[int], possible: frozenset[int]) -> tuple[tuple[Certainty, int, frozenset[int]], ...]:
    return ("must", CERTAIN, sure), ("may", OPEN, possible), ("assumed", ASSUMED, possible)


def reach(
    organization: Organization,
    target: str = ADMIN,
    *,
    start: str | None = None,
    most: int = 1,
    moment: datetime | None = None,
) -> Iterator[Reached]:
    """Who gets to one target; see `Escalation.to`. Raises UnknownTarget before any work is done."""
    besides: tuple[str, ...] = ()
    if target != ADMIN and organization.identity(target) is None:
        if not readable(target):
            raise UnknownTarget(_nobody(target))
        besides = (target,)
    yield from Escalation(organization, moment=moment, besides=besides).to(target, start=start, most=most)

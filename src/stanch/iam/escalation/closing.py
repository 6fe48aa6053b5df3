"""Whoever holds two principals holds what one can write for the other: edges that no single principal explains.

A role that may write a user's policies and cannot become it is harmless alone; with somebody who can become both, that
user has any permission. Such edges are added until there are no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.iam.escalation.graph import ASSUMED, CERTAIN, GENERIC, OPEN, Edge, Graph, Taken, expand
from stanch.iam.escalation.paths import Path
from stanch.iam.escalation.search import backwards, reachable, shortest
from stanch.iam.escalation.things import Bits

_MOST_ROUNDS = 8
_MOST_MEETINGS = 20_000
_MOST_WATCHED = 2_000
"""Principals who can become one writer, nearest first; past these, none is asked what else it holds."""


def close(graph: Graph) -> None:
    """Add the edges of changes that one principal makes to another which a third can become."""
    doubts = {edge.doubt for leaving in graph.edges for edge in leaving} | {CERTAIN, OPEN}
    for doubt in sorted(doubts):
        for _ in range(_MOST_ROUNDS):
            if not _Round(graph, doubt=doubt).run():
                break


@dataclass(frozen=True, slots=True)
class _Change:
    """What a node may do to others. targets: places of principals; groups: those that they could join."""

    writer: int
    path: Path
    targets: Bits
    groups: Bits = 0


class _Round:
    """One pass over all changes, each weighed against the graph as it was when the pass began."""

    def __init__(self, graph: Graph, *, doubt: int) -> None:
        self._graph, self._doubt = graph, doubt
        self._back = backwards(graph.edges)
        self._first = len(graph.nodes)
        self._known = {
            (source, edge.to) for source, leaving in enumerate(graph.edges) for edge in leaving if edge.doubt <= doubt
        }
        self._held: list[Bits] | None = None
        self._added: list[tuple[int, Edge]] = []

    def run(self) -> bool:
        """Add what is found; whether there was anything."""
        for change in list(self._changes()):
            self._weigh(change)
        for source, edge in self._added:
            self._graph.edges[source].append(edge)
        expand(self._graph, self._first)
        return bool(self._added)

    def _changes(self) -> Iterator[_Change]:
        """Who may change whom, himself aside. Whoever can have any permission unfenced needs no help."""
        graph, things = self._graph, self._graph.land.things
        paths = [path for path in graph.land.paths if path.needs[0].who == "own" or path.gain == "join"]
        paths = [path for path in paths if self._doubt == ASSUMED or not path.doubtful]
        for at, node in enumerate(graph.nodes):
            if node is None or self._is_unfenced(at):
                continue
            identity = graph.land.identities[node.number]
            others = things.of_account(identity.account) & ~(1 << graph.land.place[identity.arn])
            for path in paths:
                found = graph.ground.changeable(path, node.number, node.standing)
                bits = found.possible if self._doubt else found.sure
                if bits and path.gain == "join":
                    yield _Change(at, path, things.of_kind("user") & others, bits)
                elif bits & others:
                    yield _Change(at, path, bits & others)

    def _is_unfenced(self, at: int) -> bool:
        for node in (
            self._graph.nodes[at],
            *(self._graph.nodes[e.to] for e in self._graph.edges[at] if e.doubt == CERTAIN),
        ):
            if (
                node is not None
                and node.label in GENERIC
                and node.standing.fences.boundary is None
                and node.standing.unhindered
            ):
                return True
        return False

    def _weigh(self, change: _Change) -> None:
        places = self._graph.land.things.places
        settled: dict[int, Bits] = {}
        for source in self._those_becoming(change.writer):
            held = self._holds(source)
            for place in places(held & change.targets):
                raised = self._raised(change, self._graph.land.number[place])
                # Whoever becomes one of those for whom it is settled gets there through it.
                if raised is None or held & settled.get(raised, 0):
                    continue
                settled[raised] = settled.get(raised, 0) | self._own(source)
                if not held >> self._bit(raised) & 1 and (source, raised) not in self._known:
                    self._known.add((source, raised))
                    self._added.append((source, self._edge(change, source, place, raised)))
            if len(self._added) > _MOST_MEETINGS:
                return

    def _those_becoming(self, writer: int) -> Iterator[int]:
        """The writer, then all who can become it, nearest first."""
        seen, at = {writer: None}, [writer]
        while at and len(seen) < _MOST_WATCHED:
            yield from (node for node in at if self._graph.nodes[node] is not None and not self._is_unfenced(node))
            steps = (source for node in at for source, edge in self._back[node] if edge.doubt <= self._doubt)
            at = [source for source in dict.fromkeys(steps) if source not in seen]
            seen |= dict.fromkeys(at)

    def _holds(self, node: int) -> Bits:
        """The places of all principals that a node is or can become, and the bits of the nodes themselves."""
        if self._held is None:
            own = [self._own(at) | 1 << self._bit(at) for at in range(len(self._graph.nodes))]
            self._held = reachable(self._graph.edges, own, doubt=self._doubt)
        return self._held[node]

    def _own(self, at: int) -> Bits:
        """The place of a node's principal; a heightened node stands for many, and is none of them."""
        node, land = self._graph.nodes[at], self._graph.land
        named = node is not None and node.label not in GENERIC
        return 1 << land.place[land.identities[node.number].arn] if node is not None and named else 0

    def _bit(self, at: int) -> int:
        return len(self._graph.land.things.all) + at

    def _raised(self, change: _Change, target: int) -> int | None:
        node = self._graph.nodes[target]
        if node is None:
            return None
        if change.groups:
            return self._graph.joined(node.number, node.standing, change.groups)
        return self._graph.raised(change.path, node.number, node.standing)

    def _edge(self, change: _Change, source: int, place: int, raised: int) -> Edge:
        before = self._way(source, change.writer)
        then = self._way(source, self._graph.land.number[place])
        detour = (*before, Taken(change.writer, change.path, place, "", change.groups), *then)
        return Edge(raised, self._doubt, len(detour), change.path, place, before=detour)

    def _way(self, source: int, to: int) -> tuple[Taken, ...]:
        return steps(self._graph, source, shortest(self._graph.edges, source, to, doubt=self._doubt))


def steps(graph: Graph, start: int, edges: list[Edge]) -> tuple[Taken, ...]:
    """What is done along a way: the hubs on it left out."""
    found: list[Taken] = []
    at, path = start, None
    for edge in edges:
        if edge.before:
            found += edge.before
            at, path = edge.to, None
            continue
        path = edge.path or path
        node = graph.nodes[edge.to]
        if node is not None and path is not None:
            found.append(Taken(at, path, edge.shown, node.label, edge.groups))
            at, path = edge.to, None
    return tuple(found)

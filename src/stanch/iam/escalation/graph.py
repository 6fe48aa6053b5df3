"""Principals are nodes, and what one can become of another is an edge; whoever is reached is held, not left.

A set of principals that many can become is one node of its own, a hub: a thousand roles that may hand any of a thousand
roles to a service are two thousand edges. Whoever can have any permission written for him is a node too, a heightened
one, with everything that boundary, organisation and denials leave.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from stanch.iam.escalation.climbing import Ground, Move
from stanch.iam.escalation.landscape import Landscape
from stanch.iam.escalation.paths import Path
from stanch.iam.escalation.standing import Standing
from stanch.iam.escalation.things import Bits
from stanch.iam.organization import Identity, Named
from stanch.iam.policy import parse

EVERYTHING = Named(
    "any permission",
    parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
)
HEIGHTENED, FRESH = "with any permission", "a new principal with any permission"
CERTAIN, OPEN, ASSUMED = 0, 1, 2
"""How far a step is to be doubted: not at all; it hangs on an open condition; on something that nobody named exists."""

GENERIC = (HEIGHTENED, FRESH)
"""Labels of nodes that stand for all principals in the same position."""


@dataclass(frozen=True, slots=True)
class Node:
    """A principal in some standing. label: how it differs from what it is today, "" when it does not."""

    number: int
    standing: Standing
    label: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """One step, as taken: the node that takes it, the path, and the place of the principal that it leads to.

    label: of the node that it leads to. groups: the places of those that are joined.
    """

    by: int
    path: Path
    to: int
    label: str = ""
    groups: Bits = 0


class Edge(NamedTuple):
    """A way from one node to another.

    doubt: CERTAIN, OPEN or ASSUMED. hops: 0 out of a hub. shown: the place of the principal that it leads to.
    before: all steps, when they are several. groups: the places of those that are joined.
    """

    to: int
    doubt: int
    hops: int
    path: Path | None = None
    shown: int = -1
    before: tuple[Taken, ...] = ()
    groups: Bits = 0


@dataclass
class Graph:
    """All nodes and edges. The first nodes are the identities, by their numbers; hubs have no standing."""

    land: Landscape
    ground: Ground
    nodes: list[Node | None] = field(default_factory=list)
    edges: list[list[Edge]] = field(default_factory=list)
    _hubs: dict[tuple[str, Bits], int] = field(default_factory=dict)
    _heights: dict[tuple[object, ...], int] = field(default_factory=dict)

    def add(self, node: Node | None) -> int:
        """A new node; None for a hub."""
        self.nodes.append(node)
        self.edges.append([])
        return len(self.nodes) - 1

    def heightened(self, number: int) -> int:
        """The node of a principal that any permission was given; one for all of whom that makes the same."""
        identity = self.land.identities[number]
        kept = tuple(named for named in identity.policies if self.land.document(named).denies)
        standing = self.land.standing_of(identity, (EVERYTHING,), only=kept)
        return self._height(number, standing, HEIGHTENED)

    def fresh(self, number: int) -> int:
        """The node of a new principal, in the account of this one, that was given any permission."""
        identity = self.land.identities[number]
        new = Identity(identity.kind, identity.arn, identity.account, identity.name)
        return self._height(number, self.land.standing_of(new, (EVERYTHING,)), FRESH)

    def freed(self, number: int, standing: Standing) -> int | None:
        """The node of a principal that has lost its boundary; None when it has none."""
        identity = self.land.identities[number]
        if standing.fences.boundary is None:
            return None
        held = tuple(document.named for document in standing.policies)
        return self._height(number, self.land.standing_of(identity, free=True, only=held), "without its boundary")

    def joined(self, number: int, standing: Standing, groups: Bits) -> int | None:
        """The node of a user in more groups; None when they give it nothing new."""
        held = tuple(document.named for document in standing.policies)
        arns = [self.land.things.arns[place] for place in self.land.things.places(groups)]
        gained = dict.fromkeys(n for arn in arns for n in self.land.groups[arn].policies if n not in held)
        if not gained:
            return None
        identity = self.land.identities[number]
        free = standing.fences.boundary is None
        label = "in " + ", ".join(arn.rpartition("/")[2] for arn in arns)
        return self._height(number, self.land.standing_of(identity, tuple(gained), free=free, only=held), label)

    def rolled_back(self, number: int, standing: Standing) -> int | None:
        """The node of a principal whose policies say again what they said before; None when they never did otherwise.

        Of a policy with several older versions all count: one after the other can be made the default.
        """
        identity = self.land.identities[number]
        older = self.land.organization.accounts[identity.account].superseded
        held = [document.named for document in standing.policies]
        back = [Named(one.name, text) for one in held for text in older.get(one.name) or (one.policy,)]
        kept = tuple({(one.name, one.policy.source): one for one in back}.values())
        free = standing.fences.boundary is None
        rolled = self.land.standing_of(identity, free=free, only=kept)
        return None if rolled is standing else self._height(number, rolled, "with older versions of its policies")

    def _height(self, number: int, standing: Standing, label: str) -> int:
        # What a policy says of its holder's own name or kind differs between holders; all else is the same.
        own = number if standing.personal or label.startswith(("in ", "with older", "without")) else -1
        key = (standing, own, label)
        if key not in self._heights:
            self._heights[key] = self.add(Node(number, standing, label))
        return self._heights[key]

    def link(self, source: int, move: Move) -> None:
        """The edges for a path that is open to a node."""
        node = self.nodes[source]
        if node is None:
            return
        itself = 1 << self.land.place[self.land.identities[node.number].arn]
        unnamed = move.path.gain == "existing" and not self.ground.knows_all(move.path)
        assumed = unnamed or bool(move.path.doubtful)
        for bits, doubt in (
            (move.to.sure, CERTAIN),
            (move.to.possible & ~move.to.sure, ASSUMED if assumed else OPEN),
        ):
            if not bits:
                continue
            if move.path.gain == "join":
                self._link_groups(source, node, move.path, bits, doubt=doubt)
            elif move.path.gain in ("rewrite", "free", "fresh", "rollback"):
                self._link_heights(source, node, move.path, bits, doubt=doubt)
            elif bits != itself:
                # Who can become all can become himself too; left in, the set is the same for all of them.
                self._link_set(
                    source, move.path, bits, doubt=doubt, kind="become", leading=self.land.number.__getitem__
                )

    def raised(self, path: Path, number: int, standing: Standing) -> int | None:
        """The node that a path about one's own permissions makes of a principal."""
        if path.gain == "fresh":
            return self.fresh(number)
        if path.gain == "rollback":
            return self.rolled_back(number, standing)
        return self.freed(number, standing) if path.gain == "free" else self.heightened(number)

    def _link_heights(self, source: int, node: Node, path: Path, bits: Bits, *, doubt: int) -> None:
        itself = self.land.place[self.land.identities[node.number].arn]
        if bits == 1 << itself:
            raised = self.raised(path, node.number, node.standing)
            if raised is not None and raised != source:
                self.edges[source].append(Edge(raised, doubt, 1, path, itself))
            return
        self._link_set(
            source, path, bits, doubt=doubt, kind="rewrite", leading=lambda at: self.heightened(self.land.number[at])
        )

    def _link_groups(self, source: int, node: Node, path: Path, bits: Bits, *, doubt: int) -> None:
        if self.land.identities[node.number].kind != "user":
            return
        itself = self.land.place[self.land.identities[node.number].arn]
        each = [1 << place for place in self.land.things.places(bits)]
        for groups in each if len(each) == 1 else [*each, bits]:
            raised = self.joined(node.number, node.standing, groups)
            if raised is not None and raised != source:
                self.edges[source].append(Edge(raised, doubt, groups.bit_count(), path, itself, groups=groups))

    def _link_set(
        self, source: int, path: Path, bits: Bits, *, doubt: int, kind: str, leading: Callable[[int], int]
    ) -> None:
        if bits.bit_count() == 1:
            place = bits.bit_length() - 1
            self.edges[source].append(Edge(leading(place), doubt, 1, path, place))
            return
        if (kind, bits) not in self._hubs:
            hub = self._hubs[kind, bits] = self.add(None)
            seen: set[int] = set()
            for place in self.land.things.places(bits):
                to = leading(place)
                if to not in seen:
                    seen.add(to)
                    self.edges[hub].append(Edge(to, CERTAIN, 0, None, place))
        self.edges[source].append(Edge(self._hubs[kind, bits], doubt, 1, path))


def build(land: Landscape) -> Graph:
    """The graph of everything that a single principal can do by itself; see `closing` for what several can."""
    graph = Graph(land, Ground(land))
    for number, standing in enumerate(land.standings):
        graph.add(Node(number, standing))
    expand(graph, 0)
    return graph


def expand(graph: Graph, first: int) -> None:
    """Add the edges of the nodes from `first` on, and of those that appear meanwhile."""
    at = first
    while at < len(graph.nodes):
        node = graph.nodes[at]
        if node is not None:
            for move in graph.ground.moves(node.number, node.standing):
                graph.link(at, move)
        at += 1

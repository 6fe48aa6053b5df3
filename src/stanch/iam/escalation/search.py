"""The shortest way to a goal is searched backwards, from all goals at once: one pass answers for every principal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush

from stanch.iam.escalation.graph import Edge
from stanch.iam.escalation.things import Bits

Edges = Sequence[Sequence[Edge]]
Backward = Sequence[Sequence[tuple[int, Edge]]]
FAR = 1 << 30
"""More hops than any path has: not reached."""

_MOST_TRIED = 200_000


def backwards(edges: Edges) -> list[list[tuple[int, Edge]]]:
    """For each node the edges that lead to it, with where they come from."""
    found: list[list[tuple[int, Edge]]] = [[] for _ in edges]
    for source, leaving in enumerate(edges):
        for edge in leaving:
            found[edge.to].append((source, edge))
    return found


def distances(back: Backward, goals: Iterable[int], *, doubt: int) -> tuple[list[int], dict[int, Edge]]:
    """The hops from every node to the nearest goal, FAR when there is no way, and the first edge of the way.

    doubt: the most that an edge may have.
    """
    hops = [FAR] * len(back)
    step: dict[int, Edge] = {}
    heap: list[tuple[int, int, int]] = []
    for goal in goals:
        hops[goal] = 0
        heappush(heap, (0, 0, goal))
    order = 0
    while heap:
        far, _, node = heappop(heap)
        if far > hops[node]:
            continue
        for source, edge in back[node]:
            if edge.doubt > doubt:
                continue
            if far + edge.hops < hops[source]:
                hops[source] = far + edge.hops
                step[source] = edge
                order += 1
                heappush(heap, (hops[source], order, source))
    return hops, step


def walk(start: int, step: dict[int, Edge]) -> list[Edge]:
    """The edges from a node to its goal."""
    found = []
    node = start
    while node in step:
        found.append(step[node])
        node = step[node].to
    return found


def shortest(edges: Edges, start: int, goal: int, *, doubt: int) -> list[Edge]:
    """The edges of the shortest way from one node to another; [] when there is none, or none is needed."""
    heap: list[tuple[int, int, int]] = [(0, 0, start)]
    hops: dict[int, int] = {start: 0}
    came: dict[int, tuple[int, Edge]] = {}
    order = 0
    while heap:
        far, _, node = heappop(heap)
        if node == goal:
            break
        for edge in edges[node] if far == hops[node] else ():
            if far + edge.hops < hops.get(edge.to, FAR) and edge.doubt <= doubt:
                hops[edge.to], came[edge.to] = far + edge.hops, (node, edge)
                order += 1
                heappush(heap, (far + edge.hops, order, edge.to))
    way: list[Edge] = []
    at = goal
    while at in came and at != start:
        at, edge = came[at]
        way.append(edge)
    return way[::-1]


def reachable(edges: Edges, own: Sequence[Bits], *, doubt: int) -> list[Bits]:
    """For each node what it and all nodes that it leads to have of their own, together.

    Nodes that lead to one another have the same; they are found with Tarjan's algorithm, which also brings the others
    into an order in which each comes after all that it leads to.
    """
    found = list(own)
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    open_nodes: list[int] = []
    done: set[int] = set()
    for root in range(len(edges)):
        work = [] if root in index else [(root, iter(edges[root]))]
        while work:
            node, leaving = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                open_nodes.append(node)
            ahead = next((e.to for e in leaving if e.doubt <= doubt and _advance(e.to, node, index, low, done)), None)
            if ahead is not None:
                work.append((ahead, iter(edges[ahead])))
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                _settle(node, open_nodes, done, edges, found, doubt=doubt)
    return found


def _advance(to: int, node: int, index: dict[int, int], low: dict[int, int], done: set[int]) -> bool:
    """Whether a node is still to be entered; one that is open already is a way back."""
    if to not in index:
        return True
    if to not in done:
        low[node] = min(low[node], index[to])
    return False


def _settle(root: int, open_nodes: list[int], done: set[int], edges: Edges, found: list[Bits], *, doubt: int) -> None:
    """Give all nodes of a component, the last ones opened, what they have together."""
    first = len(open_nodes) - 1
    while open_nodes[first] != root:
        first -= 1
    together = open_nodes[first:]
    del open_nodes[first:]
    bits = 0
    for node in together:
        bits |= found[node]
        for edge in edges[node]:
            if edge.doubt <= doubt:
                bits |= found[edge.to]
    done.update(together)
    for node in together:
        found[node] = bits


def simple_paths(
    edges: Edges, start: int, goals: Callable[[int], bool], hops: Sequence[int], *, most: int, doubt: int
) -> Iterator[list[Edge]]:
    """The ways from a node to goals that visit none twice, shortest first, `most` at most.

    hops: to the nearest goal, which keeps the search from wandering where none is.
    """
    if hops[start] >= FAR:
        return
    heap: list[tuple[int, int, int, tuple[Edge, ...]]] = [(hops[start], 0, start, ())]
    order = found = 0
    while heap and found < most and order < _MOST_TRIED:
        _, _, node, way = heappop(heap)
        if goals(node):
            found += 1
            yield list(way)
            continue
        visited = {start, *(edge.to for edge in way)}
        gone = sum(edge.hops for edge in way)
        for edge in edges[node]:
            if edge.to not in visited and hops[edge.to] < FAR and edge.doubt <= doubt:
                order += 1
                heappush(heap, (gone + edge.hops + hops[edge.to], order, edge.to, (*way, edge)))

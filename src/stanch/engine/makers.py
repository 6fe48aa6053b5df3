"""Who stands behind a name, and since when: a role that a pipeline lends each hour of a year has thousands of makers.

They are worked out once for each mark (see `derived.marks_of`), however many callers bear it, and asked for a time.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, KeysView
from typing import NamedTuple

from stanch.engine.derived import Making

Node = tuple[str, str]
"""A caller as a log names it: the access key, "" for none, and the ARN."""


class Maker(NamedTuple):
    """Who stands behind a name: the maker's origin, and the hour of the making (seconds since the epoch).

    `lent` says that he passed a role to a service: others may have done so too, and whose work it is nobody knows.
    """

    origin: str
    time: float
    lent: bool = False


class Made:
    """What one mark names: its makers in the order of time, and the callers that made it, each once."""

    __slots__ = ("hours", "lent", "makers", "nodes")

    def __init__(self, makings: Iterable[tuple[Making, str]], *, lent: bool) -> None:
        """`makings` in the order of time, each with the origin of its maker."""
        self.lent = lent
        self.makers: list[Maker] = []
        self.hours: dict[str, list[float]] = {}
        nodes: dict[Node, None] = {}
        for making, origin in makings:
            self.makers.append(Maker(origin, making.time, lent))
            self.hours.setdefault(origin, []).append(making.time)
            nodes[making.maker_key, making.maker_arn] = None
        self.nodes = tuple(nodes)

    def origins(self, since: float, until: float) -> set[str]:
        """Who made it in a time, both ends included."""
        begin = bisect_left(self.makers, since, key=_time)
        return {maker.origin for maker in self.makers[begin : bisect_right(self.makers, until, key=_time)]}

    def by(self, origin: str, since: float, until: float) -> bool:
        """Whether this one made it in a time, both ends included."""
        hours = self.hours.get(origin, ())
        at = bisect_left(hours, since)
        return at < len(hours) and hours[at] <= until


class Makers:
    """Who stands behind some callers."""

    def __init__(self, made: Iterable[Made] = ()) -> None:
        """`made` is what names them or anyone before them, the nearest first."""
        self._made = tuple(made)

    def told(self) -> list[Maker]:
        """All of them, nearest first, each once."""
        return list(dict.fromkeys(maker for made in self._made for maker in made.makers))

    def among(self, origins: KeysView[str]) -> set[str]:
        """Those of these origins that ever made one."""
        return {origin for made in self._of(lent=False) for origin in made.hours.keys() & origins}

    def origins(self, since: float, until: float, *, lent: bool = False) -> set[str]:
        """Whoever made one, or lent one a role, in a time, both ends included."""
        return {origin for made in self._of(lent=lent) for origin in made.origins(since, until)}

    def by(self, origin: str, since: float, until: float, *, lent: bool = False) -> bool:
        """Whether this origin did, in a time, both ends included."""
        return any(made.by(origin, since, until) for made in self._of(lent=lent))

    def _of(self, *, lent: bool) -> Iterable[Made]:
        return (made for made in self._made if made.lent == lent)


def _time(maker: Maker) -> float:
    return maker.time

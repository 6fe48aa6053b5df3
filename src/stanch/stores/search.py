"""Where a hunt looks: paths of this machine and S3 prefixes, narrowed to the days, accounts and regions asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stanch.contracts.source import LogFile
from stanch.domain.event import Skipped
from stanch.stores.delivery import Window
from stanch.stores.logs import S3, STDIN, LocalWalk, Piped
from stanch.stores.told import Told

if TYPE_CHECKING:
    from stanch.aws.bucket import Fetched
    from stanch.aws.doorway import Doorway
    from stanch.stores.s3 import Prefix
    from stanch.stores.s3walk import S3Walk

_EVERYTHING = Window()


def is_s3(path: str) -> bool:
    """Whether a path given by a person means S3."""
    return path.startswith(S3)


class Search:
    """The log files of some paths, found while they are iterated over, once.

    Ask `left_out`, `remarks` and `fetched` at the end: they are about what has been walked so far.
    """

    def __init__(
        self,
        paths: Sequence[str],
        window: Window = _EVERYTHING,
        *,
        doorway: "Doorway | None" = None,
        requester_pays: bool = False,
        stdin: BinaryIO | None = None,
    ) -> None:
        """`doorway` is the way to S3 for paths that begin with `s3://`; ValueError for one that names no bucket."""
        self._stdin = stdin
        self._told: list[Told] = []
        self._s3: list[S3Walk] = []
        self._window = window
        self._paths: list[str | Prefix] = [
            _prefix(path, doorway, requester_pays) if is_s3(path) else path for path in paths
        ]

    def __iter__(self) -> Iterator[LogFile]:
        for path in self._paths:
            if not isinstance(path, str):
                yield from self._of_s3(path)
            elif path == STDIN and self._stdin:
                yield Piped(self._stdin)
            else:
                yield from LocalWalk(Path(path), self._telling(path))

    @property
    def left_out(self) -> list[Skipped]:
        """What was not read because it was not asked for, a line for each path and reason."""
        return [line for told in self._told for line in told.skipped()]

    @property
    def remarks(self) -> list[str]:
        """What a person should know although nothing is missing: files that nothing tells the day of are all read."""
        return [told.strange for told in self._told if told.strange]

    @property
    def fetched(self) -> "Fetched | None":
        """What listing has cost; None when nothing lies in S3."""
        costs = [walk.fetched for walk in self._s3]
        return sum(costs[1:], costs[0]) if costs else None

    def _of_s3(self, prefix: "Prefix") -> Iterator[LogFile]:
        from stanch.stores.s3walk import S3Walk

        walk = S3Walk(prefix, self._telling(prefix.place.url(prefix.prefix)))
        self._s3.append(walk)
        return iter(walk)

    def _telling(self, path: str) -> Told:
        self._told.append(Told(path, self._window))
        return self._told[-1]


def _prefix(path: str, doorway: "Doorway | None", requester_pays: bool) -> "Prefix":
    from stanch.aws.doorway import Doorway
    from stanch.stores.s3 import Prefix

    return Prefix.parse(path, doorway or Doorway(), requester_pays=requester_pays)

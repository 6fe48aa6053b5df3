"""Of a million reads what matters is which actions, on which resources, and since when no more."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from os.path import commonprefix

from stanch.iam.least.calls import Call

NAMED = 5
"""Resources under one head (a bucket, a kind of resource) that a policy names one by one; of more, what they share."""

_KEPT_HEADS = 1_000
_KEPT_ACTIONS = 25_000  # more than AWS has


@dataclass(slots=True)
class _Head:
    """The resources that begin alike: as long as they are few each, then only their common beginning."""

    each: set[str] = field(default_factory=set)
    beginning: str | None = None

    def add(self, resource: str) -> None:
        if self.beginning is not None:
            self.beginning = commonprefix([self.beginning, resource])  # noqa: RUF071 - of patterns, cut at a slash later
            return
        self.each.add(resource)
        if len(self.each) > NAMED:
            self.beginning = commonprefix(list(self.each))  # noqa: RUF071 - the same
            self.each.clear()

    def patterns(self, head: str) -> Iterator[str]:
        if self.beginning is None:
            yield from sorted(self.each)
        else:
            # Whole folders: shards of one file's name would leave out the next version of it.
            folder = self.beginning[: self.beginning.rfind("/") + 1]
            yield f"{folder if len(folder) > len(head) else head}*"


@dataclass(slots=True)
class Use:
    """How an action was used. unplaced: also on resources that the records do not tell."""

    action: str
    times: int = 0
    last: datetime | None = None
    unplaced: bool = False
    _heads: dict[str, _Head] = field(default_factory=dict)

    def add(self, resource: str | None, when: datetime) -> None:
        """Count one call."""
        self.times += 1
        self.last = when if self.last is None or when > self.last else self.last
        if resource is None:
            self.unplaced = True
            return
        head = _head(resource)
        if head not in self._heads and len(self._heads) >= _KEPT_HEADS:
            self.unplaced = True  # too many to name
            return
        self._heads.setdefault(head, _Head()).add(resource)

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources, as patterns of a policy."""
        return tuple(pattern for head in sorted(self._heads) for pattern in self._heads[head].patterns(head))


class Used:
    """What one identity used; bounded, whatever its logs name."""

    def __init__(self) -> None:
        self._uses: dict[str, Use] = {}
        self.refused: dict[str, int] = {}
        self.first: datetime | None = None
        self.last: datetime | None = None

    def note(self, calls: Iterable[Call], when: datetime, *, refused: bool = False) -> None:
        """Take in one record of the identity's."""
        self.first = when if self.first is None or when < self.first else self.first
        self.last = when if self.last is None or when > self.last else self.last
        for call in calls:
            if refused:
                if call.action in self.refused or len(self.refused) < _KEPT_ACTIONS:
                    self.refused[call.action] = self.refused.get(call.action, 0) + 1
            elif call.action in self._uses or len(self._uses) < _KEPT_ACTIONS:
                self._uses.setdefault(call.action, Use(call.action)).add(call.resource, when)

    def __iter__(self) -> Iterator[Use]:
        yield from (self._uses[action] for action in sorted(self._uses))

    def __bool__(self) -> bool:
        return bool(self._uses)


def _head(resource: str) -> str:
    """A bucket with the slash behind it, or an ARN up to its resource's kind."""
    parts = resource.split(":", 5)
    if len(parts) == 6 and parts[2] == "s3":
        bucket, slash, _ = parts[5].partition("/")
        return ":".join(parts[:5]) + f":{bucket}{slash}"
    kind = next((at for at, c in enumerate(parts[-1]) if c in "/:"), -1)
    return ":".join(parts[:-1]) + f":{parts[-1][: kind + 1]}"

"""A privilege-escalation path is a few permissions that, held together, give a principal more than they say.

The paths are data, in `paths.toml` and `more.toml`; what their words mean is told at the head of the first.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

Gain = Literal["passed", "existing", "become", "rewrite", "join", "fresh", "free", "rollback"]
Who = Literal["own", "target", "trusted", "passed", "new", "public", "existing", "*"]


@dataclass(frozen=True, slots=True)
class Need:
    """One permission of a path.

    who and what: as in `target role`, `own group`, `passed role in an instance profile`.
    service, template: of things with a name to be chosen, `lambda` and `function:*`; "" for the others.
    """

    action: str
    who: Who
    what: str = ""
    service: str = ""
    template: str = ""

    @property
    def made(self) -> str:
        """The resource part of an ARN, `*` for the name, of something that we make."""
        return self.template.replace("[", "").replace("]", "")

    @property
    def prefix(self) -> str:
        """How the resource part of an ARN begins for everything of this sort."""
        return self.template.replace("[", "*").partition("*")[0]

    @property
    def thing(self) -> str:
        """The name under which all needs about one and the same thing meet; "" when it has a place of its own."""
        return f"{self.service}:{self.template}" if self.template else ""

    @property
    def sort(self) -> str:
        """The service and the word that the ARNs of its things begin with, as in `lambda:function`."""
        return f"{self.service}:{self.prefix.rstrip('/:')}"


@dataclass(frozen=True, slots=True)
class Path:
    """One way up.

    services: principals without their domain (`ecs-tasks`), any of which the role must trust.
    passed_to: those that AWS tells in iam:PassedToService.
    listed: whether it is one of pathfinding.cloud's.
    """

    id: str
    gain: Gain
    needs: tuple[Need, ...]
    services: tuple[str, ...] = ()
    passed_to: tuple[str, ...] = ()
    provided: str = ""
    doubtful: str = ""
    listed: bool = True

    def by_service(self) -> "Iterator[Path]":
        """The path for each service it can take: the one that the role is passed to is the one its trust must admit."""
        if self.gain != "passed" or self.services != self.passed_to:
            yield self
            return
        for service in self.services:
            yield replace(self, services=(service,), passed_to=(service,))

    def __str__(self) -> str:
        actions = dict.fromkeys(need.action for need in self.needs if need.who != "trusted")
        return f"{' + '.join(actions)} ({self.id})"


@lru_cache(maxsize=1)
def all_paths() -> tuple[Path, ...]:
    """The 65 of pathfinding.cloud, then our own."""
    return (*_read("paths.toml", listed=True), *_read("more.toml", listed=False))


def _read(name: str, *, listed: bool) -> Iterator[Path]:
    table = tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
    for id_, row in table.items():
        services = _listed(row.get("service", ()))
        yield Path(
            id=id_,
            gain=cast("Gain", row["gain"]),
            needs=tuple(need for action, places in row["needs"].items() for need in _needs(action, _listed(places))),
            services=services,
            passed_to=_listed(row.get("passed-to", services)),
            provided=row.get("provided", ""),
            doubtful=row.get("doubtful", ""),
            listed=listed,
        )


def _needs(action: str, places: tuple[str, ...]) -> Iterator[Need]:
    for place in places:
        who, _, what = place.partition(" ")
        service, colon, template = what.partition(":")
        if colon:
            yield Need(action, cast("Who", who), what, service, template)
        else:
            yield Need(action, cast("Who", who), what)


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)

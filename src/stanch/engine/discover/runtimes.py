"""A host serves a model when it starts a program that serves models; the programs are data, in `runtimes.toml`."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Runtime:
    """A program by name, by how it is started, and the ports it answers on by default."""

    name: str
    pattern: re.Pattern[str]
    ports: tuple[int, ...] = ()


@lru_cache(maxsize=1)
def runtimes() -> dict[str, tuple[Runtime, ...]]:
    """Programs that serve and that train, by these words."""
    table = tomllib.loads(files(__package__).joinpath("runtimes.toml").read_text("utf-8"))
    return {
        use: tuple(
            Runtime(one["name"], re.compile(one["pattern"], re.IGNORECASE), tuple(one.get("ports", ())))
            for one in programs
        )
        for use, programs in table.items()
    }


def serving_in(text: str) -> str | None:
    """The name of the program in a text that serves models, or None."""
    return _named("serving", text)


def training_in(text: str) -> str | None:
    """The name of the program in a text that trains models, or None."""
    return _named("training", text)


def serving_on(first: int, last: int) -> str | None:
    """The program that answers by default on a port of a narrow range; a wide one says nothing."""
    if last - first > _NARROW:
        return None
    return next((one.name for one in runtimes()["serving"] if any(first <= port <= last for port in one.ports)), None)


_NARROW = 20


def _named(use: str, text: str) -> str | None:
    return next((one.name for one in runtimes()[use] if one.pattern.search(text)), None)

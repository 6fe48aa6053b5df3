"""A model is loaded whole: one caller reads most of its shards within a day.

Whoever serves or trains it does so each time a host starts; a thief does it once. The calls are the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stanch.catalog.detections._reads import Taken
from stanch.contracts.behaviour import HOUR, Cell
from stanch.domain.baseline import day_of
from stanch.domain.shards import Model


@dataclass(slots=True)
class Load:
    """The shards of one model that one reader took within one window, which `began` (seconds since the epoch)."""

    model: Model
    reader: str
    began: int
    numbers: set[int] = field(default_factory=set)
    parts: list[Taken] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of the model's shards, 0..1."""
        return len(self.numbers) / self.model[1]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that prove it."""
        return tuple(part.cell for part in self.parts)

    @property
    def day(self) -> int:
        """The UTC day on which it began."""
        return day_of(self.began)

    @property
    def places(self) -> set[str]:
        """The public networks it was read from."""
        return {part.cell.place for part in self.parts if part.cell.place}

    @property
    def words(self) -> str:
        """How much of what was read."""
        return f"{len(self.numbers)} of {self.model[1]} shards of {self.model[0]}"


Sharded = tuple[Taken, Mapping[Model, set[int]]]
"""A read with the shard numbers among its objects, by model."""


def loads(parts: Iterable[tuple[str, Sharded]], hours: int) -> list[Load]:
    """What each reader took of each model, window by window, in the order of time; `parts` are (reader, read)."""
    found: list[Load] = []
    latest: dict[tuple[str, Model], Load] = {}
    for reader, (part, shards) in parts:
        for model, numbers in shards.items():
            load = latest.get((reader, model))
            if load is None or part.cell.first - load.began >= hours * HOUR:
                load = latest[reader, model] = Load(model, reader, part.cell.first)
                found.append(load)
            load.numbers |= numbers
            load.parts.append(part)
    return found


def is_instance(cell: Cell) -> bool:
    """Whether the caller's session is named as EC2 names those of its instances."""
    name = cell.actor.session or ""
    return name.startswith("i-") and len(name) in (10, 19) and all(c in "0123456789abcdef" for c in name[2:])


def software(cells: Sequence[Cell]) -> set[str]:
    """The programs that called, by the first word of their user agents."""
    return {cell.agent.lstrip("[").partition("/")[0].partition(" ")[0] for cell in cells if cell.agent}


class Custom:
    """What the loads noted so far have in common, whatever their model."""

    def __init__(self) -> None:
        self.loads = 0
        self.began = 0
        self.models: set[Model] = set()
        self.places: set[str] = set()
        self.programs: set[str] = set()
        self.readers: set[str] = set()
        self.by_instances = True

    def note(self, load: Load) -> None:
        """One more load; they come in the order of time."""
        self.began = self.began if self.loads else load.began
        self.loads += 1
        self.models.add(load.model)
        self.places |= load.places
        self.programs |= software(load.cells)
        self.readers.add(load.reader)
        self.by_instances = self.by_instances and is_instance(load.cells[0])

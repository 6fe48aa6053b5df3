"""The company's month as records in the order of their time."""

from benchmarks.benign.company import code, data_team, machines, staff, watchers
from benchmarks.benign.company.places import DAYS
from benchmarks.benign.world import Record, World

SHELVES = (code, machines, watchers, staff, data_team)


def records(seed: int = 4) -> list[Record]:
    """All records of the month, about thirty thousand, the same for the same seed, in the order of their time."""
    world = World(seed)
    made = [
        record for day in range(DAYS) for shelf in SHELVES for happens in shelf.DAILY for record in happens(world, day)
    ]
    return sorted(made, key=lambda record: (record["eventTime"], record["eventID"]))

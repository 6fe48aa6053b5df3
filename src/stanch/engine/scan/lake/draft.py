"""A profile is drawn up of what was taken in; what its parts have in common is written once."""

from collections.abc import Mapping, Sequence

import numpy as np

from stanch.engine.scan.cells import KEPT_FILES
from stanch.engine.scan.lake import profile
from stanch.engine.scan.lake.block import Numbers
from stanch.engine.scan.lake.numbered import Texts
from stanch.engine.scan.lake.rows import Kind, Place, call_of
from stanch.engine.scan.lake.taken import Deed, Mark, Part, Sum, told_by


class Draft:
    """The profile of one unit on its way: names, identities, and what stands apart."""

    def __init__(self, paths: Sequence[str], requests: Sequence[bytes], resources: Sequence[bytes]) -> None:
        """`paths` are those of the originals; by their numbers things tell their `requests` and `resources`."""
        self._paths = paths
        self._number_of = {path: number for number, path in reversed(list(enumerate(paths)))}
        self._requests = requests
        self._resources = resources
        self._names: dict[str, int] = {}
        self._identities: dict[bytes, int] = {}
        self._apart: list[bytes] = []

    def drawn_up(self, parts: Mapping[Place, Part]) -> profile.Profile:
        """What was taken in, as it is kept."""
        told = [
            profile.Part(
                *place,
                hours=[self._hour(start, some) for start, some in sorted(part.hours.items())],
                calls=[self._call(deeds) for deeds in _by_call(part.deeds)],
                slow=part.slow,
            )
            for place, part in parts.items()
        ]
        return profile.Profile(profile.LAW, told, list(self._names), list(self._identities), self._apart)

    def _hour(self, start: int, some: Sequence[tuple[int, int, Numbers]]) -> profile.Hour:
        first, last, numbers = zip(*some, strict=True)
        ids = np.sort(np.concatenate(numbers)).astype(profile.NUMBERS).tobytes()
        return profile.Hour(start, min(first), max(last), self._put_apart(ids))

    def _call(self, deeds: Sequence[tuple[Kind, Deed]]) -> profile.Call:
        """The deeds of one call, with what they asked for and nobody else did."""
        requests, resources = Texts(), Texts()
        numbers: dict[int, int] = {}
        of_deed = [
            np.array([numbers.setdefault(thing, len(numbers)) for thing in sorted(deed.things)], profile.PLACES)
            for _, deed in deeds
        ]
        pairs = [
            (requests.number(self._requests[request]), resources.number(self._resources[named]))
            for request, named in map(told_by, numbers)
        ]
        asked = profile.Asked(requests.texts, resources.texts, pairs, [each.tobytes() for each in of_deed])
        return profile.Call([self._kept(*each) for each in deeds], self._put_apart(profile.packed(asked)))

    def _kept(self, kind: Kind, deed: Deed) -> profile.Kept:
        _, facts, identity = kind
        number = self._identities.setdefault(identity or b"", len(self._identities))
        groups = None if deed.groups is None else [self._group(*each) for each in deed.groups.items()]
        records = deed.records if profile.opens(*call_of(kind)) else None
        return profile.Kept(list(facts), number, deed.rows, groups, records)

    def _group(self, mark: Mark, sums: Sum) -> profile.Group:
        group = sums.group
        places = [self._names.setdefault(name, len(self._names)) for name in sorted(group.objects)]
        objects = np.array(places, profile.PLACES).tobytes()
        paths = sorted({self._paths[file] for file in sums.files})[:KEPT_FILES]
        files = [self._number_of[path] for path in paths]
        return profile.Group(*mark, group.count, group.bytes, group.first, group.last, objects, sums.events, files)

    def _put_apart(self, blob: bytes) -> int:
        """Where apart it stands."""
        self._apart.append(blob)
        return len(self._apart) - 1


def _by_call(deeds: Mapping[Kind, Deed]) -> list[list[tuple[Kind, Deed]]]:
    found: dict[tuple[str, str], list[tuple[Kind, Deed]]] = {}
    for kind, deed in deeds.items():
        found.setdefault(call_of(kind), []).append((kind, deed))
    return list(found.values())

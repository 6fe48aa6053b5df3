"""To copy a model takes millions of answers: spread over many keys, each stays below its limit, but all ask alike.

Reads: the openings of prompts, the networks and the clients of all keys, and their tokens by UTC day.
Blind to: keys that share neither the opening of their prompts nor network and client; growth slower than its own past.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, inside, marked, sighting, total
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory, Traffic
from stanch.domain.baseline import day_of, runs
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A model copied through many keys that ask alike",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(Technique("atlas", "AML.T0024.002", "5.6"), Technique("atlas", "AML.T0005.001", "5.6")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and the keys that have one thing in common."""

    keys: int = 8
    """Keys that are used on that day: fewer are watched one by one."""
    tenants: int = 3
    """Tenants they belong to, where the log tells: the keys of one application ask alike by right."""
    networks: float = 5.0
    """Networks outside ours of the middle key and day, from which on the keys of one tenant are told as well: an
    application has its own few, proxies for hire have one for each call."""
    tokens: int = 1_000_000
    """Tokens answered to all of them."""
    times: float = 3.0
    """Times their largest earlier day together."""
    days: int = 5
    """Days of logs before that one, without which there is no past to grow beyond."""
    share: float = 0.2
    """Share of all keys beyond which something is common to the estate, not to some of its callers."""
    few: int = 16
    """Keys that may share something in any case, of however few there are."""
    common: float = 0.3
    """Share of a key's calls, on a day, that a template must have to be the key's."""
    calls: int = 5
    """Calls, on that day, that it must have."""


LIMITS = Limits()
_TEMPLATES = 3
"""A key has as many on one day, the most frequent."""

Trait = tuple[str, ...]
"""What keys have in common: a template, or a network and a client."""


@dataclass(slots=True)
class _Key:
    """What is kept of one key: there may be a hundred thousand. `tokens` are those of each of its `days`."""

    name: str
    tenant: str
    traits: tuple[Trait, ...]
    days: "array[int]" = field(default_factory=lambda: array("q"))
    tokens: "array[int]" = field(default_factory=lambda: array("q"))


def compare(traffic: Traffic, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each group of keys and run of days."""
    keys, began = [], 0
    for history in traffic.histories():
        began = day_of(int(history.began.timestamp()))
        if history.key and (key := _key(history, limits)).traits:
            keys.append(key)
    sharing: dict[Trait, list[_Key]] = {}
    for key in keys:
        for trait in key.traits:
            sharing.setdefault(trait, []).append(key)
    most = max(limits.share * traffic.peers.keys, limits.few)
    hot = {
        trait: (of, risen)
        for trait, of in sharing.items()
        if limits.keys <= len(of) <= most and (risen := _risen(of, began, limits))
    }
    for names, days_risen, traits in _joined(hot):
        told = [key for key in keys if key.name in names]
        for run in runs(days_risen):
            if found := _told(traffic, told, set(run), traits, limits):
                yield found


def _key(history: KeyHistory, limits: Limits) -> _Key:
    tenant = next((cell.tenant for cell in history.cells if cell.tenant), "")
    key = _Key(history.key, tenant, tuple(_traits(history, limits)))
    for day, cells in days(history).items():
        key.days.append(day)
        key.tokens.append(int(total(cells, lambda cell: cell.tokens_out)))
    return key


def _traits(history: KeyHistory, limits: Limits) -> set[Trait]:
    traits: set[Trait] = set()
    templates = marked(history, "template")
    for day, cells in days(history).items():
        calls = total(cells, lambda cell: max(cell.count, cell.joined))
        for template, count in templates.get(day, Counter[str]()).most_common(_TEMPLATES):
            if count >= max(limits.common * calls, limits.calls):
                traits.add(("template", template))
        for cell in cells:
            if cell.network and cell.agent and not inside(history, cell):
                traits.add(("network", cell.network, cell.agent))
    return traits


def _risen(keys: Sequence[_Key], began: int, limits: Limits) -> set[int]:
    """The days on which these keys together were far above all their earlier days."""
    tokens, users = Counter[int](), Counter[int]()
    for key in keys:
        for day, out in zip(key.days, key.tokens, strict=True):
            tokens[day] += out
            users[day] += 1
    risen: set[int] = set()
    most = 0  # of the days that were like those before
    for day in sorted(tokens):
        if (
            day - began >= limits.days
            and users[day] >= limits.keys
            and tokens[day] >= max(limits.tokens, limits.times * most)
        ):
            risen.add(day)
        else:
            most = max(most, tokens[day])
    return risen


def _joined(hot: Mapping[Trait, tuple[list[_Key], set[int]]]) -> Iterator[tuple[set[str], set[int], list[Trait]]]:
    """Groups that share keys are one: names, days and what they have in common."""
    top: dict[str, str] = {}

    def find(name: str) -> str:
        while top.setdefault(name, name) != name:
            top[name] = name = top[top[name]]
        return name

    for keys, _ in hot.values():
        for key in keys:
            top[find(key.name)] = find(keys[0].name)
    groups: dict[str, tuple[set[str], set[int], list[Trait]]] = {}
    for trait, (keys, risen) in hot.items():
        names, days_risen, traits = groups.setdefault(find(keys[0].name), (set(), set(), []))
        names.update(key.name for key in keys)
        days_risen |= risen
        traits.append(trait)
    yield from groups.values()


def _told(
    traffic: Traffic, keys: Sequence[_Key], risen: set[int], traits: Sequence[Trait], limits: Limits
) -> Sighting | None:
    tenants = {key.tenant for key in keys if key.tenant}
    names = {key.name for key in keys}
    proof: list[CallCell] = []
    outside: list[int] = []
    for history in traffic.histories():
        if history.key in names:
            proof += [cell for day, cells in days(history).items() if day in risen for cell in cells]
            outside += [len(of) for day, of in _outside(history).items() if day in risen]
    if tenants and len(tenants) < limits.tenants and median(outside or [0]) < limits.networks:
        return None
    tokens = total(proof, lambda cell: cell.tokens_out)
    used = len({cell.key for cell in proof})
    alike = Counter(trait[0] for trait in traits)
    shared = " and ".join(
        words
        for kind, words in (("template", "the opening of their prompts"), ("network", "network and client"))
        if alike[kind]
    )
    why = f"{used} keys of {len(tenants) or 'unknown'} tenants share {shared} and drew {tokens:,.0f} tokens"
    return sighting(proof, f"{why} in {len(risen)} days", confidence=None if tenants else 0.5)


def _outside(history: KeyHistory) -> Mapping[int, set[str]]:
    """The networks of each day that are none of ours."""
    found: dict[int, set[str]] = {}
    for day, cells in days(history).items():
        found[day] = {cell.network for cell in cells if cell.network and not inside(history, cell)}
    return found

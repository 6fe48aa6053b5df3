"""A stolen model is read as it is loaded, shard by shard: only the reader, the place and the moment differ.

Reads: cells of S3 reads whose keys are shards; declared purposes and networks where the estate has them.
Blind to: models in one file or in formats whose names do not tell their number of shards; a thief on the serving host.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._loads import Custom, Load, Sharded, is_instance, loads, software
from stanch.catalog.detections._reads import CARETAKERS, LOADERS, purpose, taken
from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting, Whose
from stanch.domain.baseline import DAY
from stanch.domain.estate import Purpose, Side
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity
from stanch.domain.shards import Model

ABOUT = About(
    title="A model was read shard by shard in an unusual way",
    severity=Severity.HIGH,
    confidence=0.75,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("atlas", "AML.T0035", "5.6"),
        Technique("atlas", "AML.T0048.004", "5.6"),
    ),
    playbook="weights_read",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds; shares are of the shards that the file names state."""

    least_shards: int = 3
    """Shards that a model must have: two files are soon read by chance."""
    share_by_stranger: float = 0.5
    """Share that counts for a declared principal who neither serves nor trains: half a model is half way out."""
    share: float = 0.8
    """Share that counts for anyone else: a loader that was interrupted is no theft."""
    window_hours: int = 24
    """Hours within which the shards are counted together; 140 GB take three hours at 100 Mbit/s."""
    warm_days: int = 3
    """Days of logs that must lie before a read for it to be called new: a cold start knows no custom."""
    custom_loads: int = 3
    """Earlier loads by the same role that make a custom, and days on which a key's loads are its work."""
    start_hours: int = 2
    """Hours after a session's first call in which it loads its model: hosts load when they start."""


LIMITS = Limits()
_PERSON = ":assumed-role/AWSReservedSSO_"
"""Begins the session of a permission set: AWS lets nobody else name a role so."""
_Sign = tuple[Severity, str]


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each model that was read whole by, from, or at what its readers are not."""
    reads = [part for part in taken(history) if purpose(part.cell, history) not in CARETAKERS]
    parts = [(part, shards) for part in reads if (shards := part.shards())]
    told: dict[str, tuple[Severity, Sighting]] = {}
    for severity, load, why in (*_by_strangers(parts, history, limits), *_by_loaders(parts, history, limits)):
        if load.model[0] not in told or severity > told[load.model[0]][0]:
            assets = tuple(dict.fromkeys(part.store for part in load.parts))
            sure = 0.5 if severity < Severity.HIGH else ABOUT.confidence
            told[load.model[0]] = severity, Sighting(load.cells, f"{load.words}: {why}", assets, severity, sure)
    yield from (sighting for _, sighting in told.values())


def _by_strangers(parts: Sequence[Sharded], history: History, limits: Limits) -> Iterator[tuple[Severity, Load, str]]:
    """Loads by declared principals who neither serve nor train, all their sessions together."""
    for load in loads(((part.cell.principal, (part, shards)) for part, shards in parts), limits.window_hours):
        role = purpose(load.parts[0].cell, history)
        if role is None or role in LOADERS or load.model[1] < limits.least_shards:
            continue
        if load.share >= limits.share_by_stranger:
            severity = Severity.MEDIUM if role is Purpose.ADMIN else Severity.HIGH
            yield severity, load, f"read by a principal whose purpose is {role.value}"


def _by_loaders(parts: Sequence[Sharded], history: History, limits: Limits) -> Iterator[tuple[Severity, Load, str]]:
    """Loads by those who may well do so, session by session, where enough signs say that it is somebody else."""
    whole = [
        load
        for load in loads(((_stream(part.cell), (part, shards)) for part, shards in parts), limits.window_hours)
        if load.share >= limits.share and load.model[1] >= limits.least_shards
    ]
    days: dict[tuple[str, Model], set[int]] = {}
    for load in whole:
        days.setdefault((load.reader, load.model), set()).add(load.day)
    first_seen: dict[str, int] = {}
    for cell in history.cells:
        first_seen[cell.actor.arn] = min(cell.first, first_seen.get(cell.actor.arn, cell.first))
    custom = Custom()
    for load in whole:
        role = purpose(load.cells[0], history)
        if role is None or role in LOADERS:
            at_work = len(days[load.reader, load.model]) >= limits.custom_loads
            signs = [
                *_of_the_caller(load, at_work),
                *_of_the_custom(load, custom, limits, first_seen[load.cells[0].actor.arn]),
            ]
            if role is None and not at_work and _of_a_person(load) and custom.loads < limits.custom_loads:
                signs.append((Severity.MEDIUM, "by a person, not a workload"))
            else:  # that a person never loaded a model before is the same sign
                signs += _of_the_model(load, custom, history, limits)
            if (severity := _together(signs)) >= Severity.MEDIUM:
                yield severity, load, "; ".join(words for _, words in signs)
                continue  # a theft makes no custom
        custom.note(load)


def _stream(cell: Cell) -> str:
    """A session at one place: its host's own load is not what a thief with its keys reads elsewhere."""
    return f"{cell.actor.arn} {cell.network.value} {cell.place}"


def _together(signs: list[_Sign]) -> Severity:
    """One weak sign is a deploy or a restart; any two signs are one step worse than the worse of them."""
    if not signs:
        return Severity.INFORMATIONAL
    worst = max(severity for severity, _ in signs)
    return Severity(min(worst + (len(signs) > 1), Severity.HIGH))


def _of_the_caller(load: Load, at_work: bool) -> Iterator[_Sign]:
    """What is wrong with the caller whatever the role's other loads were."""
    if any(cell.account is Side.OUTSIDE for cell in load.cells):
        yield Severity.HIGH, "by an account outside the perimeter"
    if any(cell.network is Side.OUTSIDE for cell in load.cells):
        yield Severity.HIGH, "from a network outside the perimeter"
    if (load.cells[0].actor.access_key or "").startswith("AKIA") and not at_work:
        yield Severity.MEDIUM, "with a user's long-term key"


def _of_a_person(load: Load) -> bool:
    """Whether somebody read it who signed in with IAM Identity Center, through which no host ever calls."""
    return _PERSON in load.cells[0].actor.arn


def _of_the_custom(load: Load, earlier: Custom, limits: Limits, session_began: int) -> Iterator[_Sign]:
    """What this role's earlier loads, of whatever model, were not."""
    if earlier.loads < limits.custom_loads or load.began - earlier.began < limits.warm_days * DAY:
        return
    if fresh := load.places - earlier.places:
        yield Severity.MEDIUM, f"from {', '.join(sorted(fresh))}, where its loads never came from"
    if earlier.by_instances and not is_instance(load.cells[0]):
        yield Severity.MEDIUM, "by a session that no instance was given, as all before were"
    if fresh := software(load.cells) - earlier.programs:
        yield Severity.LOW, f"with {', '.join(sorted(fresh))}, which never loaded a model before"
    running = load.began - session_began >= limits.start_hours * HOUR
    if running and load.reader not in earlier.readers and len(earlier.readers) >= limits.custom_loads:
        yield Severity.LOW, "by a session that had long been running, while no host started"


def _of_the_model(load: Load, earlier: Custom, history: History, limits: Limits) -> Iterator[_Sign]:
    """Whether this role ever loaded this model, or any."""
    if load.began - history.began.timestamp() < limits.warm_days * DAY:
        return
    if not earlier.loads:
        yield Severity.LOW, "by a principal that never loaded a model before"
    elif load.model not in earlier.models and earlier.loads >= limits.custom_loads:
        yield Severity.LOW, "for the first time, though it loaded others before"

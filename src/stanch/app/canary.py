"""Canaries wired: one secret and the journal of the state folder say what was planted, and know it again in a text."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

from stanch.app.clock import now
from stanch.app.own_key import own_key
from stanch.catalog.actions.canary._access_key import DecoyKey
from stanch.catalog.actions.canary._objects import DecoyObjects
from stanch.contracts.action import Action
from stanch.contracts.aws import Aws, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import AssetKind, Estate
from stanch.domain.step import Method, Phase, Proof, Step, StepState
from stanch.engine.canary.bodies import objects
from stanch.engine.canary.marks import INCIDENT, OBJECTS, TEXTS, Canary, Draw, Kind, fingerprint, seed
from stanch.engine.canary.words import Sentence, sentences
from stanch.engine.contain.compare import differences, plain
from stanch.engine.correlate import opened_by_hand
from stanch.estate.decoys import Decoy
from stanch.stores.open import FILE, Stores, open_existing

if TYPE_CHECKING:
    from stanch.engine.canary.find import Finder, Known
    from stanch.engine.contain import Containment

KEY = "canary.key"
OF_OBJECTS, OF_KEY, OF_TEXT = "canary/objects", "canary/access_key", "canary/text"
PATH = "/service/"
_BEGUN = {StepState.PLANNED, StepState.FAILED}
_LONGEST_NAME = 200
_KINDS = {Kind.SHARD: AssetKind.WEIGHTS, Kind.ADAPTER: AssetKind.ADAPTER, Kind.DATASET: AssetKind.TRAINING_DATA}
_USES = ("export", "batch", "sync", "build", "index", "ingest", "report", "archive")
_OF = ("model", "weights", "registry", "dataset", "training", "eval", "pipeline", "inference")


@dataclass(frozen=True, slots=True)
class Planted:
    """One canary and the last that the journal says of it; `known` is False for one of another secret."""

    canary: Canary
    step: Step
    known: bool

    @property
    def stands(self) -> bool:
        """Whether it is planted."""
        return self.step.state in {StepState.APPLIED, StepState.VERIFIED}

    @property
    def begun(self) -> bool:
        """Whether there is something of it to be retired."""
        return self.stands or (self.step.before is not None and self.step.state in _BEGUN)


def secret_of(state: Path) -> bytes:
    """The secret of this state folder, made when it is first asked for; raises StoreError for one cut short."""
    return own_key(state, KEY)


def planted(stores: Stores, state: Path) -> list[Planted]:
    """Every canary that was ever planted or begun, in that order."""
    mine = fingerprint(secret_of(state)) if (state / KEY).exists() else ""
    found = ((_read(step), step) for step in stores.journal.steps(INCIDENT))
    return [Planted(canary, step, step.settings["secret"] == mine) for canary, step in found if canary]


def finder(state: Path) -> "Finder | None":
    """What knows this state folder's canaries in a text, retired ones too; None where none was planted."""
    if not (state / KEY).exists() or not (state / FILE).exists():
        return None
    from stanch.engine.canary.find import Finder

    secret = secret_of(state)
    with open_existing(state) as stores:
        history = stores.journal.history(INCIDENT)
    known = tuple(_known(secret, canary, ids) for canary, ids in _ever(history, fingerprint(secret)))
    return Finder(known) if known else None


def told(secret: bytes, canary: Canary) -> list[Sentence]:
    """The sentences of one canary, to be pasted."""
    return list(sentences(seed(secret, canary), canary))


class Planting:
    """One canary about to be planted: the plan, the deed, and what stanch.toml must say of it."""

    def __init__(
        self, stores: Stores, state: Path, estate: Estate, aws: Aws, canary: Canary, size: int, endpoint: str | None
    ) -> None:
        """Looks at what lies beside it in its bucket; raises AwsError. `endpoint` is where `aws` leads, or None."""
        self._state = state
        self._secret = secret_of(state)
        self.known = next((one for one in planted(stores, state) if one.canary.key == canary.key), None)
        self._begun = self.known is not None and self.known.begun
        self.canary = self.known.canary if self.known and self._begun else canary
        self._seed = seed(self._secret, self.canary)
        self.key = self._of_key(aws, endpoint) if canary.kind is Kind.KEY else None
        self._id = OF_KEY if self.key else OF_OBJECTS
        self._named = (self._user(aws) if self.key else self._bucket(aws),)
        self._desk = desk(stores, estate, aws, {self._id: self.key or self._of_objects(aws, size)})

    @property
    def stands(self) -> bool:
        """Whether it is planted already."""
        return self.known is not None and self.known.stands

    def plan(self) -> list[Step]:
        """The one step; nothing is changed. A canary that stands is told as it was planted."""
        from stanch.engine.contain import Choice

        if self.known and self.known.stands:
            return [self.known.step]
        case = replace(opened_by_hand(self._named, now()), id=INCIDENT)
        return self._desk.plan(case, chosen=Choice(actions=(self._id,)))

    def apply(self, step: Step, on_change: Callable[[Step], None] = lambda _: None) -> Step:
        """Plant it, prove it, and note both."""
        (done,) = self._desk.apply([step], on_change)
        _noticed(self._state)
        return done

    def _of_objects(self, aws: Aws, size: int) -> Action:
        bucket, _, folder = self.canary.place.removeprefix("s3://").partition("/")
        there = list(self.known.step.settings["keys"]) if self.known else []
        made = objects(self._seed, self.canary, () if there else _beside(aws, bucket, folder), size)
        bodies = {f"{folder}{name}": body for name, body in made.items()}
        if there:  # what lies beside it now, its own name among it, is no reason to give it another
            bodies = dict(zip(there, bodies.values(), strict=True))
        return DecoyObjects(bodies, self._told(), begun=self._begun)

    def _bucket(self, aws: Aws) -> str:
        return str(Arn(aws.partition, "s3", "", "", self.canary.place.removeprefix("s3://").partition("/")[0]))

    def _of_key(self, aws: Aws, endpoint: str | None) -> DecoyKey:
        def opened(key: Mapping[str, Any]) -> Aws:
            from stanch.aws import Credentials, Door

            elsewhere = endpoint or os.environ.get("AWS_ENDPOINT_URL")
            return Door.using(Credentials.read(key), region=aws.region, endpoint=elsewhere)

        return DecoyKey(opened, self._told(), begun=self._begun)

    def _user(self, aws: Aws) -> str:
        draw = Draw(self._seed, "user")
        name = f"svc-{draw.one(_OF)}-{draw.one(_USES)}-{draw.number(90) + 10}"
        return str(Arn(aws.partition, "iam", "", aws.account, f"user{PATH}{name}"))

    def _told(self) -> dict[str, Any]:
        return _settings(self.canary, self._secret)


def plant_text(stores: Stores, state: Path, canary: Canary) -> Step:
    """Note in the journal that a canary's sentences were given out."""
    settings = _settings(canary, secret_of(state))
    resource = "/".join(
        (canary.kind.value, canary.tenant or "-", str(canary.generation), canary.language, canary.place)
    )
    why = "given out to be pasted"
    step = Step(INCIDENT, OF_TEXT, resource, None, StepState.APPLIED, why, Phase.DATA, settings=settings, at=now())
    stores.journal.write(step)
    _noticed(state)
    return step


def desk(stores: Stores, estate: Estate, aws: Aws, actions: Mapping[str, Action] | None = None) -> "Containment":
    """The desk at which canaries are planted and retired: journalled, compared before anything is restored."""
    from stanch.engine.contain import Containment

    known: dict[str, Action] = {OF_OBJECTS: DecoyObjects(), OF_KEY: DecoyKey()}
    here = replace(estate, assets=())  # containment leaves alone what is declared a decoy
    return Containment({**known, **(actions or {})}, {}, stores.journal, here, aws, now, sleep)


def looked_at(stores: Stores, aws: Aws, one: Planted) -> Step:
    """Whether a canary is still there as it was planted, noted in the journal; looking at it touches nothing.

    Raises AwsError where nobody can look, with these credentials or at all.
    """
    step = one.step
    action: Action = DecoyKey() if step.action == OF_KEY else DecoyObjects()
    account = Arn.parse(step.resource).account or step.settings["owner"]
    if account != aws.account:
        raise AwsDenied("look", "OtherAccount", f"it lies in {account}; these credentials act in {aws.account}")
    differing = differences(plain(action.read(aws, step)), step.after or {})
    proof = Proof(not differing, Method.STATE, tuple(differing) or ("there, and as it was planted",))
    state = StepState.FAILED if differing else StepState.VERIFIED
    why = f"somebody changed it: {'; '.join(differing)}" if differing else step.why
    seen = step.become(state, now(), proof=proof, why=why)
    stores.journal.write(seen)
    return seen


def retire(
    stores: Stores, estate: Estate, aws: Aws, ones: Sequence[Planted], on_change: Callable[[Step], None]
) -> list[Step]:
    """Take canaries away, where they are as they were planted; the others keep their state, and `why` says more."""
    keys = {one.step.key for one in ones}
    return desk(stores, estate, aws).undo(INCIDENT, on_change, chosen=lambda step: step.key in keys)


def retire_text(stores: Stores, one: Planted) -> Step:
    """Note that a text was taken away by hand; it is known wherever it turns up all the same."""
    step = one.step.become(StepState.UNDONE, now())
    stores.journal.write(step)
    return step


def decoys(canary: Canary, step: Step) -> list[Decoy]:
    """What stanch.toml says of a canary in the account; nothing of texts."""
    if canary.kind is Kind.KEY:
        again = f", generation {canary.generation}" if canary.generation > 1 else ""
        where = str(replace(Arn.parse(step.resource), partition="*"))
        return [Decoy(f"decoy key: {canary.where}{again}"[:_LONGEST_NAME], AssetKind.UNKNOWN, where)]
    if canary.kind not in OBJECTS:
        return []
    bucket = Arn.parse(step.resource).resource.partition("/")[0]
    wheres = [f"s3://{bucket}/{key}" for key in step.settings["keys"]]
    return [Decoy(f"decoy: {where}"[:_LONGEST_NAME], _KINDS[canary.kind], where) for where in wheres]


def _noticed(state: Path) -> None:
    """A hunt that is begun again looks at the secret's time: what was found without this canary is looked into anew."""
    (state / KEY).touch()


def _settings(canary: Canary, secret: bytes) -> dict[str, Any]:
    return {
        "kind": canary.kind.value,
        "place": canary.place,
        "tenant": canary.tenant,
        "generation": canary.generation,
        "language": canary.language,
        "sentences": canary.sentences,
        "secret": fingerprint(secret),
    }


def _read(step: Step) -> Canary | None:
    told = step.settings
    try:
        kind = Kind(told["kind"])
        numbers = int(told["generation"]), str(told["language"]), int(told["sentences"])
        return Canary(kind, told["place"], told["tenant"], *numbers)
    except (KeyError, ValueError):  # it could not be planned, so that there is nothing of it
        return None


def _known(secret: bytes, canary: Canary, ids: Sequence[str]) -> "Known":
    from stanch.engine.canary.find import Known

    said = told(secret, canary) if canary.kind in TEXTS or canary.kind is Kind.DATASET else []
    return Known(
        canary.where,
        canary.kind.value,
        tuple(sentence.words for sentence in said),
        tuple(sentence.code for sentence in said),
        tuple(ids),
    )


def _ever(history: Sequence[Step], secret: str) -> Iterator[tuple[Canary, Sequence[str]]]:
    """Every canary of this secret that was ever planted, in whatever language, with the ids of the keys it had."""
    most: dict[tuple[str | int, ...], Canary] = {}
    ids: dict[tuple[str | int, ...], list[str]] = {}
    for step in history:
        canary = _read(step)
        if canary is None or step.settings["secret"] != secret:
            continue
        key: tuple[str | int, ...] = (*canary.key, canary.language)
        most[key] = max(most.get(key, canary), canary, key=lambda one: one.sentences)
        minted = (step.after or {}).get("keys", ()) if step.action == OF_KEY else ()
        ids.setdefault(key, []).extend(minted)
    for name, canary in most.items():
        yield canary, tuple(dict.fromkeys(ids[name]))


def _beside(aws: Aws, bucket: str, folder: str) -> Iterator[str]:
    """The names in a folder; none where it cannot be listed, which the plan will say."""
    try:
        found = aws.call(
            "s3", "ListObjectsV2", Bucket=bucket, Prefix=folder, Delimiter="/", ExpectedBucketOwner=aws.account
        )
    except AwsError:
        return
    for entry in found.get("Contents") or ():
        yield str(entry["Key"]).removeprefix(folder)

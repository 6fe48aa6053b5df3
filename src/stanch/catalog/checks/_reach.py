"""What is worth reaching is a store of an asset; where nobody declared any, every bucket may be one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from stanch.catalog.checks._declared import SAY
from stanch.catalog.checks._things import account_arn
from stanch.contracts.check import Judged, Posture
from stanch.domain.arn import Arn
from stanch.domain.estate import Asset
from stanch.domain.verdict import Ruling
from stanch.iam.escalation import Reached
from stanch.iam.reading.documents import UNKNOWN_TEXT

_KINDS = ("s3/bucket", "dynamodb/table", "ecr/repository", "sagemaker/model-package", "secretsmanager/secret")
"""Kinds of things that the IAM core knows a reading of, and that keep what an asset is."""
_SERVING = ("ec2/instance", "sagemaker/endpoint", "sagemaker/model-package-group", "ecs/service", "eks/cluster")
"""Kinds that are an asset themselves without keeping what can be read."""

MOST_UNDECLARED = 100
"""Buckets that are asked about where no asset is declared, by their ARNs: each costs a search of all ways."""

_ANY_KEY = "stanch-probe"
_IF_UNSEEN, _OF_ORGANIZATION = (UNKNOWN_TEXT, "if the text of "), "_CONTROL_POLICY of "
"""How the IAM core words a condition on a policy's text that nobody saw, and how it calls an organisation's."""


@dataclass(frozen=True, slots=True)
class Store:
    """A thing that holds assets; none of them is a decoy, and none is named where none is declared."""

    arn: str
    assets: tuple[Asset, ...] = ()

    def __str__(self) -> str:
        arn = Arn.parse(self.arn)
        return f"the objects of {arn.name}" if arn.kind == "bucket" else self.arn


@dataclass(frozen=True, slots=True)
class Way:
    """How one principal gets to one store."""

    store: Store
    reached: Reached


def stores(posture: Posture) -> list[Store]:
    """Every store of a declared asset; without any, the buckets. What anybody reads anyway, nobody needs a way to."""
    if not posture.estate.assets:
        buckets = (place.thing.arn for place in posture.of("s3/bucket") if not posture.open(place).exposure.public)
        return [Store(arn) for arn in sorted(buckets)[:MOST_UNDECLARED]]
    closed = (place for place in posture.of(*_KINDS) if not posture.open(place).exposure.public)
    arns = dict.fromkeys(place.thing.arn for place in closed)
    held = ((arn, tuple(asset for asset in posture.assets_of(arn) if not asset.decoy)) for arn in arns)
    return [Store(arn, assets) for arn, assets in held if assets]


def asked(posture: Posture) -> str:
    """What `stores` tells, in words: where nothing is reached, it says of what."""
    if posture.estate.assets:
        return "store of an asset"
    more = len(posture.of("s3/bucket")) > MOST_UNDECLARED
    return f"bucket of the first {MOST_UNDECLARED}; declare the assets to ask about all" if more else "bucket"


def unsearched(posture: Posture) -> Iterator[Judged]:
    """An unknown for each account with buckets to which no way was looked for, because nobody said which are dear."""
    if posture.estate.assets or len(posture.of("s3/bucket")) <= MOST_UNDECLARED:
        return
    asked_about = {store.arn for store in stores(posture)}
    left: Counter[str] = Counter()
    for place in posture.of("s3/bucket"):
        left[place.account] += place.thing.arn not in asked_about and not posture.open(place).exposure.public
    for account, count in left.items():
        if count:
            why = (
                f"no asset is declared, and ways were looked for to {MOST_UNDECLARED} buckets: {count:,} were not asked"
            )
            yield Judged(account_arn(posture, account), account, None, Ruling.UNKNOWN, why, remedy=SAY)


def _ways(posture: Posture, store: Store) -> Iterator[Reached]:
    """Who gets to a store; ways that hang on a thing that nobody named, a function that may be there, are left out."""
    seen = set()
    for reached in posture.ways_to(store.arn):
        if reached.certainty != "assumed":
            seen.add(reached.principal)
            yield reached
    for prefix in dict.fromkeys(asset.prefix for asset in store.assets if asset.prefix):
        arn = f"{store.arn}/{prefix}{_ANY_KEY if prefix.endswith('/') else ''}"
        for access in posture.who_can("s3:GetObject", arn):
            if access.principal not in seen:
                seen.add(access.principal)
                yield Reached(access.principal, arn, (), access.answer, "; ".join(access.because), access.conditions)


def hangs_on_unseen(conditions: Iterable[str]) -> bool:
    """Whether one of these conditions is that a policy nobody saw allows it; an organisation's only takes away."""
    return any(one.startswith(_IF_UNSEEN) and _OF_ORGANIZATION not in one for one in conditions)


def _is_guess(posture: Posture, reached: Reached) -> bool:
    """Whether a way is there only if a policy that could not be seen says so."""
    conditions = (*reached.conditions, *(one for step in reached.path for one in step.conditions))
    if reached.certainty == "must" or reached.statement:
        return hangs_on_unseen(conditions)
    place = posture.named(reached.target)
    return hangs_on_unseen(conditions) or (place is not None and bool(posture.open(place).unseen))


def reaching(posture: Posture, principals: Collection[str]) -> dict[str, list[Way]]:
    """The stores that these principals get to, the shortest way first; those that get to none are absent."""
    found: dict[str, list[Way]] = defaultdict(list)
    for store in stores(posture) if principals else ():
        for reached in _ways(posture, store):
            if reached.principal in principals and not _is_guess(posture, reached):
                found[reached.principal].append(Way(store, reached))
    for listed in found.values():
        listed.sort(key=lambda way: (way.reached.hops, way.store.arn))
    return found


def administrators(posture: Posture) -> dict[str, Reached]:
    """Who is, or can make itself, administrator, as far as what is known proves it."""
    found = (reached for reached in posture.admins() if reached.certainty != "assumed")
    return {reached.principal: reached for reached in found if not _is_guess(posture, reached)}


def guesses(posture: Posture, principals: Collection[str]) -> Iterator[tuple[Reached, str]]:
    """The ways of these principals that are there only if a policy that could not be seen says so, each with why."""
    for reached in posture.admins() if principals else ():
        if reached.principal in principals and _is_guess(posture, reached):
            yield reached, "not seen: a policy that may make it administrator"
    for store in stores(posture) if principals else ():
        for reached in _ways(posture, store):
            if reached.principal in principals and _is_guess(posture, reached):
                yield reached, f"not seen: a policy that may let it read {store}"


def unclear(posture: Posture, principals: Collection[str]) -> dict[str, str]:
    """Of these principals, who may get further than is proven, with why."""
    return {reached.principal: why for reached, why in guesses(posture, principals)}


def at_stake(found: Iterable[Way]) -> tuple[Asset, ...]:
    """The assets of several stores, each once."""
    return tuple({asset.name: asset for way in found for asset in way.store.assets}.values())


def assets_in(posture: Posture, account: str) -> tuple[Asset, ...]:
    """The declared assets of an account, which its administrators hold all in hand."""
    held = (
        asset for place in posture.of(*_KINDS) if place.account == account for asset in _real(posture, place.thing.arn)
    )
    return tuple({asset.name: asset for asset in held}.values())


def assets_by_region(posture: Posture) -> dict[tuple[str, str], tuple[Asset, ...]]:
    """The declared assets of each account's regions; a bucket lies where it says."""
    found: dict[tuple[str, str], dict[str, Asset]] = defaultdict(dict)
    for place in posture.of(*_KINDS, *_SERVING) if posture.estate.assets else ():
        region = place.thing.data.get("BucketRegion") or place.region
        if isinstance(region, str):
            found[place.account, region] |= {asset.name: asset for asset in _real(posture, place.thing.arn)}
    return {spot: tuple(named.values()) for spot, named in found.items()}


def _real(posture: Posture, arn: str) -> Iterator[Asset]:
    return (asset for asset in posture.assets_of(arn) if not asset.decoy)


def steps(reached: Reached, end: str) -> tuple[str, ...]:
    """A way in words, a step a line: who, by what he becomes whom, and what he then does."""
    return (reached.principal, *(f"{step.by}: becomes {step.target}" for step in reached.path), end)


def climbs(reached: Reached) -> bool:
    """Whether a way takes more than roles that it is meant to assume: a pass, a policy written, a key made."""
    return any(not step.by.startswith("sts:AssumeRole (") for step in reached.path)


def shown(found: Collection[Way]) -> str:
    """The stores in words, the nearest first."""
    names = list(dict.fromkeys(str(way.store) for way in found))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

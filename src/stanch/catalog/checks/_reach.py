"""What is worth reaching is a store of an asset; where nobody declared any, every bucket may be one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from stanch.contracts.check import Posture
from stanch.domain.arn import Arn
from stanch.domain.estate import Asset
from stanch.iam.escalation import Reached

_KINDS = ("s3/bucket", "dynamodb/table", "ecr/repository", "sagemaker/model-package", "secretsmanager/secret")
"""Kinds of things that the IAM core knows a reading of, and that keep what an asset is."""

MOST_UNDECLARED = 500
"""Buckets that are asked about where no asset is declared, in the order of their ARNs."""

_ANY_KEY = "stanch-probe"


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


def ways(posture: Posture, store: Store) -> Iterator[Reached]:
    """Who gets to a store, proven by what is known: ways that hang on what nobody named are left out."""
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


def reaching(posture: Posture, principals: Collection[str]) -> dict[str, list[Way]]:
    """The stores that these principals get to, the shortest way first; those that get to none are absent."""
    found: dict[str, list[Way]] = defaultdict(list)
    for store in stores(posture) if principals else ():
        for reached in ways(posture, store):
            if reached.principal in principals:
                found[reached.principal].append(Way(store, reached))
    for listed in found.values():
        listed.sort(key=lambda way: (way.reached.hops, way.store.arn))
    return found


def administrators(posture: Posture) -> dict[str, Reached]:
    """Who is, or can make itself, administrator, as far as what is known proves it."""
    return {reached.principal: reached for reached in posture.admins() if reached.certainty != "assumed"}


def at_stake(found: Iterable[Way]) -> tuple[Asset, ...]:
    """The assets of several stores, each once."""
    return tuple({asset.name: asset for way in found for asset in way.store.assets}.values())


def assets_in(posture: Posture, account: str) -> tuple[Asset, ...]:
    """The declared assets of an account, which its administrators hold all in hand."""
    held = (
        asset for place in posture.of(*_KINDS) if place.account == account for asset in _real(posture, place.thing.arn)
    )
    return tuple({asset.name: asset for asset in held}.values())


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

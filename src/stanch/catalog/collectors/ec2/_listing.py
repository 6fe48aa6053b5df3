"""Most of what EC2 holds is told whole by one describing call for all things of a kind."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Thing
from stanch.domain.arn import Arn

PAGE = 500
"""Things a page: every describing call takes so many, and some refuse to answer for a large account without pages."""
_OF_NO_ACCOUNT = {"image", "snapshot"}
_NOT_PAGED = {"DescribeAddresses", "DescribeVpnGateways"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of thing as ARNs spell it, the call that lists it, the key of the list, and the member that names one."""

    type: str
    operation: str
    key: str
    name: str


def listed(look: Look, kind: Kind, **params: Any) -> Any:
    """All things of a kind as AWS describes them, or a marker."""
    if kind.operation not in _NOT_PAGED:
        params["MaxResults"] = PAGE
    return look.list("ec2", kind.operation, kind.key, of="ec2", **params)


def things(look: Look, kinds: Iterable[Kind]) -> Iterator[Thing]:
    """Every thing of each kind, as its describing call tells it."""
    kinds = tuple(kinds)
    for kind, answer in zip(kinds, look.each(lambda kind: listed(look, kind), kinds), strict=True):
        for item in items(answer):
            yield thing(look, kind, item)


def thing(look: Look, kind: Kind, item: Mapping[str, Any]) -> Thing:
    """One thing, named by its ARN."""
    return Thing(f"ec2/{kind.type}", arn(look, kind, item), item)


def arn(look: Look, kind: Kind, item: Mapping[str, Any]) -> str:
    """AWS's own spelling: what a neighbour shares with the account is named by its owner."""
    owner = "" if kind.type in _OF_NO_ACCOUNT else item.get("OwnerId") or look.account
    return str(Arn(look.partition, "ec2", look.region, owner, f"{kind.type}/{item[kind.name]}"))

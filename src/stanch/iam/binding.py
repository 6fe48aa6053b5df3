"""Only a condition that an outsider cannot satisfy at will says anything about who gets in.

An outsider chooses user agent, referer, tags and session names, but neither account, organisation, ARN nor address.
Sources: S3 User Guide, "The meaning of public"; IAM User Guide, "AWS global condition context keys".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Literal

from stanch.iam.accounts import account_of, is_account
from stanch.iam.crowd import INSIDE, NOBODY, Crowd, World, union
from stanch.iam.policy import Condition, Statement

About = Literal["caller", "place", "source"]
"""What a key tells: who calls; from where; or, set by a calling AWS service, on whose behalf."""

BROADEST_V4 = 8
BROADEST_V6 = 32
"""Prefix lengths in bits. S3 calls an address range that is broader than these public, private ranges excepted."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A condition that limits the callers to a crowd.

    accounts: the accounts that the callers must be of, where the condition fixes all of them.
    """

    about: About
    crowd: Crowd
    accounts: frozenset[str] | None = None


_Reader = Callable[[str, World], Crowd | None]


def bind(condition: Condition, world: World, *, variables: bool) -> Binding | None:
    """The callers that have one of the condition's values, its operator's negation aside.

    None when the key does not bind an outsider, or when one of the values leaves him a choice (`*`, `${...}`, `/0`).
    """
    key = condition.key.lower()
    if variables and any("${" in value for value in condition.values):
        return Binding("caller", INSIDE) if _compares_owners(condition) else None
    if key == "aws:sourceip":
        return _bind_networks(condition.values, world)
    if key not in _KEYS:
        return None
    about, read = _KEYS[key]
    if key == "aws:sourcearn" and condition.operator.family != "arn" and any(map(_wild, condition.values)):
        return None  # to a string operator `*` crosses colons, and no part of the ARN is safe from it
    crowds = [read(value, world) for value in condition.values]
    known = [crowd for crowd in crowds if crowd is not None]
    if len(known) < len(crowds):
        return None
    return Binding(about, union(known), _accounts(key, condition.values))


def firm(statement: Statement) -> list[Condition]:
    """The positive conditions that fail without their key: by their operator, or because Null demands the key."""
    demanded = {
        condition.key.lower()
        for condition in statement.conditions
        if condition.operator.family == "null" and [value.lower() for value in condition.values] == ["false"]
    }
    return [
        condition
        for condition in statement.conditions
        if condition.operator.family != "null"
        and not condition.operator.negated
        and (
            condition.key.lower() in demanded
            or not (condition.operator.if_exists or condition.operator.quantifier == "ForAllValues")
        )
    ]


def _accounts(key: str, values: Sequence[str]) -> frozenset[str] | None:
    if key not in ("aws:principalaccount", "aws:principalarn", "kms:calleraccount"):
        return None
    accounts = [account_of(value) for value in values]
    return frozenset(a for a in accounts if a) if all(accounts) else None


def _compares_owners(condition: Condition) -> bool:
    """`aws:PrincipalOrgID` = `${aws:ResourceOrgID}`, or the like: the caller is of the resource's own owner."""
    pair = {condition.key.lower(), *(value.lower().removeprefix("${").removesuffix("}") for value in condition.values)}
    return pair in ({"aws:principalorgid", "aws:resourceorgid"}, {"aws:principalaccount", "aws:resourceaccount"})


def _wild(value: str) -> bool:
    return "*" in value or "?" in value


def _account(value: str, world: World) -> Crowd | None:
    if _wild(value):
        return None
    return world.place_account(value) if is_account(value) else NOBODY


def _arn(value: str, world: World) -> Crowd | None:
    if account := account_of(value):
        return world.place_account(account, value)
    # Without an account of its own (a bucket) an ARN binds only when it is whole.
    return None if _wild(value) else Crowd("unknown", unplaced=frozenset([value]))


def _organization(value: str, world: World) -> Crowd | None:
    head = value.partition("/")[0]  # of a path such as o-abc/r-xyz/*
    return None if _wild(head) or not head else world.place_organization(head)


def _thing(value: str, world: World) -> Crowd | None:
    return None if _wild(value) else world.place_thing(value)


def _unique_id(value: str, world: World) -> Crowd | None:
    head = value.partition(":")[0]  # of AROAEXAMPLE:session
    if _wild(head) or not head:
        return None
    return world.place_account(head) if is_account(head) else Crowd("unknown", unplaced=frozenset([value]))


def _aws_service(value: str, _: World) -> Crowd | None:
    return INSIDE if value.lower() == "true" else None


def _service_name(value: str, _: World) -> Crowd | None:
    return INSIDE if value.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")) else None


_KEYS: dict[str, tuple[About, _Reader]] = {
    "aws:principalaccount": ("caller", _account),
    "aws:principalarn": ("caller", _arn),
    "aws:principalisawsservice": ("caller", _aws_service),
    "aws:principalorgid": ("caller", _organization),
    "aws:principalorgpaths": ("caller", _organization),
    "aws:principalservicename": ("caller", _service_name),
    "aws:principalservicenameslist": ("caller", _service_name),
    "aws:userid": ("caller", _unique_id),
    "kms:calleraccount": ("caller", _account),
    "aws:sourcevpc": ("place", _thing),
    "aws:sourcevpcarn": ("place", _arn),
    "aws:sourcevpce": ("place", _thing),
    "aws:vpceaccount": ("place", _account),
    "aws:vpceorgid": ("place", _organization),
    "aws:vpceorgpaths": ("place", _organization),
    "aws:sourceaccount": ("source", _account),
    "aws:sourcearn": ("source", _arn),
    "aws:sourceorgid": ("source", _organization),
    "aws:sourceorgpaths": ("source", _organization),
    "aws:sourceowner": ("source", _account),
    "s3:dataaccesspointaccount": ("source", _account),
    "s3:dataaccesspointarn": ("source", _arn),
}


def _bind_networks(values: Sequence[str], world: World) -> Binding | None:
    networks: list[IPv4Network | IPv6Network] = []
    for value in values:
        try:
            networks.append(ip_network(value.strip(), strict=False))
        except ValueError:
            return None
    if any(_too_broad(network) for network in _collapsed(networks)):
        return None
    return Binding("place", union(world.place_network(network) for network in networks))


def _collapsed(networks: Sequence[IPv4Network | IPv6Network]) -> Iterable[IPv4Network | IPv6Network]:
    """Neighbours joined: 0.0.0.0/1 and 128.0.0.0/1 are everybody, however finely they are written."""
    yield from collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
    yield from collapse_addresses(network for network in networks if isinstance(network, IPv6Network))


def _too_broad(network: IPv4Network | IPv6Network) -> bool:
    return network.prefixlen < (BROADEST_V4 if network.version == 4 else BROADEST_V6)


_FIXABLE = (
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn"),
    *("aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "s3:dataaccesspointaccount"),
)
_WITH_WILDCARDS = ("StringLike", "ArnLike", "ArnEquals")


def is_fixed(condition: Condition, *, variables: bool) -> bool:
    """Whether a condition limits by S3's rules as far as its values go; True for one on a key that S3 does not list.

    The ARN of an access point may have a wildcard for its name once its account is fixed, and the path of an
    organisation below the organisation's id.
    """
    if condition.key.lower() not in _FIXABLE or condition.operator.negated or condition.operator.family == "null":
        return True
    if variables and any("${" in value for value in condition.values):
        return _names_owner_only(condition)
    wild = condition.operator.positive in _WITH_WILDCARDS and any("*" in v or "?" in v for v in condition.values)
    return not wild


def _names_owner_only(condition: Condition) -> bool:
    """`aws:PrincipalOrgID` = `${aws:ResourceOrgID}`: a variable, but one that no caller chooses."""
    return all(value.lower().startswith("${aws:resource") for value in condition.values)

"""The perimeter of an account is told by what it has: its id, the regions with something in them, its networks.

A list in the perimeter makes whatever is not in it a stranger's. Networks are therefore only ever proposed: nobody but
a person knows the office.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from stanch.domain.proposal import Eye, Fact, Proposal
from stanch.engine.discover.seen import Placed, Seen, known, listed, things

_HOLDING = ("ec2/instance", "lambda/function", "ecs/cluster", "eks/cluster", "sagemaker/endpoint", "rds/db-instance")
"""Kinds whose region is one that we work in."""


def perimeter(seen: Seen, partition: str, accounts: Iterable[str], regions: Iterable[str]) -> Iterator[Proposal]:
    """One proposal for each key of [perimeter] that the account tells; `accounts` and `regions` were looked at."""
    looked = sorted(set(accounts))
    yield _of("partitions", [partition], "the partition of the credentials", active=True)
    organizations = [one.thing.data for one in things(seen, "organizations/organization")]
    members = {str(one.thing.data["Id"]) for one in things(seen, "organizations/account")}
    unseen_members = bool(organizations) and not members
    told = "the accounts of the organisation" if members else "the accounts that were looked at"
    note = ("the organisation has more accounts, which were not shown",) if unseen_members else ()
    yield _of("accounts", sorted(members | set(looked)), told, active=True, notes=note)
    used = sorted(_regions(seen)) or sorted(regions)
    yield _of("regions", used, "buckets, hosts or functions are there", active=True)
    if ids := sorted({str(one["Id"]) for one in organizations if known(one.get("Id"))}):
        yield _of("organizations", ids, "the organisation of the accounts", active=True)
    whole = not (members - set(looked)) and not unseen_members
    endpoints = sorted({str(one.thing.data["VpcEndpointId"]) for one in _own(seen, "ec2/vpc-endpoint", looked)})
    if endpoints:
        why = "all endpoints of the accounts and regions looked at"
        yield _of("vpc_endpoints", endpoints, why, active=False, notes=_MORE if whole else (*_MORE, _UNSEEN))
    if networks := _networks(seen, looked):
        yield _of(
            "networks", networks, "networks of the VPCs, addresses of NAT gateways", active=False, notes=(_PEOPLE,)
        )


_MORE = ("once a list is here, a call through any other endpoint counts as a stranger's",)
_UNSEEN = "the organisation has accounts that were not looked at; their endpoints are missing"
_PEOPLE = "add the addresses that people come from: whatever is not listed counts as outside"


def _of(key: str, values: list[str], why: str, *, active: bool, notes: tuple[str, ...] = ()) -> Proposal:
    fact = Fact(Eye.CONFIGURATION, why, 0.99 if active else 0.8)
    return Proposal("perimeter", {key: values}, (fact,), active, notes)


def _regions(seen: Seen) -> set[str]:
    buckets = {known(one.thing.data.get("BucketRegion")) for one in things(seen, "s3/bucket")}
    return {str(region) for region in buckets if region} | {
        place.region for place in things(seen, *_HOLDING) if place.region
    }


def _own(seen: Seen, kind: str, accounts: list[str]) -> Iterator[Placed]:
    """Without what a neighbour shares with the account."""
    return (place for place in things(seen, kind) if str(place.thing.data.get("OwnerId") or place.account) in accounts)


def _networks(seen: Seen, accounts: list[str]) -> list[str]:
    found = {
        str(one["CidrBlock"])
        for place in _own(seen, "ec2/vpc", accounts)
        if not place.thing.data.get("IsDefault")
        for one in listed(place.thing.data.get("CidrBlockAssociationSet"))
        if one.get("CidrBlock")
    }
    for place in things(seen, "ec2/natgateway"):
        addresses = listed(place.thing.data.get("NatGatewayAddresses"))
        found |= {f"{one['PublicIp']}/32" for one in addresses if one.get("PublicIp")}
    return sorted(found, key=lambda text: (ipaddress.ip_network(text, strict=False).version, text))

"""A resource policy is closed by taking out what lets strangers in; what it grants our own stays word for word."""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from stanch.domain.estate import Perimeter
from stanch.iam import Grantees, Policy, Statement, admits, parse

_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
"""What AWS shows in a policy in the place of a user or role that has been deleted."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Who is no stranger: the owner's account, the perimeter's accounts, organisations, VPCs, endpoints, networks."""

    owner: str
    accounts: tuple[str, ...]
    organizations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    @classmethod
    def of(cls, perimeter: Perimeter, owner: str) -> Self:
        """The perimeter as a resource of the account `owner` sees it."""
        accounts = tuple(dict.fromkeys((owner, *perimeter.accounts)))
        places = (*perimeter.vpcs, *perimeter.vpc_endpoints)
        return cls(owner, accounts, perimeter.organizations, places, tuple(map(str, perimeter.networks)))

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """From a step's settings."""
        return cls(kept["owner"], *(tuple(kept[n]) for n in ("accounts", "organizations", "places", "networks")))

    def to_json(self) -> dict[str, Any]:
        """For a step's settings, so that the proof judges as the plan did."""
        return {name: value if isinstance(value, str) else list(value) for name, value in asdict(self).items()}

    def holds(self, named: str) -> bool:
        """Whether an account, a VPC, an endpoint or a network is ours."""
        if named in self.accounts or named in self.places:
            return True
        try:
            asked = ipaddress.ip_network(named, strict=False)
        except ValueError:
            return False
        ours = map(ipaddress.ip_network, self.networks)
        return any(asked.version == mine.version and asked.subnet_of(mine) for mine in ours)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The statements that are left, as JSON, and each change in words."""

    statements: tuple[Mapping[str, Any], ...]
    changes: tuple[str, ...]


def judged(policy: Policy | Statement, ours: Ours) -> Grantees:
    """Whom a policy, or one statement of it alone, lets in."""
    return admits(policy, inside=ours.holds, owner=ours.owner or None, organizations=ours.organizations)


def strangers(policy: Policy | Statement, ours: Ours) -> tuple[str, ...]:
    """Who outside is let in: `everybody` first where that is so, then accounts, ARNs and organisations."""
    found = judged(policy, ours)
    return ("everybody", *found.outside) if found.reach == "public" else found.outside


def without_strangers(policy: Policy, ours: Ours) -> Narrowed:
    """The statements without what lets strangers in; one that also names principals of ours is narrowed to those.

    One that a Deny of the same policy makes harmless stays.
    """
    foreign = judged(policy, ours).statements
    beside = [dict(statement.raw) for statement in policy.statements if statement.effect == "Deny"]
    kept: list[Mapping[str, Any]] = []
    changes: list[str] = []
    for index, statement in enumerate(policy.statements):
        if index not in foreign:
            kept.append(statement.raw)
            continue
        name = f"statement {statement.sid!r}" if statement.sid else f"statement #{index + 1}"
        whom = _among(statement.raw, beside, ours)
        narrowed = _narrowed(statement.raw, beside, ours)
        if narrowed is None:
            changes.append(f"take out {name}: it lets in {', '.join(whom)}")
        else:
            changes.append(f"narrow {name} to our own principals: it also lets in {', '.join(whom)}")
            kept.append(narrowed)
    return Narrowed(tuple(kept), tuple(changes))


def living(document: Mapping[str, Any] | str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The document without the ids of deleted principals, which AWS takes from nobody again, and those ids."""
    read: dict[str, Any] = json.loads(document) if isinstance(document, str) else dict(document)
    found = read.get("Statement", [])
    dead: list[str] = []
    kept = [s for s in (_living(one, dead) for one in (found if isinstance(found, list) else [found])) if s]
    return ({**read, "Statement": kept} if dead else read), tuple(dict.fromkeys(dead))


def stable(text: str) -> str:
    """The same policy in one spelling: keys in order, principals and other lists of words in order."""
    return json.dumps(_ordered(json.loads(text)), separators=(",", ":"), sort_keys=True)


def _living(statement: Mapping[str, Any], dead: list[str]) -> Mapping[str, Any] | None:
    named = statement.get("Principal")
    listed = named.get("AWS") if isinstance(named, Mapping) else None
    values: Sequence[Any] = listed if isinstance(listed, list) else [listed]
    gone = [value for value in values if isinstance(value, str) and _ID.fullmatch(value)]
    if not gone or not isinstance(named, Mapping):
        return statement
    dead.extend(gone)
    left = [value for value in values if value not in gone]
    others = {kind: value for kind, value in named.items() if kind != "AWS"}
    principals = {**({"AWS": left} if left else {}), **others}
    return {**statement, "Principal": principals} if principals else None


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(inner) for key, inner in value.items()}
    if isinstance(value, list) and all(isinstance(inner, str) for inner in value):
        return sorted(value) if len(value) != 1 else value[0]
    return [_ordered(inner) for inner in value] if isinstance(value, list) else value


def _narrowed(raw: Mapping[str, Any], beside: Sequence[Mapping[str, Any]], ours: Ours) -> Mapping[str, Any] | None:
    """The statement with only those of its principals that are ours; None when there are none."""
    named = raw.get("Principal")
    if not isinstance(named, Mapping):
        return None
    kept: dict[str, Any] = {}
    for kind, listed in named.items():
        values: Sequence[Any] = listed if isinstance(listed, list) else [listed]
        fine = [value for value in values if not _among({**raw, "Principal": {kind: value}}, beside, ours)]
        if fine:
            kept[kind] = fine if isinstance(listed, list) else fine[0]
    return {**raw, "Principal": kept} if kept else None


def _among(raw: Mapping[str, Any], beside: Sequence[Mapping[str, Any]], ours: Ours) -> tuple[str, ...]:
    """The strangers that one statement lets in, past the denials beside it."""
    return strangers(parse({"Version": "2012-10-17", "Statement": [dict(raw), *map(dict, beside)]}), ours)

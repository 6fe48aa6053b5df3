"""A resource policy is closed by taking out what lets strangers in; what it grants our own stays word for word."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from stanch.domain.estate import Perimeter
from stanch.iam import Grantees, Policy, PolicyError, Statement, admits, parse


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

    def holds_unit(self, named: str) -> bool:
        """Whether an organisation or a unit is ours: `arn:...:ou/o-example/ou-ab12-cdef` names its organisation."""
        return any(part in self.organizations for part in named.rpartition(":")[2].split("/")[1:2])


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


def let_in(document: Mapping[str, Any] | str, ours: Ours) -> tuple[str, ...]:
    """The same of a policy's text or JSON; one that cannot be read may let in anybody, and says so."""
    try:
        return strangers(parse(document), ours)
    except PolicyError as error:
        return (f"nobody knows whom, for it cannot be read ({error})",)


def without_strangers(policy: Policy, ours: Ours, *, each_alone: bool = False) -> Narrowed:
    """The statements without what lets strangers in; one that also names principals of ours is narrowed to those.

    One that a Deny of the same policy makes harmless stays, but for `each_alone`: so S3's Block Public Access judges,
    which takes no policy with a statement that is public by itself.
    """
    denials = () if each_alone else (dict(s.raw) for s in policy.statements if s.effect == "Deny")
    beside = tuple(denials)
    foreign = judged(policy, ours).statements
    kept: list[Mapping[str, Any]] = []
    changes: list[str] = []
    for index, statement in enumerate(policy.statements):
        whom = _among(statement.raw, beside, ours) if each_alone or index in foreign else ()
        if not whom:
            kept.append(statement.raw)
            continue
        name = f"statement {statement.sid!r}" if statement.sid else f"statement #{index + 1}"
        narrowed = _narrowed(statement.raw, beside, ours)
        if narrowed is None:
            changes.append(f"take out {name}: it lets in {', '.join(whom)}")
        else:
            changes.append(f"narrow {name} to our own principals: it also lets in {', '.join(whom)}")
            kept.append(narrowed)
    return Narrowed(tuple(kept), tuple(changes))


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

"""A bucket policy is edited statement by statement: what lets strangers in goes, everything else stays as it was."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stanch.catalog.actions.s3 import _marker
from stanch.domain.estate import Perimeter
from stanch.iam import Policy, PolicyError, Statement, admits, parse


@dataclass(frozen=True, slots=True)
class Ours:
    """Who is no stranger to a bucket: its owner's account, the perimeter's accounts, networks and organisations."""

    owner: str
    accounts: tuple[str, ...]
    organizations: tuple[str, ...]
    inside: Callable[[str], bool]

    @classmethod
    def of(cls, perimeter: Perimeter, owner: str) -> "Ours":
        """The estate's perimeter as one bucket's policy sees it."""
        accounts = tuple(dict.fromkeys((owner, *perimeter.accounts)))
        places = {*accounts, *perimeter.vpcs, *perimeter.vpc_endpoints}
        return cls(owner, accounts, perimeter.organizations, lambda name: name in places or _ours(name, perimeter))


@dataclass(frozen=True, slots=True)
class Closed:
    """The closed policy's text, and in words each change made to a statement.

    `whole` is False where the Deny had no room: the text is then without it.
    """

    text: str | None
    changes: tuple[str, ...]
    unplaced: tuple[str, ...]
    whole: bool = True


def closed(text: str | None, resources: Sequence[str], sid: str, ours: Ours, taken: int = 0) -> Closed:
    """The policy of `resources` (ARNs) without what lets the public or strangers in, and with a Deny for them.

    A statement that also names principals of ours is narrowed to those. `taken` are the bytes that are not ours to
    use. Raises PolicyError for what is no policy.
    """
    policy = parse(text) if text is not None else None
    statements: list[Mapping[str, Any]] = []
    changes: list[str] = []
    for index, statement in enumerate(policy.statements if policy else ()):
        if statement.sid == sid:
            continue
        kept, change = _without_strangers(statement, index, ours)
        if change:
            changes.append(change)
        if kept is not None:
            statements.append(kept)
    unplaced = _unplaced(policy, ours)
    whole = _marker.written([*statements, _deny(resources, sid, ours)], policy)
    if _marker.size(whole) + taken <= _marker.LARGEST:
        changes.append(f"add statement {sid}: Deny s3:* to every principal outside {', '.join(ours.accounts)}")
        return Closed(whole, tuple(changes), unplaced)
    changes.append(f"(no room for statement {sid}: a policy holds {_marker.LARGEST} bytes)")
    return Closed(_marker.written(statements, policy) if statements else None, tuple(changes), unplaced, whole=False)


def lets_strangers_in(text: str | None, ours: Ours) -> tuple[str, ...]:
    """The names of the statements that let in the public or someone outside, each taken alone."""
    if text is None:
        return ()
    policy = parse(text)
    return tuple(_name(s, i) for i, s in enumerate(policy.statements) if _reach(s, ours) in {"public", "outside"})


def _without_strangers(statement: Statement, index: int, ours: Ours) -> tuple[Mapping[str, Any] | None, str | None]:
    found = admits(statement, inside=ours.inside, owner=ours.owner, organizations=ours.organizations)
    if found.reach not in {"public", "outside"}:
        return statement.raw, None
    whom = "the public" if found.reach == "public" else ", ".join(found.outside)
    narrowed = _narrowed(statement.raw, ours)
    if narrowed is None:
        return None, f"take out statement {_name(statement, index)}: it lets in {whom}"
    return narrowed, f"narrow statement {_name(statement, index)} to our own principals: it also lets in {whom}"


def _narrowed(raw: Mapping[str, Any], ours: Ours) -> Mapping[str, Any] | None:
    """The statement with only those of its principals that are not strangers; None when there are none."""
    named = raw.get("Principal")
    if not isinstance(named, Mapping):
        return None
    kept: dict[str, Any] = {}
    for kind, listed in named.items():
        values = listed if isinstance(listed, list) else [listed]
        fine = [value for value in values if _alone(raw, kind, value, ours) not in {"public", "outside"}]
        if fine:
            kept[kind] = fine if isinstance(listed, list) else fine[0]
    return {**raw, "Principal": kept} if kept else None


def _alone(raw: Mapping[str, Any], kind: str, value: str, ours: Ours) -> str:
    one = parse({"Version": "2012-10-17", "Statement": [{**raw, "Principal": {kind: value}}]})
    return _reach(one.statements[0], ours)


def _reach(statement: Statement, ours: Ours) -> str:
    return admits(statement, inside=ours.inside, owner=ours.owner, organizations=ours.organizations).reach


def _deny(resources: Sequence[str], sid: str, ours: Ours) -> dict[str, Any]:
    # Negated operators are true for an absent key: whoever is anonymous, or in no organisation, is denied.
    strangers: dict[str, Any] = {"aws:PrincipalAccount": list(ours.accounts)}
    if ours.organizations:
        strangers["aws:PrincipalOrgID"] = list(ours.organizations)
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": list(resources),
        "Condition": {"StringNotEquals": strangers, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
    }


def _unplaced(policy: Policy | None, ours: Ours) -> tuple[str, ...]:
    if policy is None:
        return ()
    return admits(policy, inside=ours.inside, owner=ours.owner, organizations=ours.organizations).unplaced


def _name(statement: Statement, index: int) -> str:
    return repr(statement.sid) if statement.sid else f"#{index + 1}"


def _ours(name: str, perimeter: Perimeter) -> bool:
    try:
        network = ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return any(network.version == ours.version and network.subnet_of(ours) for ours in perimeter.networks)  # type: ignore[arg-type]


__all__ = ["Closed", "Ours", "PolicyError", "closed", "lets_strangers_in"]

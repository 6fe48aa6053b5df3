"""A policy with less in it: each grant narrowed to what was used of it, its conditions and every denial kept.

Nothing is allowed that was not before: what was used without a grant of these policies (a bucket's policy let it in, or
the grant is gone) is told, and not added.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stanch.iam.least.used import Use, Used
from stanch.iam.matching import names_action
from stanch.iam.organization import Named
from stanch.iam.policy import Policy, Statement, parse
from stanch.iam.wildcard import match_wildcard

LONGEST_MANAGED = 6_144
"""Characters, white space not counted, of a managed policy; a longer proposal must be split."""

_VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Idle:
    """A grant, or an action pattern of one, that was not used. used: which actions of a wider pattern were."""

    policy: str
    statement: int
    action: str
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A smaller policy in the place of all an identity has.

    idle: what is left out. elsewhere: actions in use that none of the policies allows.
    """

    policy: Policy
    idle: tuple[Idle, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def is_too_long(self) -> bool:
        """Whether it does not fit one managed policy."""
        return len(json.dumps(self.policy.to_json(), separators=(",", ":"))) > LONGEST_MANAGED


@dataclass(slots=True)
class _Kept:
    """What stays of one grant: for each set of resources the actions."""

    statement: Statement
    groups: dict[tuple[str, ...] | None, list[str]] = field(default_factory=dict)


def propose(policies: Sequence[Named], used: Used) -> Proposal:
    """Narrow an identity's policies to what it used."""
    grants = [
        (named.name, index, _Kept(statement))
        for named in policies
        for index, statement in enumerate(named.policy.statements)
        if statement.effect == "Allow"
    ]
    elsewhere = []
    for use in used:
        holding = [kept for _, _, kept in grants if _keep(use, kept)]
        if not holding:
            elsewhere.append(use.action)
    statements = [written for _, _, kept in grants for written in _written(kept)]
    statements += [_denial(s) for named in policies for s in named.policy.statements if s.effect == "Deny"]
    document = {"Version": _VERSION, "Statement": statements}
    idle = [one for name, index, kept in grants for one in _idle(name, index, kept)]
    return Proposal(parse(document), tuple(idle), tuple(elsewhere))


def _keep(use: Use, kept: _Kept) -> bool:
    """Keep an action's use in a grant, as far as it is of it."""
    statement = kept.statement
    if not names_action(statement, use.action):
        return False
    placed = use.resources
    if use.unplaced or not placed:
        kept.groups.setdefault(None, []).append(use.action)
        return True
    narrowed = _narrowed(placed, statement)
    if narrowed is None or narrowed:
        kept.groups.setdefault(narrowed, []).append(use.action)
        return True
    return False


def _narrowed(placed: Iterable[str], statement: Statement) -> tuple[str, ...] | None:
    """The resources in use that the grant is of, never more than it; None to leave the grant's own."""
    own = statement.resources
    if own is None or any("${" in pattern for pattern in own):
        return None
    found: dict[str, None] = {}
    for pattern in placed:
        if any(match_wildcard(wide, pattern) for wide in own):
            found[pattern] = None
        else:
            # What is used may be wider than this grant, where several make it up together.
            found.update(dict.fromkeys(narrow for narrow in own if match_wildcard(pattern, narrow)))
    return tuple(sorted(found))


def _written(kept: _Kept) -> Iterable[Mapping[str, Any]]:
    raw = kept.statement.raw
    for number, (resources, actions) in enumerate(sorted(kept.groups.items(), key=lambda group: group[1])):
        one = {key: raw[key] for key in ("Sid", "Effect") if key in raw}
        if number and "Sid" in one:
            one["Sid"] = f"{one['Sid']}{number + 1}"
        one["Action"] = actions[0] if len(actions) == 1 else sorted(set(actions))
        if resources is None:
            one |= {key: _spelled(raw[key], kept.statement) for key in ("Resource", "NotResource") if key in raw}
        else:
            one["Resource"] = resources[0] if len(resources) == 1 else list(resources)
        if "Condition" in raw:
            one["Condition"] = raw["Condition"]
        yield one


def _denial(statement: Statement) -> Mapping[str, Any]:
    raw = dict(statement.raw)
    return raw | {key: _spelled(raw[key], statement) for key in ("Resource", "NotResource") if key in raw}


def _spelled(resources: Any, statement: Statement) -> Any:
    """Where a policy of 2008 says `${`, it means that."""
    if statement.variables:
        return resources
    listed = resources if isinstance(resources, list) else [resources]
    spelled = [one.replace("${", "${$}{") for one in listed]
    return spelled if isinstance(resources, list) else spelled[0]


def _idle(name: str, index: int, kept: _Kept) -> Iterable[Idle]:
    used = sorted({action for actions in kept.groups.values() for action in actions})
    if kept.statement.actions is None:
        yield Idle(name, index, "NotAction", tuple(used))
        return
    for pattern in kept.statement.actions:
        fitting = tuple(one for one in used if match_wildcard(pattern, one, case_sensitive=False))
        if not fitting or "*" in pattern or "?" in pattern:
            yield Idle(name, index, pattern, fitting)

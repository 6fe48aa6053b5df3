"""A shared database snapshot is restored by the other account with a master password of its own choice.

Blind to: databases that strangers restored from it and copies they made before the share is taken back.
"""

from collections.abc import Sequence
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._sharing import Shares, common, less, named, strangers
from stanch.catalog.actions._strangers import Ours
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("db-snapshot", "cluster-snapshot")
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "rds:DescribeDBSnapshotAttributes",
    "rds:ModifyDBSnapshotAttribute",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:ModifyDBClusterSnapshotAttribute",
)

_ATTRIBUTE = "restore"
_EVERYBODY = "all"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the snapshot back from the public and from each account outside the perimeter."""
    name = _name(resource)
    before = _shares(aws, resource)
    ours = Ours.of(case.perimeter, aws.account)
    taken = strangers(before, ours)
    told = named(taken)
    if not told:
        raise Needless(f"{name} is shared with nobody outside {', '.join(ours.accounts)}")
    call = f"rds:Modify{_word(resource)}Attribute"
    return Plan(
        before=before,
        calls=tuple(f"{call} on {name}: no longer restored by {who}" for who in told),
        undo=f"{call} on {name}: shared again with {', '.join(told)}",
        breaks=tuple(
            f"{who} can no longer copy or restore {name}; copies and databases made meanwhile are gone" for who in told
        ),
        settings={"taken": taken, "ours": ours.to_json()},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"users": [account, ...], "groups": ["all"] or []}`, sorted."""
    return _shares(aws, Arn.parse(step.resource))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for all; whom somebody has let in since the plan is not touched, and the proof says so."""
    _modify(aws, step, "ValuesToRemove", _standing(aws, step))
    settled(lambda: not any(_standing(aws, step).values()), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: nobody's credentials but the other account's could try it."""
    ours, resource = Ours.read(step.settings["ours"]), Arn.parse(step.resource)
    holds = settled(lambda: not any(strangers(_shares(aws, resource), ours).values()), wait)
    who = ", ".join(named(_shares(aws, resource))) or "nobody"
    return Proof(holds, Method.STATE, (f"{_name(resource)} is shared with {who}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Share it again with those it was taken from."""
    resource = Arn.parse(step.resource)
    _modify(aws, step, "ValuesToAdd", less(step.before or {}, _shares(aws, resource)))
    settled(lambda: _shares(aws, resource) == step.before, wait)


def _shares(aws: Aws, resource: Arn) -> dict[str, list[str]]:
    word = _word(resource)
    answer = aws.call("rds", f"Describe{word}Attributes", **{f"{word}Identifier": _name(resource)})
    attributes = answer[f"{word}AttributesResult"].get(f"{word}Attributes") or ()
    values = [str(v) for each in attributes if each["AttributeName"] == _ATTRIBUTE for v in each["AttributeValues"]]
    return {
        "users": sorted(value for value in values if value != _EVERYBODY),
        "groups": [value for value in values if value == _EVERYBODY],
    }


def _standing(aws: Aws, step: Step) -> Shares:
    return common(step.settings["taken"], _shares(aws, Arn.parse(step.resource)))


def _modify(aws: Aws, step: Step, how: str, whom: Shares) -> None:
    values: Sequence[str] = [*whom["users"], *whom["groups"]]
    if values:
        resource = Arn.parse(step.resource)
        word = _word(resource)
        asked: dict[str, Any] = {f"{word}Identifier": _name(resource), how: values}
        aws.call("rds", f"Modify{word}Attribute", AttributeName=_ATTRIBUTE, **asked)


def _word(resource: Arn) -> str:
    return "DBClusterSnapshot" if resource.kind == "cluster-snapshot" else "DBSnapshot"


def _name(resource: Arn) -> str:
    """`nightly`, or `rds:nightly-2026-11-22` for one that RDS made itself."""
    return resource.resource.partition(":")[2]

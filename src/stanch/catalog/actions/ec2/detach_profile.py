"""A host asks its metadata service for fresh credentials as long as it has an instance profile.

Blind to: credentials that were handed out before; they work until they expire or the role's sessions are revoked. The
proof is the association read back: the metadata service answers on the host alone.
"""

from contextlib import suppress
from typing import Any

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._responder import refuse_own_place
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _instance
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = (
    "ec2:DescribeInstances",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:DisassociateIamInstanceProfile",
    "ec2:AssociateIamInstanceProfile",
    "iam:PassRole",
)

_IN_FORCE = ("associating", "associated")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a terminated host and the one stanch acts from; needless where there is no profile."""
    name = resource.name
    _instance.described(aws, name)
    refuse_own_place(resource, case.responder, aws.caller)
    profile = _profile(aws, name)
    if profile is None:
        raise Needless(f"{name} has no instance profile")
    return Plan(
        before={"profile": profile},
        calls=(f"ec2:DisassociateIamInstanceProfile: {profile} from {name}",),
        undo=f"ec2:AssociateIamInstanceProfile: {profile} with {name}",
        breaks=(
            f"whatever runs on {name} gets no fresh credentials: once those it has expire, it can call AWS no more",
            "NOT cut: credentials handed out before, on the host or carried off it (iam/revoke_sessions on its role)",
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"profile": ARN | None}`."""
    return {"profile": _profile(aws, name_of(step))}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Take the planned profile off; another one, put there since, is somebody's and is told."""
    name, planned = name_of(step), (step.before or {}).get("profile")
    for association in _associations(aws, name):
        found = str(association["IamInstanceProfile"]["Arn"])
        if found != planned:
            raise Overtaken(f"somebody gave {name} another profile since the plan was made: {found}")
        with suppress(AwsAbsent):
            aws.call("ec2", "DisassociateIamInstanceProfile", AssociationId=association["AssociationId"])
    settled(lambda: _profile(aws, name) is None, wait)
    return None  # its metadata service answers on the host alone


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: no profile is associated with the host."""
    name = name_of(step)
    if settled(lambda: _profile(aws, name) is None, wait):
        return Proof(
            True, Method.STATE, (f"{name} has no instance profile: its metadata service issues no credentials",)
        )
    return Proof(False, Method.STATE, (f"{name} has the instance profile {_profile(aws, name)}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The same profile again."""
    name, was = name_of(step), (step.before or {}).get("profile")
    if was is None or _profile(aws, name) is not None:
        return
    aws.call("ec2", "AssociateIamInstanceProfile", InstanceId=name, IamInstanceProfile={"Arn": was})
    settled(lambda: _profile(aws, name) == was, wait)


def _associations(aws: Aws, instance: str) -> list[dict[str, Any]]:
    mine = [{"Name": "instance-id", "Values": [instance]}]
    found = aws.pages("ec2", "DescribeIamInstanceProfileAssociations", "IamInstanceProfileAssociations", Filters=mine)
    return [association for association in found if association["State"] in _IN_FORCE]


def _profile(aws: Aws, instance: str) -> str | None:
    return next((str(a["IamInstanceProfile"]["Arn"]) for a in _associations(aws, instance)), None)

"""Whoever may launch a machine image can read every file in it, by starting it.

Blind to: instances that strangers launched from it and copies they made; and the image's own snapshots, which are
shared apart from it and which `unshare_snapshot` takes back.
"""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._sharing import Shares, common, less, named, strangers
from stanch.catalog.actions._strangers import Ours
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("image",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ec2:DescribeImages", "ec2:DescribeImageAttribute", "ec2:ModifyImageAttribute")

_WORDS = {"users": "UserId", "groups": "Group", "organizations": "OrganizationArn", "units": "OrganizationalUnitArn"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the image back from the public, and from accounts, organisations and their units outside the perimeter."""
    name = resource.name
    image = _described(aws, name)
    before = _shares(aws, name)
    ours = Ours.of(case.perimeter, aws.account)
    taken = strangers(before, ours)
    told = named(taken)
    if not told:
        raise Needless(f"{name} is shared with nobody outside {', '.join(ours.accounts)}")
    return Plan(
        before=before,
        calls=(
            *(f"ec2:ModifyImageAttribute on {name}: no longer launched by {who}" for who in told),
            *(f"(not its {snapshot}: shared or not, unshare_snapshot sees to that)" for snapshot in _snapshots(image)),
        ),
        undo=f"ec2:ModifyImageAttribute on {name}: shared again with {', '.join(told)}",
        breaks=tuple(
            f"{who} can start no further instance from {name}; instances and copies made meanwhile are gone"
            for who in told
        ),
        settings={"taken": taken, "ours": ours.to_json()},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"users": [...], "groups": ["all"] or [], "organizations": [ARN, ...], "units": [ARN, ...]}`, sorted."""
    return _shares(aws, _name(step))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for all; whom somebody has let in since the plan is not touched, and the proof says so."""
    _modify(aws, step, "Remove", _standing(aws, step))
    settled(lambda: not any(_standing(aws, step).values()), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: nobody's credentials but the other account's could try it."""
    ours = Ours.read(step.settings["ours"])
    holds = settled(lambda: not any(strangers(_shares(aws, _name(step)), ours).values()), wait)
    who = ", ".join(named(_shares(aws, _name(step)))) or "nobody"
    return Proof(holds, Method.STATE, (f"{_name(step)} is shared with {who}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Share it again with those it was taken from."""
    _modify(aws, step, "Add", less(step.before or {}, _shares(aws, _name(step))))
    settled(lambda: _shares(aws, _name(step)) == step.before, wait)


def _described(aws: Aws, name: str) -> dict[str, Any]:
    """The image; an image's ARN has no account, and only its owner may say who launches it."""
    found = aws.call("ec2", "DescribeImages", ImageIds=[name])["Images"]
    if not found:
        raise AwsAbsent("ec2:DescribeImages", "InvalidAMIID.NotFound", f"no image {name}")
    image: dict[str, Any] = found[0]
    if image["OwnerId"] != aws.account:
        raise Refused(f"{name} belongs to account {image['OwnerId']}: only its owner can take it back, act there")
    return image


def _snapshots(image: dict[str, Any]) -> list[str]:
    disks = (mapping.get("Ebs") or {} for mapping in image.get("BlockDeviceMappings") or ())
    return sorted(str(disk["SnapshotId"]) for disk in disks if disk.get("SnapshotId"))


def _shares(aws: Aws, name: str) -> dict[str, list[str]]:
    answer = aws.call("ec2", "DescribeImageAttribute", ImageId=name, Attribute="launchPermission")
    listed = answer.get("LaunchPermissions") or ()
    return {kind: sorted(str(each[word]) for each in listed if each.get(word)) for kind, word in _WORDS.items()}


def _standing(aws: Aws, step: Step) -> dict[str, list[str]]:
    return common(step.settings["taken"], _shares(aws, _name(step)))


def _modify(aws: Aws, step: Step, operation: str, whom: Shares) -> None:
    entries = [{_WORDS[kind]: name} for kind, names in whom.items() for name in names]
    if entries:
        aws.call("ec2", "ModifyImageAttribute", ImageId=_name(step), LaunchPermission={operation: entries})


def _name(step: Step) -> str:
    return Arn.parse(step.resource).name

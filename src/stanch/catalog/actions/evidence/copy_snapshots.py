"""A snapshot under the default aws/ebs key cannot be shared; a copy under a key of one's own can.

Blind to: what happens in the forensic account, which should make a copy of its own under its own key.
"""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.evidence import _snapshots
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance", "snapshot")
PHASE = Phase.SEAL
AFFECTS = Affects.NOBODY
PERMISSIONS = (
    "ec2:DescribeSnapshots",
    "ec2:CopySnapshot",
    "ec2:CreateTags",
    "ec2:DescribeSnapshotAttribute",
    "ec2:ModifySnapshotAttribute",
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)

_ATTRIBUTE = "createVolumePermission"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless without a forensic key; for an instance the snapshots may be yet to come."""
    place = case.response.evidence
    if place.key is None:
        if place.account is None:
            raise Needless("no key for copies is named ([response.evidence] key in stanch.toml)")
        raise Refused("a forensic account is named and no key: set [response.evidence] key to one it may use")
    what = resource.name
    if resource.kind == "snapshot":
        _snapshots.refuse_what_is_not_ours(aws, resource.name)
    else:
        what = f"each snapshot that {case.incident} took of {resource.name}"
    account = place.account if place.account != aws.account else None
    region = Arn.parse(place.key).region or aws.region
    return Plan(
        before={},
        calls=(
            f"ec2:CopySnapshot of {what} to {region}, encrypted under {place.key}",
            *((f"ec2:ModifySnapshotAttribute on each copy: shared with account {account}",) if account else ()),
        ),
        undo="nothing to put back: the copies are evidence and are kept",
        breaks=("the copies cost storage until somebody deletes them",),
        settings={"key": place.key, "region": region, "account": account},
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: nothing that was there is changed, and the copies stay."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Copy what is complete and share what is copied, for ten minutes at most; the next run goes on from there."""
    settled(lambda: _advanced(aws, step), wait, _snapshots.PAUSES)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: each snapshot has a complete copy under the key, shared with the forensic account if there is one."""
    sources, copies = _snapshots.meant(aws, step), _copies(aws, step)
    told, holds = [], bool(sources)
    for name, source in sorted(sources.items()):
        copy = copies.get(name)
        good = copy is not None and copy.get("State") == "completed" and _shared(aws, step, copy)
        holds = holds and good
        told.append(f"{name}: {_told(source, copy, good)}")
    return Proof(holds, Method.STATE, tuple(told) or ("there is no snapshot to copy",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: evidence is never deleted, nor taken back from the investigators."""


def _advanced(aws: Aws, step: Step) -> bool:
    """Do what can be done now; whether nothing is left to do."""
    sources, copies = _snapshots.meant(aws, step), _copies(aws, step)
    done = True
    for name, source in sorted(sources.items()):
        copy = copies.get(name)
        if copy is None:
            done = False
            if source.get("State") == "completed":
                _copy(aws, step, source)
        elif copy.get("State") != "completed":
            done = False
        elif not _shared(aws, step, copy):
            _share(aws, step, copy)
    return done


def _copies(aws: Aws, step: Step) -> dict[str, dict[str, Any]]:
    """The copies of this incident by what they are copies of, without those that failed."""
    ours = [{"Name": "tag:stanch:incident", "Values": [step.incident]}]
    region = step.settings["region"]
    found = aws.pages("ec2", "DescribeSnapshots", "Snapshots", region=region, OwnerIds=["self"], Filters=ours)
    usable = [one for one in found if one.get("State") in {"pending", "completed"}]
    return {
        _snapshots.tags(one)[_snapshots.COPY_OF]: one for one in usable if _snapshots.COPY_OF in _snapshots.tags(one)
    }


def _copy(aws: Aws, step: Step, source: dict[str, Any]) -> None:
    name = str(source["SnapshotId"])
    told = {
        "stanch:incident": step.incident,
        "stanch:action": step.action,
        "stanch:volume": str(source.get("VolumeId") or ""),
        _snapshots.COPY_OF: name,
    }
    aws.call(
        "ec2",
        "CopySnapshot",
        region=step.settings["region"],
        SourceRegion=Arn.parse(step.resource).region or aws.region,
        SourceSnapshotId=name,
        Description=f"evidence of {step.incident}: copy of {name}",
        Encrypted=True,
        KmsKeyId=step.settings["key"],
        TagSpecifications=[
            {"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in told.items()]}
        ],
    )


def _shared(aws: Aws, step: Step, copy: dict[str, Any]) -> bool:
    account = step.settings["account"]
    if account is None:
        return True
    answer = aws.call(
        "ec2",
        "DescribeSnapshotAttribute",
        region=step.settings["region"],
        SnapshotId=copy["SnapshotId"],
        Attribute=_ATTRIBUTE,
    )
    return any(each.get("UserId") == account for each in answer.get("CreateVolumePermissions") or ())


def _share(aws: Aws, step: Step, copy: dict[str, Any]) -> None:
    aws.call(
        "ec2",
        "ModifySnapshotAttribute",
        region=step.settings["region"],
        SnapshotId=copy["SnapshotId"],
        Attribute=_ATTRIBUTE,
        OperationType="add",
        UserIds=[step.settings["account"]],
    )


def _told(source: dict[str, Any], copy: dict[str, Any] | None, good: bool) -> str:
    if copy is None:
        return f"{_progress(source)}, not copied yet: run again"
    copied = f"copied as {copy['SnapshotId']}, {_progress(copy)}"
    return copied if good else f"{copied}, not yet where it should be: run again"


def _progress(snapshot: dict[str, Any]) -> str:
    state = str(snapshot.get("State"))
    return state if state == "completed" else f"{state} {snapshot.get('Progress') or ''}".rstrip()

"""What EC2 knows of a host is gone an hour after it is terminated, and isolation changes it at once: keep it first.

Blind to: what only the host itself knows (processes, connections, memory).
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from stanch.aws.vault import PERMISSIONS as VAULT
from stanch.catalog.actions.evidence import _vault
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.EVIDENCE
AFFECTS = Affects.NOBODY
PERMISSIONS = (
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVolumes",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:GetConsoleOutput",
    *VAULT,
)

_PIECES = ("metadata", "console", "user-data")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """A terminated instance is worth it too, while EC2 still knows it; raises AwsAbsent once it does not."""
    if not _described(aws, resource.name):
        raise AwsAbsent("ec2:DescribeInstances", "InvalidInstanceID.NotFound", f"{resource.name} does not exist")
    settings = _vault.settings(aws, case)
    return Plan(
        before={},
        calls=(
            f"ec2:Describe*, ec2:GetConsoleOutput of {resource.name}: its settings, network, volumes, role, user data",
            f"s3:PutObject into {settings['bucket']}, locked until {settings['until'][:10]}",
        ),
        undo="nothing to put back: what was captured is evidence and is kept",
        settings=settings,
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: nothing of the instance is changed, and what was captured stays."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Metadata, console output and user data, each its own object; what could not be had is said in the metadata."""
    name = Arn.parse(step.resource).name
    found = _metadata(aws, name)
    console = found.pop("console")
    script = found.pop("user_data")
    _vault.keep(aws, step, "metadata", json.dumps(found, default=str, indent=1, sort_keys=True).encode(), ".json")
    if isinstance(console, str) and console:
        _vault.keep(aws, step, "console", console.encode("utf-8", "surrogateescape"), ".txt")
    if isinstance(script, str) and script:
        _vault.keep(aws, step, "user-data", base64.b64decode(script), ".bin")
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back, with the SHA-256 that S3 worked out itself: the metadata is there, and all of it is locked."""
    held = _vault.held(aws, step, *_PIECES)
    there = any("/metadata-" in kept.key for kept in held)
    missing = [f"{what}: EC2 had none" for what in _PIECES if not any(f"/{what}-" in kept.key for kept in held)]
    return Proof(
        there and all(kept.locked for kept in held), Method.STATE, (*(_vault.told(kept) for kept in held), *missing)
    )


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: evidence is never deleted."""


def _metadata(aws: Aws, name: str) -> dict[str, Any]:
    """Every answer by its name; an answer that could not be had is `{"could_not_look": why}`."""
    attached = [{"Name": "attachment.instance-id", "Values": [name]}]
    asked: Mapping[str, Callable[[], Any]] = {
        "instance": lambda: _described(aws, name),
        "interfaces": lambda: aws.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=attached),
        "security_groups": lambda: _groups(aws, name),
        "volumes": lambda: aws.pages("ec2", "DescribeVolumes", "Volumes", Filters=attached),
        "instance_profile": lambda: aws.pages(
            "ec2",
            "DescribeIamInstanceProfileAssociations",
            "IamInstanceProfileAssociations",
            Filters=[{"Name": "instance-id", "Values": [name]}],
        ),
        "user_data": lambda: _user_data(aws, name),
        "console": lambda: _console(aws, name),
    }
    found: dict[str, Any] = {}
    for what, ask in asked.items():
        try:
            found[what] = ask()
        except AwsError as error:
            found[what] = {"could_not_look": str(error)}
    found["could_not_look"] = {
        what: answer["could_not_look"]
        for what, answer in found.items()
        if isinstance(answer, dict) and "could_not_look" in answer
    }
    return found


def _described(aws: Aws, name: str) -> list[dict[str, Any]]:
    reservations = aws.pages("ec2", "DescribeInstances", "Reservations", InstanceIds=[name])
    return [instance for reservation in reservations for instance in reservation.get("Instances") or ()]


def _groups(aws: Aws, name: str) -> list[dict[str, Any]]:
    groups = [
        str(group["GroupId"])
        for instance in _described(aws, name)
        for interface in instance.get("NetworkInterfaces") or ()
        for group in interface.get("Groups") or ()
    ]
    return aws.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=sorted(set(groups))) if groups else []


def _user_data(aws: Aws, name: str) -> str:
    answer = aws.call("ec2", "DescribeInstanceAttribute", InstanceId=name, Attribute="userData")
    return str((answer.get("UserData") or {}).get("Value") or "")


def _console(aws: Aws, name: str) -> str:
    """The latest output where the hardware can tell it (Nitro), else what was buffered at the last boot or stop."""
    try:
        answer = aws.call("ec2", "GetConsoleOutput", InstanceId=name, Latest=True)
    except AwsError as error:
        if error.code != "UnsupportedOperation":
            raise
        answer = aws.call("ec2", "GetConsoleOutput", InstanceId=name)
    return str(answer.get("Output") or "")

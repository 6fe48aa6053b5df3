"""EC2 permits by the resources a call names; what only describes has no resource but `*`."""

from typing import Any

from moto.iam.models import iam_backends

from stanch.range.gate.identity import Identity
from stanch.range.gate.permission import Need
from stanch.range.request.call import Call

RESOURCES = {
    "InstanceId": "instance",
    "InstanceIds": "instance",
    "VolumeId": "volume",
    "SnapshotId": "snapshot",
    "ImageId": "image",
    "GroupId": "security-group",
    "Groups": "security-group",
    "NetworkInterfaceId": "network-interface",
    "VpcId": "vpc",
    "SubnetId": "subnet",
    "AllocationId": "elastic-ip",
    "NetworkAclId": "network-acl",
}
"""Parameters that name a resource, and the resource type in its ARN."""

NEW = {
    "CreateSnapshot": ("snapshot",),
    "CreateSnapshots": ("snapshot", "volume"),
    "CreateImage": ("image", "snapshot"),
    "CreateSecurityGroup": ("security-group",),
    "CreateVolume": ("volume",),
    "RunInstances": ("instance", "volume", "network-interface"),
    "CopySnapshot": ("snapshot",),
}
"""Resources that a call creates: they have no id yet, so the permission is asked for `type/*`."""

PUBLIC_TYPES = ("image", "snapshot")
"""Resources whose ARN carries no account, since others may own them."""


def ec2_needs(call: Call, identity: Identity) -> list[Need]:
    """What an EC2 call needs: its action on every resource that it names or makes."""
    action = f"ec2:{call.operation}"
    if call.operation.startswith(("Describe", "List", "Search")):
        return [Need(action)]
    account = identity.account or ""
    places = [(kind, name) for parameter, kind in RESOURCES.items() for name in _named(call, parameter)]
    places += [(kind, "*") for kind in NEW.get(call.operation, ())]
    arns = [_arn(identity, call.region, account, kind, name) for kind, name in places]
    return [Need(action, arn) for arn in arns or ["*"]] + _passed_role(call, identity, account)


def _named(call: Call, parameter: str) -> list[str]:
    value: Any = call.parameters.get(parameter)
    if value is None and parameter in ("InstanceId", "VolumeId"):
        value = call.parameters.get("InstanceSpecification", {}).get(parameter)
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item]


def _arn(identity: Identity, region: str, account: str, kind: str, name: str) -> str:
    owner = "" if kind in PUBLIC_TYPES else account
    return f"arn:{identity.partition}:ec2:{region}:{owner}:{kind}/{name}"


def _passed_role(call: Call, identity: Identity, account: str) -> list[Need]:
    profile = call.parameters.get("IamInstanceProfile")
    if not isinstance(profile, dict):
        return []
    name = profile.get("Name") or str(profile.get("Arn", "")).rsplit("/", 1)[-1]
    held: Any = iam_backends[account][identity.partition].instance_profiles.get(name)
    context = {"iam:PassedToService": ("ec2.amazonaws.com",)}
    return [Need("iam:PassRole", role.arn, context=context) for role in (held.roles if held else [])]

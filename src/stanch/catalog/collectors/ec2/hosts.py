"""A host's user data is configuration in clear: what it starts, on which port, and often a secret.

Reads: instances with their metadata options, profile and user data, network interfaces, elastic addresses.
Blind to: what runs inside a host, and instances that are terminated.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.collectors._answers import items, part
from stanch.catalog.collectors._user_data import told
from stanch.catalog.collectors.ec2._listing import PAGE, Kind, arn, things
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "ec2:DescribeAddresses",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
)
_INSTANCE = Kind("instance", "DescribeInstances", "Reservations", "InstanceId")
_OTHERS = (
    Kind("network-interface", "DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    Kind("elastic-ip", "DescribeAddresses", "Addresses", "AllocationId"),
)
_TYPES_A_CALL = 100
_OF_A_TYPE = ("GpuInfo", "InferenceAcceleratorInfo", "MemoryInfo", "NetworkInfo", "NeuronInfo", "VCpuInfo")
"""What a host can load and how fast it can send; the rest of a type's two hundred facts judges nothing here."""


def collect(look: Look) -> Iterator[Thing]:
    """Every instance that exists, every interface and every elastic address of the region."""
    instances = _instances(look)
    types = _types(look, {instance["InstanceType"] for instance in instances})
    yield from look.each(lambda instance: _instance(look, instance, types), instances)
    yield from things(look, _OTHERS)


def _instances(look: Look) -> list[dict[str, Any]]:
    """An instance belongs to its reservation's owner; a terminated one holds nothing and is on its way out."""
    reservations = look.list("ec2", _INSTANCE.operation, _INSTANCE.key, of="ec2", MaxResults=PAGE)
    return [
        {**instance, "OwnerId": reservation["OwnerId"], "ReservationId": reservation["ReservationId"]}
        for reservation in items(reservations)
        for instance in reservation["Instances"]
        if instance["State"]["Name"] not in {"shutting-down", "terminated"}
    ]


def _types(look: Look, names: set[str]) -> dict[str, Any]:
    """Each instance type's facts by its name, or a marker."""
    types: dict[str, Any] = {}
    ordered = sorted(names)
    for start in range(0, len(ordered), _TYPES_A_CALL):
        asked = ordered[start : start + _TYPES_A_CALL]
        answer = look.list("ec2", "DescribeInstanceTypes", "InstanceTypes", of="ec2", InstanceTypes=asked)
        if unseen(answer):
            types |= dict.fromkeys(asked, answer)
        for one in items(answer):
            types[one["InstanceType"]] = {key: one[key] for key in _OF_A_TYPE if key in one}
    return types


def _instance(look: Look, instance: Mapping[str, Any], types: Mapping[str, Any]) -> Thing:
    name = arn(look, _INSTANCE, instance)
    asked = {"InstanceId": instance["InstanceId"], "Attribute": "userData"}
    answer = look.ask("ec2", "DescribeInstanceAttribute", of=name, **asked)
    data = {
        **instance,
        "InstanceTypeInfo": types.get(instance["InstanceType"]),
        "UserData": told(part(part(answer, "UserData"), "Value")),
    }
    return Thing("ec2/instance", name, data)

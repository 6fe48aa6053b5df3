"""EC2's older calls record lists as `{"items": [...]}` under names of their own; newer ones as one `...Request` object.

The service model tells them apart: the older calls spell `dryRun` in lower camel case. List names without an entry here
get the suffix `Set`, as most have it.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from stanch.range.recorder.names import REMOVED, SECRET, lower_camel, written_time
from stanch.range.request.call import Call

NEW_STYLE = frozenset({"DescribeHosts", "ReplaceIamInstanceProfileAssociation"})
"""Calls that the service model counts among the old ones, and CloudTrail does not."""

LISTS = {
    "InstanceIds": ("instancesSet", "instanceId"),
    "VolumeIds": ("volumeSet", "volumeId"),
    "SnapshotIds": ("snapshotSet", "snapshotId"),
    "VpcIds": ("vpcSet", "vpcId"),
    "SubnetIds": ("subnetSet", "subnetId"),
    "ImageIds": ("imagesSet", "imageId"),
    "NetworkInterfaceIds": ("networkInterfaceIdSet", "networkInterfaceId"),
    "RouteTableIds": ("routeTableIdSet", "routeTableId"),
    "InternetGatewayIds": ("internetGatewayIdSet", "internetGatewayId"),
    "DhcpOptionsIds": ("dhcpOptionsSet", "dhcpOptionsId"),
    "GroupIds": ("securityGroupIdSet", "groupId"),
    "GroupNames": ("securityGroupSet", "groupName"),
    "Groups": ("groupSet", "groupId"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "KeyNames": ("keySet", "keyName"),
    "KeyPairIds": ("keyPairIdSet", "keyPairId"),
    "Owners": ("ownersSet", "owner"),
    "OwnerIds": ("ownersSet", "owner"),
    "ExecutableUsers": ("executableBySet", "user"),
    "RestorableByUserIds": ("sharedUsersSet", "user"),
    "RegionNames": ("regionSet", "regionName"),
    "ZoneNames": ("availabilityZoneSet", "zoneName"),
    "ZoneIds": ("availabilityZoneIdSet", "zoneId"),
    "AttributeNames": ("accountAttributeNameSet", "attributeName"),
    "BundleIds": ("bundlesSet", "bundleId"),
    "PublicIps": ("publicIpsSet", "publicIp"),
    "AllocationIds": ("allocationIdsSet", "allocationId"),
    "Resources": ("resourcesSet", "resourceId"),
    "Filters": ("filterSet", ""),
    "Values": ("valueSet", "value"),
    "Tags": ("tagSet", ""),
    "IpPermissions": ("ipPermissions", ""),
    "IpRanges": ("ipRanges", ""),
    "Ipv6Ranges": ("ipv6Ranges", ""),
    "PrefixListIds": ("prefixListIds", ""),
    "UserIdGroupPairs": ("groups", ""),
    "BlockDeviceMappings": ("blockDeviceMapping", ""),
    "Add": ("add", ""),
    "Remove": ("remove", ""),
}
"""List parameter -> (its name in the record, the name of one scalar item)."""

ALWAYS = (
    "Filters",
    "IpPermissions",
    "IpRanges",
    "Ipv6Ranges",
    "PrefixListIds",
    "UserIdGroupPairs",
    "BlockDeviceMappings",
)
"""Lists that the record shows even when they are empty."""

RENAMED = {("CreateVolume", "availabilityZone"): "zone", ("CreateSecurityGroup", "description"): "groupDescription"}

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "RunInstances": {"disableApiStop": False, "disableApiTermination": False, "monitoring": {"enabled": False}},
    "StopInstances": {"force": False},
    "DeleteSnapshot": {"force": False},
    "DescribeKeyPairs": {"includePublicKey": False},
    "AttachVolume": {"deleteOnTermination": False},
}
"""What the record states although the request left it out."""

SHARING = {"createVolumePermission": "CREATE_VOLUME_PERMISSION", "launchPermission": "LAUNCH_PERMISSION"}


def is_new_style(call: Call) -> bool:
    """Whether CloudTrail wraps the call's parameters into one `...Request`."""
    shape = call.model.input_shape
    dry_run = shape.members.get("DryRun") if isinstance(shape, StructureShape) else None
    return call.operation in NEW_STYLE or (dry_run is not None and "name" not in dry_run.serialization)


def request_parameters(call: Call) -> dict[str, Any]:
    """`requestParameters` of an EC2 event."""
    sent = {name: value for name, value in call.parameters.items() if name != "DryRun"}
    if is_new_style(call):
        return {f"{call.operation}Request": _tagged(sent, call.model.input_shape) or ""}
    shape = call.model.input_shape
    if call.operation in ("ModifySnapshotAttribute", "ModifyImageAttribute"):
        return _sharing(sent)
    if call.operation == "RunInstances":
        record = _run_instances(sent, shape)
    else:
        record = _old(sent, shape, describing=call.operation.startswith("Describe"))
    record = {RENAMED.get((call.operation, name), name): value for name, value in record.items()}
    return {**DEFAULTS.get(call.operation, {}), **record}


def _old(sent: Mapping[str, Any], shape: Shape | None, describing: bool = False) -> dict[str, Any]:
    record: dict[str, Any] = {}
    members = shape.members if isinstance(shape, StructureShape) else {}
    for name, member in members.items():
        value = sent.get(name)
        if isinstance(member, ListShape):
            listed, item = LISTS.get(name, (_plural(name), lower_camel(name)))
            if value:
                record[listed] = {"items": [_item(one, member.member, item) for one in value]}
            elif name in ALWAYS or (describing and name in LISTS):
                record[listed] = {}
        elif value is not None and name.lower() in SECRET:
            record[lower_camel(name)] = REMOVED
        elif value is not None:
            record[_single(name, member)] = _value(value, member)
    return record


def _item(value: Any, shape: Shape, name: str) -> Any:
    return _old(value, shape) if isinstance(shape, StructureShape) else {name: _value(value, shape)}


def _value(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape):
        inner = _old(value, shape)
        # A boolean or a string that is wrapped, as in {"Value": true}, is recorded bare.
        return inner["value"] if set(inner) == {"value"} else inner
    return written_time(value) if shape.type_name == "timestamp" else value


def _plural(name: str) -> str:
    return f"{lower_camel(name.removesuffix('s'))}Set"


def _single(name: str, shape: Shape) -> str:
    return lower_camel(str(shape.serialization.get("name") or name))


def _run_instances(sent: Mapping[str, Any], shape: Shape | None) -> dict[str, Any]:
    wanted = ("ImageId", "MinCount", "MaxCount", "KeyName")
    record = _old({name: value for name, value in sent.items() if name not in wanted}, shape)
    record["instancesSet"] = {"items": [{lower_camel(name): sent[name] for name in wanted if name in sent}]}
    specifications = sent.get("TagSpecifications")
    if specifications:
        items = [
            {
                "resourceType": one.get("ResourceType"),
                "tags": [{"key": t["Key"], "value": t["Value"]} for t in one["Tags"]],
            }
            for one in specifications
        ]
        record["tagSpecificationSet"] = {"items": items}
    return record


def _sharing(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Both ways of sharing a snapshot or an image are recorded alike."""
    record: dict[str, Any] = {lower_camel(name): value for name, value in sent.items() if isinstance(value, str)}
    attribute = record.pop("attribute", None)
    for name in ("CreateVolumePermission", "LaunchPermission"):
        change = sent.get(name) or {}
        parts = {verb: list(change.get(verb) or []) for verb in ("Add", "Remove")}
        verb = str(record.get("operationType", "")).capitalize()
        if attribute == lower_camel(name) and verb in parts:
            parts[verb] += [{"UserId": user} for user in sent.get("UserIds", [])]
            parts[verb] += [{"Group": group} for group in sent.get("GroupNames", sent.get("UserGroups", []))]
        if any(parts.values()):
            record[lower_camel(name)] = {
                lower_camel(verb): {"items": [{lower_camel(k): v for k, v in one.items()} for one in entries]}
                for verb, entries in parts.items()
                if entries
            }
            record["attributeType"] = SHARING[lower_camel(name)]
    record.pop("operationType", None)
    return record


def _tagged(value: Any, shape: Shape | None) -> Any:
    """The newer calls keep the names of the wire; list items carry their place as `tag`."""
    if not isinstance(shape, StructureShape):
        return value
    record: dict[str, Any] = {}
    for name, member in shape.members.items():
        if name in value:
            wire = str(member.serialization.get("queryName") or member.serialization.get("name") or name)
            sent = value[name]
            tagged = _tagged_list(sent, member.member) if isinstance(member, ListShape) else _tagged(sent, member)
            record[wire[:1].upper() + wire[1:]] = tagged
    return record


def _tagged_list(values: list[Any], shape: Shape) -> Any:
    items = [
        {**_tagged(one, shape), "tag": at} if isinstance(shape, StructureShape) else {"content": one, "tag": at}
        for at, one in enumerate(values, start=1)
    ]
    return items[0] if len(items) == 1 else items


def response_elements(answer: Mapping[str, Any], shape: Shape | None, request_id: str) -> dict[str, Any]:
    """`responseElements` of an EC2 event: the names of the XML answer, lists as items."""
    record = {"requestId": request_id}
    members = shape.members if isinstance(shape, StructureShape) else {}
    if not members:
        return {**record, "_return": True}
    return {**record, **_answered(answer, shape)}


def _answered(value: Any, shape: Shape | None) -> Any:
    if isinstance(shape, StructureShape):
        record: dict[str, Any] = {}
        for name, member in shape.members.items():
            if name in value and value[name] is not None and name.lower() not in SECRET:
                key = str(member.serialization.get("name") or lower_camel(name))
                record["_return" if key == "return" else key] = _answered(value[name], member)
        return record
    if isinstance(shape, ListShape):
        items = [_answered(one, shape.member) for one in value]
        wrapped = [one if isinstance(one, dict) else {"item": one} for one in items]
        return {"items": wrapped} if wrapped else {}
    if shape is not None and shape.type_name == "timestamp":
        return int(value.timestamp() * 1000)
    return value

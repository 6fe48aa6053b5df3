"""A connection that a security group tracks outlives the group's removal; one that it does not track dies at once.

A flow is untracked only while the rules of the interface allow all traffic both ways: the open group makes it so, and
the empty group then cuts it. Both are made for one instance of one incident; a group is never trusted for its name.
"""

from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Wait
from stanch.contracts.aws import Aws, AwsAbsent, AwsError

_ALL: tuple[dict[str, Any], ...] = (
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
)
_SOURCES = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")


def find(aws: Aws, name: str, vpc: str) -> dict[str, Any] | None:
    """The security group of this name in this VPC, or None."""
    wanted = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc]}]
    found = aws.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=wanted)
    return found[0] if found else None


def ensure(aws: Aws, name: str, vpc: str, incident: str, wait: Wait, *, open_to_all: bool) -> str:
    """The id of the group with exactly the rules it must have: none at all, or everything both ways."""
    group = find(aws, name, vpc) or _create(aws, name, vpc, incident, wait)
    wanted = rules_of_all() if open_to_all else frozenset()
    for way, found in (("Ingress", group["IpPermissions"]), ("Egress", group["IpPermissionsEgress"])):
        if rules(found) != wanted:
            _replace(aws, str(group["GroupId"]), way, open_to_all=open_to_all)
    return str(group["GroupId"])


def swap(aws: Aws, groups: Mapping[str, str]) -> None:
    """Give each interface its one group; the first AwsError is raised only when each has been tried."""
    failed: list[AwsError] = []
    for eni, group in groups.items():
        try:
            aws.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=[group])
        except AwsError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def is_empty(group: Mapping[str, Any]) -> bool:
    """Whether the group lets nothing in and nothing out."""
    return not group.get("IpPermissions") and not group.get("IpPermissionsEgress")


def remove(aws: Aws, name: str, vpc: str) -> bool:
    """Delete the group of this name; False while it is in use, which EC2 believes for some seconds after it was."""
    group = find(aws, name, vpc)
    if group is None:
        return True
    try:
        aws.call("ec2", "DeleteSecurityGroup", GroupId=group["GroupId"])
    except AwsAbsent:
        return True
    except AwsError as error:
        if error.code != "DependencyViolation":
            raise
        return False
    return True


def rules(permissions: list[dict[str, Any]]) -> frozenset[tuple[str, str]]:
    """A group's rules as (protocol and ports, source) pairs, however AWS has bundled them."""
    return frozenset(
        (f"{entry['IpProtocol']}:{entry.get('FromPort', '')}-{entry.get('ToPort', '')}", _source(source))
        for entry in permissions
        for kind in _SOURCES
        for source in entry.get(kind) or ()
    )


def rules_of_all() -> frozenset[tuple[str, str]]:
    """The rules of the open group, in one direction."""
    return rules(list(_ALL))


def _source(source: Mapping[str, Any]) -> str:
    for key in ("CidrIp", "CidrIpv6", "PrefixListId", "GroupId"):
        if source.get(key):
            return str(source[key])
    return str(sorted(source.items()))


def _create(aws: Aws, name: str, vpc: str, incident: str, wait: Wait) -> dict[str, Any]:
    tags = [{"Key": "stanch:incident", "Value": incident}]
    aws.call(
        "ec2",
        "CreateSecurityGroup",
        GroupName=name,
        Description=f"stanch: {name}",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )
    settled(lambda: find(aws, name, vpc) is not None, wait)
    made = find(aws, name, vpc)
    if made is None:
        raise AwsAbsent("ec2:DescribeSecurityGroups", "InvalidGroup.NotFound", f"{name} was made and is not seen yet")
    return made


def _replace(aws: Aws, group: str, way: str, *, open_to_all: bool) -> None:
    """Revoke each rule by its id, which fits whatever source the rule names, then allow everything where asked to."""
    here = [{"Name": "group-id", "Values": [group]}]
    found = aws.pages("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", Filters=here)
    ids = sorted(str(rule["SecurityGroupRuleId"]) for rule in found if rule["IsEgress"] == (way == "Egress"))
    if ids:
        aws.call("ec2", f"RevokeSecurityGroup{way}", GroupId=group, SecurityGroupRuleIds=ids)
    if open_to_all:
        aws.call("ec2", f"AuthorizeSecurityGroup{way}", GroupId=group, IpPermissions=list(_ALL))

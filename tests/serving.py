"""The lines of a snapshot that a serving host is made of: itself, its network, its role and its store."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from tests.posturing import ACCOUNT, REGION

Line = dict[str, Any]
HOST = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0a1b2c3d4e5f60718"
GROUP = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0a1b2c3d4e5f60718"
SUBNET = f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-0a1b2c3d4e5f60718"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/serving"
VPC, ADDRESS = "vpc-0a1b2c3d4e5f60718", "203.0.113.10"
ANYWHERE = {"CidrIp": "0.0.0.0/0"}
WEIGHTS = """
[[asset]]
name = "llama"
kind = "weights"
where = "s3://acme-weights/llama/"
"""


def ec2(kind: str, name: str, **data: Any) -> Line:
    """A thing of EC2."""
    return {"kind": f"ec2/{kind}", "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{name}", "data": data}


def allow(port: int | None = None, *, protocol: str = "tcp", to: int | None = None, **sources: Any) -> Line:
    """A security group's rule; without a port all traffic, without sources from anywhere."""
    ports = {} if port is None else {"FromPort": port, "ToPort": to or port}
    told = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": [], **sources}
    if not sources:
        told["IpRanges"] = [ANYWHERE]
    return {"IpProtocol": "-1" if port is None else protocol, **ports, **told}


def host(*, public: bool = True, gpu: bool = True, role: bool = True, **more: Any) -> Line:
    """An instance with one interface."""
    interface = {
        "NetworkInterfaceId": "eni-0a1b2c3d4e5f60718",
        "SubnetId": SUBNET.rpartition("/")[2],
        "VpcId": VPC,
        "PrivateIpAddress": "10.0.1.10",
        "Groups": [{"GroupId": GROUP.rpartition("/")[2], "GroupName": "serving"}],
        "Ipv6Addresses": [],
        **({"Association": {"PublicIp": ADDRESS, "IpOwnerId": "amazon"}} if public else {}),
    }
    gpus = {"GpuInfo": {"Gpus": [{"Name": "A10G", "Count": 1}], "TotalGpuMemoryInMiB": 22888}} if gpu else {}
    cards = [{"NetworkCardIndex": 0, "BaselineBandwidthInGbps": 2.5, "PeakBandwidthInGbps": 10.0}]
    data = {
        "InstanceId": HOST.rpartition("/")[2],
        "InstanceType": "g5.xlarge" if gpu else "t3.micro",
        "InstanceTypeInfo": {**gpus, "NetworkInfo": {"NetworkPerformance": "Up to 10 Gigabit", "NetworkCards": cards}},
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "NetworkInterfaces": [interface],
        "State": {"Code": 16, "Name": "running"},
        "UserData": None,
        **({"IamInstanceProfile": {"Arn": ROLE.replace(":role/", ":instance-profile/")}} if role else {}),
        **more,
    }
    return {"kind": "ec2/instance", "arn": HOST, "data": data}


def network(
    *,
    inside: Sequence[Mapping[str, Any]] = (),
    outside: Sequence[Mapping[str, Any]] = (allow(),),
    target: Mapping[str, str] | None = None,
    entries: Sequence[Mapping[str, Any]] | None = None,
) -> list[Line]:
    """The group with these rules in and out, the subnet's routes with this one to everywhere, and its list."""
    subnet, local = SUBNET.rpartition("/")[2], {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}
    routes = [{**local, "State": "active"}]
    if target:
        routes.append({"DestinationCidrBlock": "0.0.0.0/0", **target, "State": "active"})
    everything = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100}
    nothing = {**everything, "RuleAction": "deny", "RuleNumber": 32767}
    acl = entries or [{**one, "Egress": way} for one in (everything, nothing) for way in (True, False)]
    name = GROUP.rpartition("/")[2]
    return [
        ec2("vpc", VPC, VpcId=VPC, CidrBlock="10.0.0.0/16"),
        ec2("subnet", subnet, SubnetId=subnet, VpcId=VPC, CidrBlock="10.0.1.0/24"),
        ec2("security-group", name, GroupId=name, VpcId=VPC, IpPermissions=[*inside], IpPermissionsEgress=[*outside]),
        ec2(
            "route-table", "rtb-1", RouteTableId="rtb-1", VpcId=VPC, Routes=routes, Associations=[{"SubnetId": subnet}]
        ),
        ec2("network-acl", "acl-1", NetworkAclId="acl-1", VpcId=VPC, Entries=acl, Associations=[{"SubnetId": subnet}]),
    ]


IGW = {"GatewayId": "igw-0a1b2c3d4e5f60718"}


def role(*resources: str) -> Line:
    """The host's role, which may read these objects."""
    profile = {"Arn": ROLE.replace(":role/", ":instance-profile/"), "InstanceProfileName": "serving"}
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": list(resources)}
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    data = {
        "Arn": ROLE,
        "RoleName": "serving",
        "RoleId": "AROAEXAMPLEEXAMPLE001",
        "Path": "/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [{"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [reads]}}]
        if resources
        else [],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [profile],
        "Tags": [],
    }
    return {"kind": "iam/role", "arn": ROLE, "data": data}


def bucket(name: str = "acme-weights", **data: Any) -> Line:
    """A bucket of the account."""
    told = {"Name": name, "BucketRegion": REGION, "Policy": None, "Acl": None, **data}
    return {"kind": "s3/bucket", "arn": f"arn:aws:s3:::{name}", "data": told}


def without(line: Line, *keys: str) -> Line:
    """The same thing without some of its facts."""
    other = copy.deepcopy(line)
    for key in keys:
        other["data"].pop(key, None)
    return other

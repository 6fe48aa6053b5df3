"""The collector of the network against the range, and against recorded answers for what the range does not hold."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground, document
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors.ec2 import network

ELSEWHERE = "eu-west-1"
OUTSIDE = {"DestinationCidrBlock": "0.0.0.0/0"}
OPEN = [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]
LISTS = {
    "DescribeEgressOnlyInternetGateways": ("EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    "DescribeFlowLogs": ("FlowLogs", "FlowLogId"),
    "DescribeInternetGateways": ("InternetGateways", "InternetGatewayId"),
    "DescribeManagedPrefixLists": ("PrefixLists", "PrefixListId"),
    "DescribeNatGateways": ("NatGateways", "NatGatewayId"),
    "DescribeNetworkAcls": ("NetworkAcls", "NetworkAclId"),
    "DescribeRouteTables": ("RouteTables", "RouteTableId"),
    "DescribeSecurityGroups": ("SecurityGroups", "GroupId"),
    "DescribeSubnets": ("Subnets", "SubnetId"),
    "DescribeTransitGatewayAttachments": ("TransitGatewayAttachments", "TransitGatewayAttachmentId"),
    "DescribeVpcEndpointServiceConfigurations": ("ServiceConfigurations", "ServiceId"),
    "DescribeVpcEndpoints": ("VpcEndpoints", "VpcEndpointId"),
    "DescribeVpcPeeringConnections": ("VpcPeeringConnections", "VpcPeeringConnectionId"),
    "DescribeVpcs": ("Vpcs", "VpcId"),
    "DescribeVpnGateways": ("VpnGateways", "VpnGatewayId"),
}


def furnished(aws: Door) -> dict[str, str]:
    """A network with its ways out, by the type of each part."""

    def made(operation: str, key: str, name: str, **params: Any) -> str:
        return str(aws.call("ec2", operation, **params)[key][name])

    vpc = made("CreateVpc", "Vpc", "VpcId", CidrBlock="10.40.0.0/16")
    subnet = made("CreateSubnet", "Subnet", "SubnetId", VpcId=vpc, CidrBlock="10.40.1.0/24")
    gateway = made("CreateInternetGateway", "InternetGateway", "InternetGatewayId")
    aws.call("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    table = made("CreateRouteTable", "RouteTable", "RouteTableId", VpcId=vpc)
    aws.call("ec2", "CreateRoute", RouteTableId=table, GatewayId=gateway, **OUTSIDE)
    prefixes = {"AddressFamily": "IPv4", "MaxEntries": 5, "Entries": [{"Cidr": "0.0.0.0/0"}]}
    endpoint = {"ServiceName": f"com.amazonaws.{ELSEWHERE}.s3", "PolicyDocument": document(OPEN)}
    log: dict[str, Any] = {"ResourceIds": [vpc], "ResourceType": "VPC", "LogDestinationType": "s3"}
    place = {"LocationConstraint": ELSEWHERE}
    bucket = f"flow-{vpc}"
    aws.call("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=place)
    logged = aws.call("ec2", "CreateFlowLogs", LogDestination=f"arn:aws:s3:::{bucket}", TrafficType="ALL", **log)
    return {
        "vpc": vpc,
        "subnet": subnet,
        "internet-gateway": gateway,
        "route-table": table,
        "security-group": str(
            aws.call("ec2", "CreateSecurityGroup", GroupName="open", Description="open", VpcId=vpc)["GroupId"]
        ),
        "network-acl": made("CreateNetworkAcl", "NetworkAcl", "NetworkAclId", VpcId=vpc),
        "prefix-list": made(
            "CreateManagedPrefixList", "PrefixList", "PrefixListId", PrefixListName="everywhere", **prefixes
        ),
        "vpc-endpoint": made("CreateVpcEndpoint", "VpcEndpoint", "VpcEndpointId", VpcId=vpc, **endpoint),
        "natgateway": made("CreateNatGateway", "NatGateway", "NatGatewayId", SubnetId=subnet),
        "vpc-flow-log": logged["FlowLogIds"][0],
    }


def test_the_network_is_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    made = furnished(owner)
    aws = reader(owner, network)
    things, unknowns = collected(network, aws)
    assert unknowns == []
    assert set(network.PERMISSIONS) - aws.needed <= {"ec2:DescribeVpcEndpointServicePermissions"}
    found = {kind: things[f"arn:aws:ec2:{ELSEWHERE}:{ground.account}:{kind}/{name}"] for kind, name in made.items()}
    assert all(thing.kind == f"ec2/{kind}" for kind, thing in found.items())
    assert found["prefix-list"].data["Entries"] == [{"Cidr": "0.0.0.0/0"}]
    assert found["vpc-endpoint"].data["PolicyDocument"]["Statement"] == OPEN
    routes = found["route-table"].data["Routes"]
    assert {route.get("GatewayId") for route in routes} == {"local", made["internet-gateway"]}
    of_aws = [thing for thing in things.values() if thing.kind == "ec2/prefix-list" and thing.data["OwnerId"] == "AWS"]
    assert of_aws
    assert all("Entries" not in thing.data for thing in of_aws)


def account(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> RecordedAws:
    """An account whose lists hold this, a page each; those that are not named are empty."""
    lists = {
        f"ec2:{operation}": turned(key, "NextToken", "NextToken", found[operation])
        if operation in found
        else says({key: []})
        for operation, (key, _) in LISTS.items()
    }
    return RecordedAws(
        {
            **lists,
            "ec2:DescribeVpcEndpointServicePermissions": turned(
                "AllowedPrincipals",
                "NextToken",
                "NextToken",
                [{"Principal": "*"}, {"Principal": "arn:aws:iam::1:root"}],
            ),
            "ec2:GetManagedPrefixListEntries": turned(
                "Entries", "NextToken", "NextToken", [{"Cidr": "10.0.0.0/8"}, {"Cidr": "0.0.0.0/0"}]
            ),
        }
    )


def full() -> RecordedAws:
    """One thing of each kind."""
    found: dict[str, list[dict[str, Any]]] = {
        operation: [{name: f"{name}-1"}] for operation, (_, name) in LISTS.items()
    }
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:prefix-list/pl-1"
    found["DescribeManagedPrefixLists"] = [{"PrefixListId": "pl-1", "PrefixListArn": arn, "OwnerId": ACCOUNT}]
    return account(found)


def test_there_is_a_thing_of_every_kind_and_each_permission_is_needed() -> None:
    aws = full()
    things, unknowns = collected(network, aws)
    assert unknowns == []
    assert len(things) == len(LISTS)
    assert {name.replace("ec2:", "") for name, _ in aws.calls} == {
        permission.replace("ec2:", "") for permission in network.PERMISSIONS
    }


def test_each_denied_permission_is_told_and_nothing_is_invented() -> None:
    survives_denials(network, full())


def test_every_page_is_read() -> None:
    two = [{"ServiceId": "vpce-svc-1"}, {"ServiceId": "vpce-svc-2"}]
    groups = [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}, {"GroupId": "sg-3"}]
    things, _ = collected(
        network, account({"DescribeVpcEndpointServiceConfigurations": two, "DescribeSecurityGroups": groups})
    )
    assert sorted(thing.kind for thing in things.values()) == [
        *["ec2/security-group"] * 3,
        *["ec2/vpc-endpoint-service"] * 2,
    ]
    service = things[f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-endpoint-service/vpce-svc-2"]
    assert [one["Principal"] for one in service.data["AllowedPrincipals"]] == ["*", "arn:aws:iam::1:root"]


def test_what_a_neighbour_shares_is_named_by_its_owner() -> None:
    things, _ = collected(network, account({"DescribeSubnets": [{"SubnetId": "subnet-1", "OwnerId": "444455556666"}]}))
    assert list(things) == [f"arn:aws:ec2:{REGION}:444455556666:subnet/subnet-1"]


def test_an_endpoint_without_a_policy_has_none() -> None:
    things, _ = collected(network, account({"DescribeVpcEndpoints": [{"VpcEndpointId": "vpce-1"}]}))
    assert [thing.data["PolicyDocument"] for thing in things.values()] == [None]


def test_a_region_without_a_network_takes_a_call_for_each_list() -> None:
    aws = account({})
    assert collected(network, aws) == ({}, [])
    assert len(aws.calls) == len(LISTS)

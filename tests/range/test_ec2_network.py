"""Network ACLs, gateways, addresses, and what is set on an instance."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.range.accounts import Account

from stanch.range.patches.ec2_network import RULES, public_address
from stanch.range.stage import Staged


@pytest.fixture
def acl(staged: Staged, ours: Account) -> str:
    return str(ours.ec2.create_network_acl(VpcId=staged.host.vpc_id)["NetworkAcl"]["NetworkAclId"])


def add(ours: Account, acl: str, number: int, *, egress: bool) -> None:
    rule: dict[str, Any] = {"Protocol": "-1", "RuleAction": "deny", "CidrBlock": f"203.0.113.{number}/32"}
    ours.ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=number, Egress=egress, **rule)


def test_an_acl_takes_twenty_rules_each_way_and_no_more(ours: Account, acl: str) -> None:
    for number in range(1, RULES + 1):
        add(ours, acl, number, egress=True)
    with pytest.raises(ClientError, match="NetworkAclEntryLimitExceeded"):
        add(ours, acl, RULES + 1, egress=True)
    add(ours, acl, 1, egress=False)


def test_a_rule_that_is_not_there_cannot_be_deleted(ours: Account, acl: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidNetworkAclEntry\.NotFound"):
        ours.ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=7, Egress=True)


def test_the_interfaces_of_gateways_and_endpoints_say_what_they_are(staged: Staged, ours: Account) -> None:
    vpc = staged.host.vpc_id
    subnet = ours.ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.77.0/24")["Subnet"]["SubnetId"]
    ours.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
    service = f"com.amazonaws.{staged.region}.s3"
    ours.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Interface", SubnetIds=[subnet])
    here = [{"Name": "subnet-id", "Values": [subnet]}]
    found = ours.ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"]
    assert sorted(eni["InterfaceType"] for eni in found) == ["nat_gateway", "vpc_endpoint"]
    assert all(eni["RequesterManaged"] for eni in found)


def test_no_two_elastic_addresses_are_the_same() -> None:
    drawn = [public_address() for _ in range(2000)]
    assert len(set(drawn)) == len(drawn)


def test_one_metadata_option_leaves_the_others_and_a_shutdown_does_what_was_set(staged: Staged, ours: Account) -> None:
    host = staged.second_host
    ours.ec2.modify_instance_metadata_options(InstanceId=host, HttpTokens="required", HttpPutResponseHopLimit=3)
    ours.ec2.modify_instance_metadata_options(InstanceId=host, InstanceMetadataTags="enabled")
    seen = ours.ec2.describe_instances(InstanceIds=[host])["Reservations"][0]["Instances"][0]
    assert (seen["MetadataOptions"]["HttpTokens"], seen["MetadataOptions"]["HttpPutResponseHopLimit"]) == (
        "required",
        3,
    )
    ours.ec2.modify_instance_attribute(InstanceId=host, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    held = ours.ec2.describe_instance_attribute(InstanceId=host, Attribute="instanceInitiatedShutdownBehavior")
    assert held["InstanceInitiatedShutdownBehavior"] == {"Value": "terminate"}
    after = ours.ec2.describe_instances(InstanceIds=[host])["Reservations"][0]["Instances"][0]
    assert after["SecurityGroups"] == seen["SecurityGroups"]

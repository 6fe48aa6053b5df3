"""The collector of hosts against the range, and against recorded answers for pages and for a host that is gone."""

import json
from typing import Any

from tests.collecting import collected, lacks, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors.ec2 import hosts
from stanch.contracts.collector import unseen

ELSEWHERE = "eu-west-1"
IMAGE = "ami-0c2b8ca1dad447f8a"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCRIPT = f"#!/bin/sh\nexport AWS_SECRET_ACCESS_KEY={SECRET}\ndocker run -p 8000:8000 vllm/vllm-openai\n"


def arn(kind: str, name: str, region: str = ELSEWHERE, account: str = ACCOUNT) -> str:
    return f"arn:aws:ec2:{region}:{account}:{kind}/{name}"


def started(aws: Door, **params: Any) -> str:
    asked = {"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", **params}
    return str(aws.call("ec2", "RunInstances", **asked)["Instances"][0]["InstanceId"])


def test_hosts_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    inference = started(owner, UserData=SCRIPT, InstanceType="g5.xlarge", MetadataOptions={"HttpTokens": "required"})
    bare, ended = started(owner), started(owner)
    owner.call("ec2", "TerminateInstances", InstanceIds=[ended])
    address = owner.call("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
    owner.call("ec2", "AssociateAddress", InstanceId=inference, AllocationId=address)
    aws = reader(owner, hosts)
    things, unknowns = collected(hosts, aws)
    assert unknowns == []
    assert aws.needed == set(hosts.PERMISSIONS)
    told = things[arn("instance", inference, account=ground.account)]
    assert told.kind == "ec2/instance"
    assert told.data["MetadataOptions"]["HttpTokens"] == "required"
    assert told.data["OwnerId"] == ground.account
    assert "docker run -p 8000:8000 vllm/vllm-openai" in told.data["UserData"]["Text"]
    assert told.data["UserData"]["Masked"] is True
    assert told.data["InstanceTypeInfo"]["GpuInfo"]["Gpus"][0]["Count"] == 1
    assert told.data["InstanceTypeInfo"]["NetworkInfo"]["NetworkPerformance"] == "Up to 10 Gigabit"
    assert things[arn("instance", bare, account=ground.account)].data["UserData"] is None
    assert arn("instance", ended, account=ground.account) not in things
    assert things[arn("elastic-ip", address, account=ground.account)].data["InstanceId"] == inference
    interface = told.data["NetworkInterfaces"][0]["NetworkInterfaceId"]
    assert things[arn("network-interface", interface, account=ground.account)].data["Groups"]
    assert SECRET not in json.dumps([thing.data for thing in things.values()], default=str)


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    started(owner, UserData=SCRIPT)
    survives_denials(hosts, reader(owner, hosts))


def account(**answers: Any) -> RecordedAws:
    """Two hosts, a page each."""
    found = [
        {"OwnerId": ACCOUNT, "ReservationId": f"r-{number}", "Instances": [instance(f"i-{number}")]}
        for number in (1, 2)
    ]
    operations = {
        "ec2:DescribeInstances": turned("Reservations", "NextToken", "NextToken", found),
        "ec2:DescribeInstanceTypes": says({"InstanceTypes": [{"InstanceType": "p5.48xlarge"}]}),
        "ec2:DescribeInstanceAttribute": says({"UserData": {}}),
        "ec2:DescribeNetworkInterfaces": turned(
            "NetworkInterfaces",
            "NextToken",
            "NextToken",
            [{"NetworkInterfaceId": "eni-1", "OwnerId": ACCOUNT}, {"NetworkInterfaceId": "eni-2", "OwnerId": ACCOUNT}],
        ),
        "ec2:DescribeAddresses": says({"Addresses": []}),
    }
    return RecordedAws({**operations, **answers})


def instance(name: str) -> dict[str, Any]:
    return {"InstanceId": name, "InstanceType": "p5.48xlarge", "State": {"Name": "running"}}


def test_every_page_is_read_and_a_type_is_asked_for_once() -> None:
    aws = account()
    things, unknowns = collected(hosts, aws)
    assert unknowns == []
    assert sorted(things) == [
        arn("instance", "i-1", REGION),
        arn("instance", "i-2", REGION),
        arn("network-interface", "eni-1", REGION),
        arn("network-interface", "eni-2", REGION),
    ]
    asked = [params for name, params in aws.calls if name == "ec2:DescribeInstanceTypes"]
    assert asked == [{"InstanceTypes": ["p5.48xlarge"]}]
    assert all(params["MaxResults"] for name, params in aws.calls if name == "ec2:DescribeInstances")


def test_a_host_that_goes_meanwhile_is_unseen_and_not_without_user_data() -> None:
    gone = lacks("ec2:DescribeInstanceAttribute", "InvalidInstanceID.NotFound")
    things, unknowns = collected(hosts, account(**{"ec2:DescribeInstanceAttribute": gone}))
    assert [unknown.of for unknown in unknowns] == [arn("instance", "i-1", REGION), arn("instance", "i-2", REGION)]
    assert all("gone" in unknown.why for unknown in unknowns)
    assert unseen(things[arn("instance", "i-1", REGION)].data["UserData"])


def test_a_region_without_hosts_takes_three_calls() -> None:
    aws = account(
        **{
            "ec2:DescribeInstances": says({"Reservations": []}),
            "ec2:DescribeNetworkInterfaces": says({"NetworkInterfaces": []}),
        }
    )
    assert collected(hosts, aws) == ({}, [])
    assert len(aws.calls) == 3

"""The collector of Auto Scaling against the range, and against recorded answers for versions and pages."""

import base64
import json
from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, Operation, RecordedAws, State

from stanch.aws import Door
from stanch.catalog.collectors import autoscaling
from stanch.contracts.aws import AwsAbsent
from stanch.contracts.collector import unseen

ELSEWHERE = "eu-west-1"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCRIPT = f"#!/bin/sh\nexport AWS_SECRET_ACCESS_KEY={SECRET}\nollama serve\n"
ENCODED = base64.b64encode(SCRIPT.encode()).decode()
IMAGE = "ami-0c2b8ca1dad447f8a"
TEMPLATE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:launch-template/lt-1"


def furnished(ground: Ground, aws: Door) -> dict[str, str]:
    """A template of three versions, a group that starts from the first, a launch configuration."""
    name = ground.name("serving")
    data = {"ImageId": IMAGE, "InstanceType": "g5.xlarge", "UserData": ENCODED}
    made = aws.call("ec2", "CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=data)["LaunchTemplate"]
    template = made["LaunchTemplateId"]
    for kind in ("g6.xlarge", "p5.48xlarge"):
        newer = {"ImageId": IMAGE, "InstanceType": kind}
        aws.call("ec2", "CreateLaunchTemplateVersion", LaunchTemplateId=template, LaunchTemplateData=newer)
    aws.call("ec2", "ModifyLaunchTemplate", LaunchTemplateId=template, DefaultVersion="3")
    subnet = aws.call("ec2", "DescribeSubnets")["Subnets"][0]["SubnetId"]
    aws.call(
        "autoscaling",
        "CreateAutoScalingGroup",
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=2,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        VPCZoneIdentifier=subnet,
    )
    aws.call(
        "autoscaling",
        "CreateLaunchConfiguration",
        LaunchConfigurationName=name,
        ImageId=IMAGE,
        InstanceType="g5.xlarge",
        UserData=SCRIPT,
    )
    return {"name": name, "template": f"arn:aws:ec2:{ELSEWHERE}:{aws.account}:launch-template/{template}"}


def test_groups_and_templates_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    made = furnished(ground, owner)
    aws = reader(owner, autoscaling)
    things, unknowns = collected(autoscaling, aws)
    assert unknowns == []
    assert aws.needed == set(autoscaling.PERMISSIONS)
    by_name = {thing.data.get("AutoScalingGroupName"): thing for thing in things.values()}
    assert by_name[made["name"]].kind == "autoscaling/group"
    (old,) = [one for one in things.values() if one.data.get("LaunchConfigurationName") == made["name"]]
    assert old.kind == "autoscaling/launch-configuration"
    assert "ollama serve" in old.data["UserData"]["Text"]
    template = things[made["template"]].data
    ((current,), (pinned,)) = template["Versions"], template["PinnedVersions"]
    assert (current["VersionNumber"], pinned["VersionNumber"]) == (3, 1)
    assert current["LaunchTemplateData"]["UserData"] is None
    assert pinned["LaunchTemplateData"]["UserData"]["Masked"] is True
    told = json.dumps([thing.data for thing in things.values()], default=str)
    assert SECRET not in told
    assert ENCODED not in told


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    furnished(ground, owner)
    survives_denials(autoscaling, reader(owner, autoscaling))


def group(name: str, **started_from: Any) -> dict[str, Any]:
    shape = {"MinSize": 0, "MaxSize": 1, "DesiredCapacity": 0, "DefaultCooldown": 300, "AvailabilityZones": ["a"]}
    arn = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/{name}"
    made = {"CreatedTime": "2026-11-01T00:00:00Z", "HealthCheckType": "EC2"}
    return {"AutoScalingGroupName": name, "AutoScalingGroupARN": arn, **shape, **made, **started_from}


def versions(state: State, params: Any) -> dict[str, Any]:
    asked = [5] if params["Versions"] == ["$Default", "$Latest"] else [int(one) for one in params["Versions"]]
    told = [{"LaunchTemplateId": "lt-1", "VersionNumber": one, "LaunchTemplateData": {}} for one in asked]
    return {"LaunchTemplateVersions": told}


def account(groups: list[dict[str, Any]], of_versions: Operation = versions) -> RecordedAws:
    named = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "serving"}
    return RecordedAws(
        {
            "autoscaling:DescribeAutoScalingGroups": turned("AutoScalingGroups", "NextToken", "NextToken", groups)
            if groups
            else says({"AutoScalingGroups": []}),
            "autoscaling:DescribeLaunchConfigurations": says({"LaunchConfigurations": []}),
            "ec2:DescribeLaunchTemplates": says({"LaunchTemplates": [named] if groups else []}),
            "ec2:DescribeLaunchTemplateVersions": of_versions,
        }
    )


def test_a_version_is_read_however_a_group_names_its_template() -> None:
    by_id = {"LaunchTemplateId": "lt-1", "Version": "2"}
    by_name = {"LaunchTemplateName": "serving", "Version": "3"}
    latest = {"LaunchTemplateId": "lt-1", "Version": "$Latest"}
    mixed = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": latest,
            "Overrides": [{"LaunchTemplateSpecification": by_name}],
        }
    }
    aws = account([group("plain", LaunchTemplate=by_id), group("mixed", MixedInstancesPolicy=mixed)])
    things, unknowns = collected(autoscaling, aws)
    assert unknowns == []
    assert [one["VersionNumber"] for one in things[TEMPLATE].data["Versions"]] == [5]
    assert [one["VersionNumber"] for one in things[TEMPLATE].data["PinnedVersions"]] == [2, 3]
    asked = [params["Versions"] for name, params in aws.calls if name == "ec2:DescribeLaunchTemplateVersions"]
    assert asked == [["$Default", "$Latest"], ["2", "3"]]


def test_templates_that_no_group_pins_take_one_call_together() -> None:
    aws = account([group("plain", LaunchTemplate={"LaunchTemplateId": "lt-1", "Version": "5"})])
    collected(autoscaling, aws)
    assert len([name for name, _ in aws.calls if name == "ec2:DescribeLaunchTemplateVersions"]) == 1


def test_a_version_that_is_gone_is_unseen_and_costs_the_others_nothing() -> None:
    def gone(state: State, params: Any) -> dict[str, Any]:
        if params["Versions"] == ["2"]:
            code = "InvalidLaunchTemplateId.VersionNotFound"
            raise AwsAbsent("ec2:DescribeLaunchTemplateVersions", code, "no such version")
        return versions(state, params)

    aws = account([group("plain", LaunchTemplate={"LaunchTemplateId": "lt-1", "Version": "2"})], gone)
    things, unknowns = collected(autoscaling, aws)
    assert [unknown.of for unknown in unknowns] == [TEMPLATE]
    assert unseen(things[TEMPLATE].data["PinnedVersions"])
    assert [one["VersionNumber"] for one in things[TEMPLATE].data["Versions"]] == [5]


def test_a_region_without_groups_takes_three_calls() -> None:
    aws = account([])
    assert collected(autoscaling, aws) == ({}, [])
    assert len(aws.calls) == 3

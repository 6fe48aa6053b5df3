"""A group replaces the host it loses from its launch template; whoever changed that infects the next one too."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stanch.contracts.aws import Aws, AwsError

PERMISSIONS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLaunchConfigurations",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeImages",
)


def described(aws: Aws, name: str) -> dict[str, Any] | None:
    """One Auto Scaling group, None where there is none of that name."""
    found = aws.pages("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups", AutoScalingGroupNames=[name])
    return found[0] if found else None


def replaces(group: Mapping[str, Any]) -> bool:
    """Whether the group starts another host in the place of one that it loses."""
    return "Launch" not in {str(process.get("ProcessName")) for process in group.get("SuspendedProcesses") or ()}


def is_full(group: Mapping[str, Any]) -> bool:
    """Whether a host that comes back from standby would be one too many."""
    return int(group.get("DesiredCapacity") or 0) >= int(group.get("MaxSize") or 0)


def changed_since(aws: Aws, group: Mapping[str, Any], since: datetime) -> list[str]:
    """In words, what the group starts hosts from and was made after this moment; and what could not be looked at."""
    name = group.get("AutoScalingGroupName")
    told: list[str] = []
    try:
        told.extend(f"{name} starts its next host from {what}: look at it first" for what in _new(aws, group, since))
    except AwsError as error:
        told.append(f"what {name} starts its next host from could not be seen: {error.code}")
    return told


def _new(aws: Aws, group: Mapping[str, Any], since: datetime) -> Iterator[str]:
    images = set()
    for template in _templates(group):
        version = _version(aws, template)
        images.add(str(version.get("LaunchTemplateData", {}).get("ImageId") or ""))
        if version and version["CreateTime"] >= since:
            maker = f"made by {version.get('CreatedBy')} after the incident began"
            yield f"version {version['VersionNumber']} of {version['LaunchTemplateId']}, {maker}"
    configuration = group.get("LaunchConfigurationName")
    if configuration:
        asked: dict[str, Any] = {"LaunchConfigurationNames": [configuration]}
        for found in aws.pages("autoscaling", "DescribeLaunchConfigurations", "LaunchConfigurations", **asked):
            images.add(str(found.get("ImageId") or ""))
            if found["CreatedTime"] >= since:
                yield f"the launch configuration {configuration}, made after the incident began"
    # An image may also be named by an SSM parameter ("resolve:ssm:..."), which only the launch resolves.
    named = sorted(image for image in images if image.startswith("ami-"))
    asked_for = [{"Name": "image-id", "Values": named}]
    for image in aws.pages("ec2", "DescribeImages", "Images", Filters=asked_for) if named else ():
        made = _time(image.get("CreationDate"))
        if made is not None and made >= since:
            yield f"the image {image['ImageId']}, made after the incident began"


def _templates(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if group.get("LaunchTemplate"):
        yield group["LaunchTemplate"]
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    if mixed.get("LaunchTemplateSpecification"):
        yield mixed["LaunchTemplateSpecification"]
    for override in mixed.get("Overrides") or ():
        if override.get("LaunchTemplateSpecification"):
            yield override["LaunchTemplateSpecification"]


def _version(aws: Aws, template: Mapping[str, Any]) -> dict[str, Any]:
    wanted = [str(template.get("Version") or "$Default")]
    asked: dict[str, Any] = {"LaunchTemplateId": template["LaunchTemplateId"], "Versions": wanted}
    found = aws.pages("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", **asked)
    return found[0] if found else {}


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None

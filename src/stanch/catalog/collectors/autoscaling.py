"""A group starts hosts from its template again and again: what the template says, every future host will be.

Reads: groups, launch configurations, launch templates in the versions that are the default, the latest or in a group.
Blind to: other versions of a template, and what an image itself carries.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items
from stanch.catalog.collectors._user_data import told
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.arn import Arn

SCOPE = Scope.REGION
PERMISSIONS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLaunchConfigurations",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeLaunchTemplates",
)
_GROUPS_A_PAGE = 100
_TEMPLATES_A_PAGE = 200
_FIRST_ASKED = ("$Default", "$Latest")


def collect(look: Look) -> Iterator[Thing]:
    """Every group, launch configuration and launch template of the region."""
    page = {"MaxRecords": _GROUPS_A_PAGE}
    groups = items(look.list("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups", of="autoscaling", **page))
    yield from (Thing("autoscaling/group", group["AutoScalingGroupARN"], group) for group in groups)
    key = "LaunchConfigurations"
    for one in items(look.list("autoscaling", f"Describe{key}", key, of="autoscaling", **page)):
        kept = {**one, "UserData": told(one.get("UserData"))}
        yield Thing("autoscaling/launch-configuration", one["LaunchConfigurationARN"], kept)
    yield from _templates(look, [named for group in groups for named in _named(group)])


def _named(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every template with a version that a group starts hosts from."""
    if "LaunchTemplate" in group:
        yield group["LaunchTemplate"]
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    for holder in (mixed, *mixed.get("Overrides", ())):
        if "LaunchTemplateSpecification" in holder:
            yield holder["LaunchTemplateSpecification"]


def _templates(look: Look, used: list[Mapping[str, Any]]) -> Iterator[Thing]:
    page = {"MaxResults": _TEMPLATES_A_PAGE}
    templates = items(look.list("ec2", "DescribeLaunchTemplates", "LaunchTemplates", of="ec2", **page))
    if not templates:
        return
    # Without a template's name, AWS answers with these versions of all templates at once.
    first = {"Versions": [*_FIRST_ASKED], **page}
    told_first = look.list("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", of="ec2", **first)
    yield from look.each(partial(_template, look, told_first, used), templates)


def _template(look: Look, told_first: Any, used: list[Mapping[str, Any]], template: Mapping[str, Any]) -> Thing:
    owned = f"launch-template/{template['LaunchTemplateId']}"
    arn = str(Arn(look.partition, "ec2", look.region, look.account, owned))
    return Thing("ec2/launch-template", arn, {**template, "Versions": _versions(look, arn, told_first, used, template)})


def _versions(look: Look, arn: str, told_first: Any, used: list[Mapping[str, Any]], template: Mapping[str, Any]) -> Any:
    """The versions that matter, each once, or a marker."""
    if unseen(told_first):
        return told_first
    name = template["LaunchTemplateId"]
    versions = {one["VersionNumber"]: one for one in told_first if one["LaunchTemplateId"] == name}
    numbers = {int(one["Version"]) for one in used if _is(template, one) and str(one.get("Version")).isdecimal()}
    missing = [str(number) for number in sorted(numbers - versions.keys())]
    if missing:
        asked = {"LaunchTemplateId": name, "Versions": missing}
        more = look.list("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", of=arn, **asked)
        if unseen(more):
            return more
        versions |= {one["VersionNumber"]: one for one in more}
    return [_without_secrets(versions[number]) for number in sorted(versions)]


def _is(template: Mapping[str, Any], named: Mapping[str, Any]) -> bool:
    return any(template[key] == named.get(key) for key in ("LaunchTemplateId", "LaunchTemplateName"))


def _without_secrets(version: Mapping[str, Any]) -> dict[str, Any]:
    data = version["LaunchTemplateData"]
    return {**version, "LaunchTemplateData": {**data, "UserData": told(data.get("UserData"))}}

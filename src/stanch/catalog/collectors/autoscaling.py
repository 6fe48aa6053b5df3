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


def collect(look: Look) -> Iterator[Thing]:
    """Every group, launch configuration and launch template of the region."""
    page = {"MaxRecords": _GROUPS_A_PAGE}
    groups = look.list("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups", of="autoscaling", **page)
    yield from (Thing("autoscaling/group", group["AutoScalingGroupARN"], group) for group in items(groups))
    key = "LaunchConfigurations"
    for one in items(look.list("autoscaling", f"Describe{key}", key, of="autoscaling", **page)):
        kept = {**one, "UserData": told(one.get("UserData"))}
        yield Thing("autoscaling/launch-configuration", one["LaunchConfigurationARN"], kept)
    yield from _templates(look, groups)


def _named(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every template with a version that a group starts hosts from."""
    if "LaunchTemplate" in group:
        yield group["LaunchTemplate"]
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    for holder in (mixed, *mixed.get("Overrides", ())):
        if "LaunchTemplateSpecification" in holder:
            yield holder["LaunchTemplateSpecification"]


def _templates(look: Look, groups: Any) -> Iterator[Thing]:
    page = {"MaxResults": _TEMPLATES_A_PAGE}
    templates = items(look.list("ec2", "DescribeLaunchTemplates", "LaunchTemplates", of="ec2", **page))
    if not templates:
        return
    # Without a template's name, AWS answers with these versions of all templates at once.
    asked = {"Versions": ["$Default", "$Latest"], **page}
    current = look.list("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", of="ec2", **asked)
    yield from look.each(partial(_template, look, groups, current), templates)


def _template(look: Look, groups: Any, current: Any, template: Mapping[str, Any]) -> Thing:
    """`Versions` are the default one and the latest, `PinnedVersions` the others that groups name by their number."""
    name = template["LaunchTemplateId"]
    arn = str(Arn(look.partition, "ec2", look.region, look.account, f"launch-template/{name}"))
    own = current if unseen(current) else _own(current, name)
    pinned = next((answer for answer in (current, groups) if unseen(answer)), None)
    if pinned is None:
        pinned = _pinned(look, arn, template, groups, {one["VersionNumber"] for one in own})
    versions = {"Versions": _without_secrets(own), "PinnedVersions": _without_secrets(pinned)}
    return Thing("ec2/launch-template", arn, {**template, **versions})


def _own(versions: Any, template: str) -> list[Any]:
    """One version may be told twice, as the default and as the latest."""
    numbered = {one["VersionNumber"]: one for one in versions if one["LaunchTemplateId"] == template}
    return [numbered[number] for number in sorted(numbered)]


def _pinned(look: Look, arn: str, template: Mapping[str, Any], groups: Any, known: set[int]) -> Any:
    named = [one.get("Version") for group in groups for one in _named(group) if _is(template, one)]
    missing = sorted({int(number) for number in named if number and number.isdecimal()} - known)
    if not missing:
        return []
    asked = {"LaunchTemplateId": template["LaunchTemplateId"], "Versions": [str(number) for number in missing]}
    return look.list("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", of=arn, **asked)


def _is(template: Mapping[str, Any], named: Mapping[str, Any]) -> bool:
    return any(template[key] == named.get(key) for key in ("LaunchTemplateId", "LaunchTemplateName"))


def _without_secrets(versions: Any) -> Any:
    if unseen(versions):
        return versions
    parted = [(version, version["LaunchTemplateData"]) for version in versions]
    return [{**one, "LaunchTemplateData": {**data, "UserData": told(data.get("UserData"))}} for one, data in parted]

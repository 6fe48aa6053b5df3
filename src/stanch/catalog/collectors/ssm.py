"""A document of Systems Manager is a script that runs as root on every host it is sent to; a shared one can be copied.

Reads: managed instances, the account's own documents with their content and shares, two of the service's settings.
Blind to: parameters and their values, commands that were run, documents that others share with the account.
"""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, paged, part
from stanch.contracts.collector import Look, Scope, Thing
from stanch.domain.arn import Arn
from stanch.domain.masking import masked, masked_in

SCOPE = Scope.REGION
PERMISSIONS = (
    "ssm:DescribeDocumentPermission",
    "ssm:DescribeInstanceInformation",
    "ssm:GetDocument",
    "ssm:GetServiceSetting",
    "ssm:ListDocuments",
)
_SETTINGS = (
    "/ssm/documents/console/public-sharing-permission",
    "/ssm/managed-instance/default-ec2-instance-management-role",
)
_PAGE = 50
_OWN = [{"Key": "Owner", "Values": ["Self"]}]


def collect(look: Look) -> Iterator[Thing]:
    """Every managed instance and document of the account in the region, and the two settings."""
    key = "InstanceInformationList"
    for instance in items(look.list("ssm", "DescribeInstanceInformation", key, of="ssm", MaxResults=_PAGE)):
        name = _arn(look, f"managed-instance/{instance['InstanceId']}")
        yield Thing("ssm/managed-instance", name, instance)
    own = look.list("ssm", "ListDocuments", "DocumentIdentifiers", of="ssm", Filters=_OWN, MaxResults=_PAGE)
    yield from look.each(partial(_document, look), items(own))
    yield from look.each(partial(_setting, look), _SETTINGS)


def _document(look: Look, document: Mapping[str, Any]) -> Thing:
    """`AccountIds` are those it is shared with; `all` is everybody."""
    name = _arn(look, f"document/{document['Name']}")
    told = look.ask("ssm", "GetDocument", of=name, Name=document["Name"])
    asked = {"Name": document["Name"], "PermissionType": "Share", "token": ("NextToken", "NextToken")}
    shares = paged(look, "ssm", "DescribeDocumentPermission", "AccountIds", of=name, **asked)
    return Thing("ssm/document", name, {**document, "Content": _content(told), "AccountIds": shares})


def _content(told: Any) -> Any:
    """The default version's steps, their secrets masked: an object where AWS tells it as JSON."""
    text = part(told, "Content")
    if not isinstance(text, str):
        return text
    try:
        return masked_in(json.loads(text))
    except (ValueError, RecursionError):
        return masked(text)


def _setting(look: Look, setting: str) -> Thing:
    name = _arn(look, f"servicesetting{setting}")
    answer = look.ask("ssm", "GetServiceSetting", of=name, none=("ServiceSettingNotFound",), SettingId=setting)
    return Thing("ssm/service-setting", name, {"SettingId": setting, "ServiceSetting": part(answer, "ServiceSetting")})


def _arn(look: Look, resource: str) -> str:
    return str(Arn(look.partition, "ssm", look.region, look.account, resource))

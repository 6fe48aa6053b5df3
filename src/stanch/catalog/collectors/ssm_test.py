"""The collector of Systems Manager against the range, and against recorded answers for pages and odd documents."""

import json
from typing import Any

from tests.collecting import collected, lacks, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors import ssm
from stanch.contracts.collector import unseen

ELSEWHERE = "eu-west-1"
STRANGER = "999988887777"
NAMED = f"arn:aws:ssm:{REGION}:{ACCOUNT}:"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
STEPS = {
    "schemaVersion": "0.3",
    "mainSteps": [
        {"name": "wait", "action": "aws:approve", "inputs": {"Approvers": [ACCOUNT]}},
        {"name": "call", "action": "aws:executeScript", "inputs": {"Script": f"AWS_SECRET_ACCESS_KEY={SECRET}"}},
    ],
}


def furnished(ground: Ground, aws: Door) -> str:
    """A document that waits for a person, holds a secret and is shared with a stranger."""
    name = ground.name("isolate")
    aws.call("ssm", "CreateDocument", Name=name, DocumentType="Automation", Content=json.dumps(STEPS))
    share: dict[str, Any] = {"PermissionType": "Share", "AccountIdsToAdd": [STRANGER]}
    aws.call("ssm", "ModifyDocumentPermission", Name=name, **share)
    return name


def test_documents_and_settings_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    name = furnished(ground, owner)
    aws = reader(owner, ssm)
    things, unknowns = collected(ssm, aws)
    assert unknowns == []
    assert aws.needed == set(ssm.PERMISSIONS)
    told = things[f"arn:aws:ssm:{ELSEWHERE}:{ground.account}:document/{name}"]
    assert told.kind == "ssm/document"
    assert told.data["AccountIds"] == [STRANGER]
    wait, call = told.data["Content"]["mainSteps"]
    assert wait == STEPS["mainSteps"][0]
    assert SECRET not in json.dumps(call)
    public = "/ssm/documents/console/public-sharing-permission"
    setting = things[f"arn:aws:ssm:{ELSEWHERE}:{ground.account}:servicesetting{public}"]
    assert setting.data["ServiceSetting"]["SettingValue"] == "Enable"


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    furnished(ground, owner)
    survives_denials(ssm, reader(owner, ssm))


def account(**answers: Any) -> RecordedAws:
    hosts = [{"InstanceId": name, "PingStatus": "Online"} for name in ("i-0a1b2c3d4e5f60718", "mi-0a1b2c3d4e5f60718")]
    documents = [{"Name": name, "DocumentType": "Command"} for name in ("one", "two")]
    operations = {
        "ssm:DescribeInstanceInformation": turned("InstanceInformationList", "NextToken", "NextToken", hosts),
        "ssm:ListDocuments": turned("DocumentIdentifiers", "NextToken", "NextToken", documents),
        "ssm:DescribeDocumentPermission": turned("AccountIds", "NextToken", "NextToken", [STRANGER, "all"]),
        "ssm:GetDocument": says({"Content": f"token: {SECRET}\n"}),
        "ssm:GetServiceSetting": lacks("ssm:GetServiceSetting", "ServiceSettingNotFound"),
    }
    return RecordedAws({**operations, **answers})


def test_every_page_is_read() -> None:
    things, unknowns = collected(ssm, account())
    assert unknowns == []
    hosts = [arn for arn, thing in things.items() if thing.kind == "ssm/managed-instance"]
    assert hosts == [f"{NAMED}managed-instance/{name}" for name in ("i-0a1b2c3d4e5f60718", "mi-0a1b2c3d4e5f60718")]
    assert [things[f"{NAMED}document/{name}"].data["AccountIds"] for name in ("one", "two")] == [[STRANGER, "all"]] * 2


def test_a_setting_that_the_region_does_not_know_is_none() -> None:
    things, _ = collected(ssm, account())
    settings = [thing.data["ServiceSetting"] for thing in things.values() if thing.kind == "ssm/service-setting"]
    assert settings == [None, None]


def test_a_document_that_is_no_json_keeps_its_text_without_the_secrets() -> None:
    things, _ = collected(ssm, account())
    content = things[f"{NAMED}document/one"].data["Content"]
    assert content.startswith("token: ")
    assert SECRET not in content


def test_only_the_accounts_own_documents_are_listed() -> None:
    aws = account()
    collected(ssm, aws)
    asked = [params["Filters"] for name, params in aws.calls if name == "ssm:ListDocuments"]
    assert asked == [[{"Key": "Owner", "Values": ["Self"]}]] * 2


def test_a_document_that_goes_meanwhile_is_unseen() -> None:
    gone = {"ssm:GetDocument": lacks("ssm:GetDocument", "ResourceNotFoundException")}
    things, unknowns = collected(ssm, account(**gone))
    assert [unknown.of for unknown in unknowns] == [f"{NAMED}document/one", f"{NAMED}document/two"]
    assert unseen(things[f"{NAMED}document/one"].data["Content"])

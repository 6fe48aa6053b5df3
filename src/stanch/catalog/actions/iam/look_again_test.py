from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.ground import Ground, allow_all, document, no_wait, survives_dying
from tests.recorded_aws import RecordedAws, State

from stanch.catalog.actions.iam import _leavings, deactivate_keys
from stanch.catalog.actions.iam import look_again as action
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Proof, Step

ID = "iam/look_again"


def looked(ground: Ground, principal: str) -> Proof:
    """What a look finds that was made within the last hour, which is all that the tests made."""
    aws = ground.responder()
    step = ground.planned(ID, principal, aws, ground.case(since=datetime.now(UTC) - timedelta(hours=1)))
    action.apply(aws, step, no_wait)
    return action.verify(aws, step, no_wait, None)


def by_hand(ground: Ground, principal: str) -> Step:
    return ground.planned(ID, principal)


def test_holds_when_nothing_was_made_since(ground: Ground) -> None:
    proof = action.verify(ground.responder(), by_hand(ground, ground.role()), no_wait, None)
    assert proof.holds, proof
    assert proof.what[0].startswith("looked at ")
    assert "not knowable: when a trust was edited" in proof.what[1]


def test_finds_a_user_a_role_and_their_keys_made_since(ground: Ground) -> None:
    backdoor, key = ground.user()
    role = ground.role()
    proof = looked(ground, ground.role())
    assert not proof.holds
    found = [line.split(", made ")[0] for line in proof.what]
    name = Arn.parse(backdoor).name
    assert f"user {name}" in found
    assert f"role {Arn.parse(role).name}" in found
    assert f"access key {key.access_key_id} of {name}" in found


def test_finds_a_second_key_of_the_contained_user(ground: Ground) -> None:
    user, _ = ground.user()
    second = ground.key(Arn.parse(user).name)
    proof = looked(ground, user)
    assert any(line.startswith(f"access key {second.access_key_id}") for line in proof.what)


def test_finds_a_password_a_device_a_policy_and_a_provider(ground: Ground) -> None:
    user, _ = ground.user()
    name = Arn.parse(user).name
    ground.admin.call("iam", "CreateLoginProfile", UserName=name, Password="correct-Horse-7-battery")
    serial = ground.admin.call("iam", "CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    serial = serial["SerialNumber"]
    ground.admin.call("iam", "EnableMFADevice", UserName=name, SerialNumber=serial, **codes)
    policy = ground.name("wide")
    ground.admin.call("iam", "CreatePolicy", PolicyName=policy, PolicyDocument=document(allow_all()))
    url = f"{ground.name('issuer')}.example.com"
    ground.admin.call("iam", "CreateOpenIDConnectProvider", Url=f"https://{url}")
    metadata = f"<EntityDescriptor>{'x' * 1000}</EntityDescriptor>"
    directory = ground.name("directory")
    ground.admin.call("iam", "CreateSAMLProvider", Name=directory, SAMLMetadataDocument=metadata)
    found = [line.split(", made ")[0] for line in looked(ground, user).what]
    assert f"console password of {name}" in found
    assert f"MFA device {serial} of {name}" in found
    assert f"version v1 of {ground.arn('iam', f'policy/{policy}')}" in found
    assert f"provider {ground.arn('iam', f'oidc-provider/{url}')}" in found
    assert f"provider {ground.arn('iam', f'saml-provider/{directory}')}" in found


def test_finds_a_key_for_bedrock_that_is_no_access_key(ground: Ground) -> None:
    user, _ = ground.user()
    asked = {"UserName": Arn.parse(user).name, "ServiceName": "bedrock.amazonaws.com"}
    made = ground.admin.call("iam", "CreateServiceSpecificCredential", **asked)["ServiceSpecificCredential"]
    found = [line.split(", made ")[0] for line in looked(ground, ground.role()).what]
    assert f"Bedrock API key {made['ServiceSpecificCredentialId']} of {asked['UserName']}" in found


def test_asks_for_every_page_of_those_keys() -> None:
    def listed(_: State, asked: Mapping[str, Any]) -> dict[str, Any]:
        key: dict[str, Any] = {"UserName": "thief", "Status": "Active", "ServiceName": "bedrock.amazonaws.com"}
        key["CreateDate"] = datetime(2026, 11, 1, tzinfo=UTC)
        if "Marker" not in asked:
            first = {**key, "ServiceSpecificCredentialId": "ACCA0000000000000001"}
            return {"ServiceSpecificCredentials": [first], "IsTruncated": True, "Marker": "more"}
        return {"ServiceSpecificCredentials": [{**key, "ServiceSpecificCredentialId": "ACCA0000000000000002"}]}

    signs = list(_leavings._service_keys(RecordedAws({"iam:ListServiceSpecificCredentials": listed})))
    assert [sign.what.split()[3] for sign in signs] == ["ACCA0000000000000001", "ACCA0000000000000002"]


def test_a_partition_without_bedrock_has_no_keys_for_it() -> None:
    aws = RecordedAws({})
    name = "iam:ListServiceSpecificCredentials"
    aws.failing[name] = [AwsError(name, "NotSupportedService", "not here")]
    assert list(_leavings._service_keys(aws)) == []


def test_finds_every_role_that_trusts_an_account_of_the_intruders(ground: Ground) -> None:
    root = ground.arn("iam", "root").replace(ground.account, ground.outside_account)
    old_backdoor, partner = ground.role(trusted=[root]), ground.role(trusted=[root.replace("4444", "7777")])
    thief = root.replace(":iam:", ":sts:").replace(":root", ":assumed-role/ops/thief")
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws, ground.case(actors=(thief, ground.admin.caller, "anonymous")))
    assert step.settings["callers"] == [ground.outside_account]
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert f"the trust of role {Arn.parse(old_backdoor).name} admits {root}" in proof.what
    assert not any(Arn.parse(partner).name in line for line in proof.what)


def test_calls_what_belongs_to_a_denied_user_no_way_in(ground: Ground) -> None:
    user, key = ground.user()
    aws = ground.responder()
    denied = ground.planned("iam/deactivate_keys", user, aws)
    deactivate_keys.apply(aws, denied, no_wait)
    name = Arn.parse(user).name
    fresh = ground.key(name)
    what = looked(ground, user).what
    for each in (key, fresh):
        line = next(line for line in what if each.access_key_id in line)
        assert line.startswith("new, but no way in any more: ")
    assert any(line.startswith(f"what was contained is itself new: user {name}") for line in what)


def test_takes_no_policy_of_another_name_or_wording_for_its_own_deny(ground: Ground) -> None:
    user, key = ground.user()
    name = Arn.parse(user).name
    mark = by_hand(ground, user).settings["deny"]
    harmless = document([{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}])
    ground.admin.call("iam", "PutUserPolicy", UserName=name, PolicyName=mark, PolicyDocument=harmless)
    assert any(line.startswith(f"access key {key.access_key_id}") for line in looked(ground, user).what)


def test_waits_until_iam_is_consistent(ground: Ground) -> None:
    waited: list[float] = []
    action.verify(ground.responder(), by_hand(ground, ground.role()), waited.append, None)
    assert waited == [action.CONSISTENT_SECONDS]
    assert action.CONSISTENT_SECONDS > 10


def test_a_look_that_is_denied_is_no_proof(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws)

    def denied(operation: str) -> None:
        if operation == "iam:GetAccountAuthorizationDetails":
            raise AwsDenied(operation, "AccessDenied", "not for you")

    aws.before_call = denied
    with pytest.raises(AwsDenied):
        action.verify(aws, step, no_wait, None)


def test_lists_the_keys_of_the_contained_user_first_then_of_the_youngest() -> None:
    def user(name: str, day: int) -> dict[str, object]:
        return {"UserName": name, "Arn": f"arn:x:iam::1:user/{name}", "CreateDate": datetime(2026, 11, day, tzinfo=UTC)}

    account = _leavings.Account((user("old", 1), user("stolen", 2), user("new", 3)), (), (), ())
    ordered = account.users_by_age("arn:x:iam::1:user/stolen")
    assert [each["UserName"] for each in ordered] == ["stolen", "new", "old"]


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, ground.role) == 0

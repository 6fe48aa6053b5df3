"""The collector of IAM against the range, and against recorded answers where a page must end or a report must wait."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.collecting import Looking, collected, reader, survives_denials
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, Operation, RecordedAws, State

from stanch.catalog.collectors import _credential_report, iam
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.contracts.collector import unseen

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
TRUST = {"Version": "2012-10-17", "Statement": []}
ENCODED = "%7B%22Version%22%3A%20%222012-10-17%22%2C%20%22Statement%22%3A%20%5B%5D%7D"
REPORT = b"user,arn,mfa_active,access_key_1_last_rotated\n<root_account>,%s,true,N/A\n" % ROOT.encode()
METADATA = "<EntityDescriptor/>" * 60


def furnished(ground: Ground) -> dict[str, str]:
    """One of everything in the ground's account: what it is, and its ARN."""
    admin, name = ground.admin, ground.name("idp")
    user, _ = ground.user()
    openid = admin.call(
        "iam", "CreateOpenIDConnectProvider", Url=f"https://{name}.example.com", ThumbprintList=["a" * 40]
    )
    saml = admin.call("iam", "CreateSAMLProvider", Name=name, SAMLMetadataDocument=METADATA)
    device = admin.call("iam", "CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
    policy = admin.call("iam", "CreatePolicy", PolicyName=name, PolicyDocument=_text("s3:GetObject"))["Policy"]["Arn"]
    admin.call("iam", "CreatePolicyVersion", PolicyArn=policy, PolicyDocument=_text("*"))
    group = admin.call("iam", "CreateGroup", GroupName=name)["Group"]["Arn"]
    certificate = admin.call(
        "iam", "UploadServerCertificate", ServerCertificateName=name, CertificateBody="body", PrivateKey="key"
    )["ServerCertificateMetadata"]["Arn"]
    return {
        "iam/user": user,
        "iam/role": ground.role(),
        "iam/group": group,
        "iam/policy": policy,
        "iam/oidc-provider": openid["OpenIDConnectProviderArn"],
        "iam/saml-provider": saml["SAMLProviderArn"],
        "iam/virtual-mfa-device": device["SerialNumber"],
        "iam/server-certificate": certificate,
    }


def test_everything_of_the_account_is_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    made = furnished(ground)
    aws = reader(ground.admin, iam)
    things, unknowns = collected(iam, aws)
    assert unknowns == []
    assert aws.needed == set(iam.PERMISSIONS)
    assert {kind: things[arn].kind for kind, arn in made.items()} == {kind: kind for kind in made}
    role = things[made["iam/role"]].data
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert role["RolePolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "*"
    assert things[made["iam/user"]].data["CredentialReport"]["access_key_1_active"] == "true"
    versions = things[made["iam/policy"]].data["PolicyVersionList"]
    assert {version["Document"]["Statement"][0]["Action"] for version in versions} == {"s3:GetObject", "*"}
    openid = things[made["iam/oidc-provider"]].data["OpenIDConnectProvider"]
    assert openid["ThumbprintList"] == ["a" * 40]
    account = things[ground.arn("iam", "root")].data
    assert made["iam/oidc-provider"] in account["OpenIDConnectProviderList"]
    assert account["AuthorizationDetails"]["GroupDetailList"] >= 1
    assert account["SummaryMap"]["Users"] >= 1
    assert account["PasswordPolicy"] is None


def test_each_denied_permission_is_one_gap_and_nothing_is_invented(ground: Ground) -> None:
    aws = reader(ground.admin, iam)
    collected(iam, aws)  # the report is made on the first question
    survives_denials(iam, aws)


def details(pages: list[Mapping[str, Any]], failing: AwsError | None = None) -> Operation:
    """GetAccountAuthorizationDetails in pages; the error comes instead of the last."""

    def answer(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        at = int(asked.get("Marker", "0"))
        if failing and at == len(pages) - 1:
            raise failing
        more = {"IsTruncated": True, "Marker": str(at + 1)} if at + 1 < len(pages) else {"IsTruncated": False}
        return {**pages[at], **more}

    return answer


def recorded(**operations: Operation) -> RecordedAws:
    """An account without anything, but for these operations of IAM."""
    nothing: dict[str, Operation] = {
        "GenerateCredentialReport": lambda *_: {"State": "COMPLETE"},
        "GetCredentialReport": lambda *_: {"Content": REPORT, "ReportFormat": "text/csv"},
        "GetAccountAuthorizationDetails": details([{}]),
        "GetAccountPasswordPolicy": raising(AwsAbsent("iam:GetAccountPasswordPolicy", "NoSuchEntity", "none")),
        "GetAccountSummary": lambda *_: {"SummaryMap": {"AccountMFAEnabled": 0}},
        "ListAccountAliases": lambda *_: {"AccountAliases": []},
        "ListOpenIDConnectProviders": lambda *_: {"OpenIDConnectProviderList": []},
        "ListSAMLProviders": lambda *_: {"SAMLProviderList": []},
        "ListServerCertificates": lambda *_: {"ServerCertificateMetadataList": []},
        "ListVirtualMFADevices": lambda *_: {"VirtualMFADevices": []},
    }
    return RecordedAws({f"iam:{name}": operation for name, operation in {**nothing, **operations}.items()})


def raising(error: AwsError) -> Operation:
    """An operation that AWS refuses."""

    def answer(_: State, __: Mapping[str, Any]) -> Mapping[str, Any]:
        raise error

    return answer


def role(name: str) -> dict[str, Any]:
    """A role as GetAccountAuthorizationDetails tells it on the wire."""
    return {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "RoleName": name, "AssumeRolePolicyDocument": ENCODED}


def test_all_pages_are_read_and_encoded_policies_are_decoded() -> None:
    aws = recorded(
        GetAccountAuthorizationDetails=details([{"RoleDetailList": [role("a")]}, {"RoleDetailList": [role("b")]}])
    )
    things, unknowns = collected(iam, aws)
    assert unknowns == []
    assert things[ROOT].data["AuthorizationDetails"]["RoleDetailList"] == 2
    assert things[f"arn:aws:iam::{ACCOUNT}:role/b"].data["AssumeRolePolicyDocument"] == TRUST
    assert things[ROOT].data["CredentialReport"]["mfa_active"] == "true"


def test_what_the_pages_before_the_failing_one_told_stays_and_the_account_says_that_it_is_not_all() -> None:
    denied = AwsDenied("iam:GetAccountAuthorizationDetails", "Throttling", "rate exceeded")
    aws = recorded(GetAccountAuthorizationDetails=details([{"RoleDetailList": [role("a")]}, {}], denied))
    things, unknowns = collected(iam, aws)
    assert f"arn:aws:iam::{ACCOUNT}:role/a" in things
    assert unseen(things[ROOT].data["AuthorizationDetails"])
    assert [unknown.of for unknown in unknowns] == [ROOT]


def test_an_account_without_anything_says_none_and_no_gap() -> None:
    things, unknowns = collected(iam, recorded())
    assert unknowns == []
    assert [*things] == [ROOT]
    assert things[ROOT].data["PasswordPolicy"] is None
    assert things[ROOT].data["SAMLProviderList"] == []


def test_a_report_is_waited_for_and_a_report_that_never_comes_is_a_gap() -> None:
    states = iter(["STARTED", "INPROGRESS", "COMPLETE"])
    aws = recorded(GenerateCredentialReport=lambda *_: {"State": next(states)})
    waited: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        look = Looking(aws, pool)
        rows = _credential_report.rows(look, ROOT, _credential_report.begin(look, ROOT), waited.append)
        assert [*rows] == [ROOT]
        assert len(waited) == 2

        late = AwsError("iam:GetCredentialReport", "ReportInProgress", "not ready")
        aws = recorded(GenerateCredentialReport=lambda *_: {"State": "STARTED"}, GetCredentialReport=raising(late))
        look = Looking(aws, pool)
        rows = _credential_report.rows(look, ROOT, _credential_report.begin(look, ROOT), waited.append)
        assert unseen(rows) == "iam:GetCredentialReport: ReportInProgress"
        assert [unknown.operation for unknown in look.unknowns] == ["iam:GetCredentialReport"]


def _text(action: str) -> str:
    return f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}]}}'

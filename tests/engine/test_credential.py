"""What a call was signed with is read from the record, never from what the caller calls himself."""

from typing import Any

import pytest

from stanch.engine.enrich.caller import caller_of
from stanch.engine.enrich.credential import Credential, credential_of

OURS = "111122223333"
CLUSTER = f"arn:aws:iam::{OURS}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
PIPELINE = f"arn:aws:iam::{OURS}:oidc-provider/token.actions.githubusercontent.com"


def user(**more: Any) -> dict[str, Any]:
    return {"type": "IAMUser", "arn": f"arn:aws:iam::{OURS}:user/alice", "accountId": OURS, "userName": "alice", **more}


def session(name: str, path: str = "", **context: Any) -> dict[str, Any]:
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{OURS}:role/{path}app", "accountId": OURS, "userName": "app"}
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{OURS}:assumed-role/app/{name}",
        "accountId": OURS,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {"sessionIssuer": issuer, **context},
    }


ROOT = {"type": "Root", "arn": f"arn:aws:iam::{OURS}:root", "accountId": OURS}
SIGNED: list[tuple[Credential | None, dict[str, Any], dict[str, Any]]] = [
    (Credential.ROOT_KEY, {**ROOT, "accessKeyId": "AKIAEXAMPLE"}, {}),
    (Credential.SESSION, {**ROOT, "accessKeyId": "ASIAEXAMPLE"}, {}),
    (Credential.CONSOLE, {**ROOT, "accessKeyId": "ASIAEXAMPLE"}, {"sessionCredentialFromConsole": "true"}),
    (Credential.USER_KEY, user(accessKeyId="AKIAEXAMPLE"), {}),
    (Credential.USER_KEY, user(accessKeyId="ASIAEXAMPLE"), {}),
    (Credential.USER_KEY, user(type="FederatedUser", accessKeyId="ASIAEXAMPLE"), {}),
    (Credential.CONSOLE, user(accessKeyId="ASIAEXAMPLE"), {"sessionCredentialFromConsole": True}),
    (Credential.CONSOLE, user(accessKeyId="ASIAEXAMPLE", invokedBy="signin.amazonaws.com"), {}),
    (None, user(accessKeyId=""), {"eventType": "AwsConsoleSignIn"}),
    (Credential.INSTANCE, session("i-0123456789abcdef0"), {}),
    (Credential.INSTANCE, session("i-00456A8D163f546Ff"), {}),
    (Credential.INSTANCE, session("i-vgu76uxucxlpp04e", ec2RoleDelivery="2.0"), {}),
    (Credential.SESSION, session("i-am-a-person"), {}),
    (Credential.SESSION, session("i-vgu76uxucxlpp04e"), {}),
    (Credential.WORKLOAD, session("x", webIdFederationData={"federatedProvider": CLUSTER}), {}),
    (Credential.WORKLOAD, session("eks-prod-api-0123"), {}),
    (Credential.WORKLOAD, session("0123456789abcdef" * 2), {}),
    (Credential.WORKLOAD, {**session("f"), "inScopeOf": {"issuerType": "AWS::Lambda::Function"}}, {}),
    (Credential.SESSION, session("run-7", webIdFederationData={"federatedProvider": PIPELINE}), {}),
    (None, session("x", "aws-service-role/config.amazonaws.com/"), {}),
    (None, {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}, {}),
    (None, {"type": ["AssumedRole"], "sessionContext": 7, "inScopeOf": []}, {}),
]


@pytest.mark.parametrize(("credential", "identity", "more"), SIGNED)
def test_the_record_shows_what_signed_the_call(
    credential: Credential | None, identity: dict[str, Any], more: dict[str, Any]
) -> None:
    record = {"eventSource": "sts.amazonaws.com", "eventName": "GetCallerIdentity", "userIdentity": identity, **more}
    assert credential_of(record, caller_of(record)) == credential

"""The collector of Secrets Manager against the range, and against recorded answers for pages."""

import json

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import secretsmanager

SECRETS = [
    {"ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}", "Name": name, "KmsKeyId": "alias/weights"}
    for name in ("hub-token", "database")
]
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}


def account(policy: str | None = json.dumps(POLICY)) -> RecordedAws:
    return RecordedAws(
        {
            "secretsmanager:ListSecrets": turned("SecretList", "NextToken", "NextToken", SECRETS),
            "secretsmanager:GetResourcePolicy": says({"ResourcePolicy": policy} if policy else {}),
        }
    )


def test_every_secret_is_told_with_its_policy() -> None:
    things, unknowns = collected(secretsmanager, account())
    assert unknowns == []
    assert {arn: thing.data for arn, thing in things.items()} == {
        secret["ARN"]: {**secret, "Policy": POLICY} for secret in SECRETS
    }


def test_no_policy_is_none() -> None:
    things, _ = collected(secretsmanager, account(None))
    assert {thing.data["Policy"] for thing in things.values()} == {None}


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(secretsmanager, account())


def test_no_value_is_asked_for_where_permissions_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("hub-token")
    arn = owner.call("secretsmanager", "CreateSecret", Name=name, SecretString="hf_not_for_a_snapshot")["ARN"]
    owner.call("secretsmanager", "PutResourcePolicy", SecretId=arn, ResourcePolicy=json.dumps(POLICY))
    aws = reader(owner, secretsmanager)
    things, unknowns = collected(secretsmanager, aws)
    assert unknowns == []
    assert things[arn].data["Policy"] == POLICY
    assert "hf_not_for_a_snapshot" not in repr(things[arn])
    assert aws.needed == set(secretsmanager.PERMISSIONS)

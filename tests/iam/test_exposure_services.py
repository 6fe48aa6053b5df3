"""Policies as the services and their guides write them, each with who gets in."""

from typing import Any

import pytest

from stanch.iam import parse
from stanch.iam.exposure import Perimeter, of_policy, service_named

HOME, AWAY = "111122223333", "444455556666"
OURS = Perimeter(HOME, organizations=frozenset(["o-ours"]))
Case = tuple[str, list[dict[str, Any]], bool, tuple[str, ...], tuple[str, ...]]


def allow(principal: Any, action: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return {**statement, "Condition": condition} if condition else statement


def deny(action: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {**allow("*", action, condition), "Effect": "Deny"}


ROOT = {"AWS": f"arn:aws:iam::{HOME}:root"}
S3, SNS = {"Service": "s3.amazonaws.com"}, {"Service": "sns.amazonaws.com"}
VIA = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
EQUALS, LIKE = "StringEquals", "StringLike"
TOPIC = f"arn:aws:sns:*:{HOME}:*"
DISTRIBUTION = f"arn:aws:cloudfront::{HOME}:distribution/E1"
CASES: dict[str, Case] = {
    "a new key": ("kms", [allow(ROOT, "kms:*")], False, (), ()),
    "a service's own key": (
        "kms",
        [allow({"AWS": "*"}, "kms:Decrypt", {EQUALS: {"kms:CallerAccount": HOME, **VIA}})],
        False,
        (),
        (),
    ),
    "a key for whoever comes through S3": ("kms", [allow({"AWS": "*"}, "kms:Decrypt", {EQUALS: VIA})], True, (), ()),
    "a new topic": ("sns", [allow({"AWS": "*"}, "SNS:Publish", {EQUALS: {"AWS:SourceOwner": HOME}})], False, (), ()),
    "a queue for a topic": ("sqs", [allow(SNS, "sqs:SendMessage", {LIKE: {"aws:SourceArn": TOPIC}})], False, (), ()),
    "a queue for any topic": ("sqs", [allow(SNS, "sqs:SendMessage")], False, ("service:sns.amazonaws.com",), ()),
    "a function for a bucket of whose account nothing is said": (
        "lambda",
        [allow(S3, "lambda:InvokeFunction", {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}})],
        False,
        (),
        ("arn:aws:s3:::b",),
    ),
    "a function for a bucket of ours": (
        "lambda",
        [
            allow(
                S3,
                "lambda:InvokeFunction",
                {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}, EQUALS: {"AWS:SourceAccount": HOME}},
            )
        ],
        False,
        (),
        (),
    ),
    "an open function URL": (
        "lambda",
        [allow("*", "lambda:InvokeFunctionUrl", {EQUALS: {"lambda:FunctionUrlAuthType": "NONE"}})],
        True,
        (),
        (),
    ),
    "a private API": (
        "apigateway",
        [
            allow("*", "execute-api:Invoke"),
            deny("execute-api:Invoke", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        ],
        False,
        (),
        ("vpce-1",),
    ),
    "an API for some addresses": (
        "apigateway",
        [
            allow("*", "execute-api:Invoke"),
            deny("execute-api:Invoke", {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}),
        ],
        False,
        (),
        ("203.0.113.0/24",),
    ),
    "a repository for an account": ("ecr", [allow({"AWS": AWAY}, "ecr:BatchGetImage")], False, (AWAY,), ()),
    "a secret for an organisation": (
        "secretsmanager",
        [allow("*", "secretsmanager:GetSecretValue", {EQUALS: {"aws:PrincipalOrgID": "o-theirs"}})],
        False,
        ("org:o-theirs",),
        (),
    ),
    "an event bus for our organisation": (
        "events",
        [allow("*", "events:PutEvents", {EQUALS: {"aws:PrincipalOrgID": "o-ours"}})],
        False,
        (),
        (),
    ),
    "a search domain for some addresses": (
        "opensearch",
        [allow({"AWS": "*"}, "es:*", {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}})],
        False,
        (),
        ("192.0.2.0/24",),
    ),
    "a file system for what is mounted": (
        "efs",
        [
            allow(
                {"AWS": "*"},
                "elasticfilesystem:ClientMount",
                {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
            )
        ],
        False,
        (),
        (),
    ),
    "a catalogue for everybody": ("glue", [allow("*", "glue:GetTable")], True, (), ()),
    "a vault for an account": ("backup", [allow({"AWS": AWAY}, "backup:CopyIntoBackupVault")], False, (AWAY,), ()),
    "an identity of mail for everybody": ("ses", [allow("*", "ses:SendEmail")], True, (), ()),
    "a container behind a secret header": (
        "mediastore",
        [allow("*", "mediastore:GetObject", {EQUALS: {"aws:Referer": "secret"}})],
        True,
        (),
        (),
    ),
    "a new endpoint": ("vpce", [allow("*", "*")], True, (), ()),
    "a distribution's bucket": (
        "s3",
        [allow({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject", {EQUALS: {"AWS:SourceArn": DISTRIBUTION}})],
        False,
        (),
        (),
    ),
    "a trust behind an external id": (
        "iam",
        [allow({"AWS": "*"}, "sts:AssumeRole", {EQUALS: {"sts:ExternalId": "x"}})],
        True,
        (),
        (),
    ),
    "a trust in all of an application": (
        "iam",
        [
            allow(
                {"Federated": "accounts.google.com"},
                "sts:AssumeRoleWithWebIdentity",
                {EQUALS: {"accounts.google.com:aud": "app"}},
            )
        ],
        True,
        ("federated:accounts.google.com",),
        (),
    ),
    "a data perimeter": (
        "s3",
        [
            allow("*", "s3:GetObject"),
            deny(
                "s3:*",
                {
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                },
            ),
        ],
        False,
        (),
        (),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_service_s_usual_policy_lets_in_whom_it_should(name: str) -> None:
    service, statements, public, outside, unplaced = CASES[name]
    document = parse({"Version": "2012-10-17", "Statement": statements})
    read = service_named(service)
    assert read.is_known
    found = of_policy(document, OURS, read)
    assert (found.public, found.outside, found.unplaced) == (public, outside, unplaced)

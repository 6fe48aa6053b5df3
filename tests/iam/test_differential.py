"""Two evaluators that share nothing but the documentation agree on thousands of random cases."""

import json
import random
from collections import Counter
from typing import Any

from tests.iam import naive

from stanch.app.iam_evaluate import read_case

CASES = 4_000
HOME, AWAY = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HOME}:role/ml/serving"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/serving/i-0abc"
USER = f"arn:aws:iam::{HOME}:user/bob"
OIDC = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
KEY = f"arn:aws:kms:eu-central-1:{HOME}:key/1"

CALLERS: list[Any] = [
    *(USER, USER, SESSION, SESSION, ROLE, LINKED, OIDC, f"arn:aws:iam::{HOME}:root"),
    *(f"arn:aws:sts::{HOME}:federated-user/eve", "logging.s3.amazonaws.com", {"type": "Anonymous"}),
]
ASKED = [
    ("s3:GetObject", "arn:aws:s3:::weights/team-a/x"),
    ("s3:GetObject", "arn:aws:s3:::weights/*/x"),
    ("s3:DeleteBucketPolicy", "arn:aws:s3:::weights"),
    ("s3:ListAllMyBuckets", "*"),
    ("kms:Decrypt", KEY),
    ("sts:AssumeRole", f"arn:aws:iam::{HOME}:role/other"),
    ("sts:AssumeRoleWithWebIdentity", f"arn:aws:iam::{HOME}:role/other"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{HOME}:q"),
    ("lambda:InvokeFunction", f"arn:aws:lambda:eu-central-1:{HOME}:function:f"),
    ("sts:GetCallerIdentity", "*"),
]
ACTIONS = [
    "*",
    "*",
    "*",
    "s3:*",
    "S3:get*",
    "kms:Decrypt",
    "sts:Assume*",
    "lambda:*",
    "*:S?nd*",
    "iam:*",
    "s3:GetObject",
]
RESOURCES = [
    *(
        "*",
        "*",
        "*",
        "*",
        "arn:aws:s3:::weights/*",
        "arn:aws:s3:::weights",
        "arn:aws:s3:::weights/${aws:PrincipalTag/team}/*",
    ),
    *(
        "arn:aws:s3:::weights/${aws:username, 'team-a'}/?",
        "arn:aws:kms",
        "arn:aws:*:eu-central-1:*",
        "arn:*:role/oth??",
        KEY,
    ),
    *("arn:aws:s3:::weights/${*}/x", "arn:aws:s3:::w*t*s/*-a/*"),
]
NAMES = [
    *("*", "*", HOME, AWAY, ROLE, SESSION, USER, f"arn:aws:iam::{HOME}:root", f"arn:aws:iam::{HOME}:role/serving"),
    *(f"arn:aws-cn:iam::{HOME}:root", f"arn:aws:sts::{HOME}:federated-user/eve", "AROAEXAMPLE"),
]
VALUES: dict[str, list[Any]] = {
    "String": ["team-a", "TEAM-A", "team-*", "${aws:username}", "o-abc", "${aws:PrincipalTag/none}", "?eam-a", "b"],
    "Arn": [ROLE, "arn:aws:iam::*:role/*", "arn:*", USER, "arn:aws:iam::${aws:PrincipalAccount}:user/*"],
    "Numeric": [10, "10.0", 9, "100", "x"],
    "Date": ["2026-01-01T00:00:00Z", "1767225600", "2026-06-01", "2025-12-31T23:00:00-02:00"],
    "Bool": [True, "false", "TRUE", "${aws:SecureTransport}"],
    "Ip": ["10.0.0.0/8", "203.0.113.7", "2001:db8::/32", "0.0.0.0/1"],
}
KEYS: dict[str, list[str]] = {
    "String": ["aws:username", "aws:PrincipalTag/Team", "aws:TagKeys", "aws:PrincipalOrgID"],
    "Arn": ["aws:PrincipalArn", "aws:SourceArn"],
    "Numeric": ["s3:max-keys"],
    "Date": ["aws:CurrentTime"],
    "Bool": ["aws:SecureTransport", "aws:MultiFactorAuthPresent"],
    "Ip": ["aws:SourceIp"],
}
OPERATORS: dict[str, list[str]] = {
    "String": [
        f"String{kind}"
        for kind in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
    ],
    "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
    "Numeric": [
        f"Numeric{kind}"
        for kind in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ],
    "Date": [
        f"Date{kind}"
        for kind in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ],
    "Bool": ["Bool"],
    "Ip": ["IpAddress", "NotIpAddress"],
}
CONTEXT: dict[str, list[Any]] = {
    "aws:username": ["bob", "*", "team-a"],
    "aws:principaltag/team": ["team-a", "b"],
    "aws:TagKeys": [["team-a", "b"], ["b"], [], [""]],
    "aws:PrincipalOrgID": ["o-abc"],
    "aws:PrincipalArn": [ROLE, USER],
    "aws:PrincipalAccount": [HOME],
    "aws:SourceArn": ["arn:aws:s3:::x", "arn:aws:iam::1:role/a:b"],
    "s3:max-keys": ["10", "9", "100"],
    "aws:CurrentTime": ["2026-01-01T00:00:00Z", "2026-03-01T12:00:00+01:00"],
    "AWS:SecureTransport": ["true", False],
    "aws:MultiFactorAuthPresent": ["true"],
    "aws:SourceIp": ["10.1.1.1", "203.0.113.7", "2001:db8::1", "service.amazonaws.com"],
}


class Dice:
    """Draws a whole case, most of it permissive: a case that everything denies tells little."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same cases each time

    def some(self, values: list[Any]) -> Any:
        drawn = self.random.sample(values, self.random.choice([1, 1, 2, 3]) if len(values) > 3 else 1)
        return drawn[0] if len(drawn) == 1 else drawn

    def likely(self, share: float) -> bool:
        return self.random.random() < share

    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.random.choice([1, 1, 2])):
            kind = self.random.choice(list(OPERATORS))
            operator = self.random.choice(["", "", "", "ForAllValues:", "ForAnyValue:"]) + self.random.choice(
                OPERATORS[kind]
            )
            if self.likely(0.25):
                operator += "IfExists"
            values = self.some(VALUES[kind])
            if self.likely(0.15):
                operator, values = "Null", self.random.choice(["true", "false", True])
            found.setdefault(operator, {})[self.random.choice(KEYS[kind])] = values
        return found

    def principal(self) -> Any:
        if self.likely(0.3):
            return "*"
        found: dict[str, Any] = {"AWS": self.some(NAMES)}
        if self.likely(0.2):
            found["Service"] = "logging.s3.amazonaws.com"
        if self.likely(0.2):
            found["Federated"] = OIDC
        return found

    def statement(self, *, named: bool, deny: float) -> dict[str, Any]:
        denies = self.likely(deny)
        found: dict[str, Any] = {"Effect": "Deny" if denies else "Allow"}
        found["NotAction" if self.likely(0.1) else "Action"] = self.some(ACTIONS)
        found["NotResource" if self.likely(0.1) else "Resource"] = self.some(RESOURCES)
        if named:
            found["NotPrincipal" if self.likely(0.12) else "Principal"] = self.principal()
        if self.likely(0.6 if denies else 0.25):
            found["Condition"] = self.condition()
        return found

    def policy(self, *, named: bool = False, deny: float = 0.25) -> dict[str, Any]:
        statements = [self.statement(named=named, deny=deny) for _ in range(self.random.choice([1, 1, 2, 3]))]
        document: dict[str, Any] = {"Statement": statements if len(statements) > 1 else statements[0]}
        if self.likely(0.85):
            document["Version"] = "2012-10-17"
        return document

    def attached(self, most: int, **more: Any) -> list[dict[str, Any]]:
        return [{"name": f"p{at}", "policy": self.policy(**more)} for at in range(self.random.randint(0, most))]

    def levels(self, **more: Any) -> list[dict[str, Any]]:
        if self.likely(0.6):
            return []
        full = [{"name": "Full", "policy": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]
        return [
            {"level": f"l{at}", "policies": (full if self.likely(0.7) else []) + self.attached(2, **more)}
            for at in range(self.random.randint(1, 3))
        ]

    def case(self) -> dict[str, Any]:
        action, resource = self.random.choice(ASKED)
        context = {key: self.random.choice(values) for key, values in CONTEXT.items() if self.likely(0.5)}
        if isinstance(caller := self.random.choice(CALLERS), str) and "role" in caller:
            context.pop("aws:PrincipalArn", None)
        return {
            "id": 1,
            "request": {
                "principal": caller,
                "action": action,
                "resource": resource,
                "resource_account": HOME if self.likely(0.7) else AWAY,
                "context": context,
                "wildcard_only": resource == "*",
            },
            "identity": self.attached(3),
            "session": self.policy(deny=0.1) if self.likely(0.25) else None,
            "boundary": (self.attached(2, deny=0.1) or None) if self.likely(0.3) else None,
            "resource_policy": self.policy(named=True) if self.likely(0.6) else None,
            "scps": self.levels(deny=0.6),
            "rcps": self.levels(named=True, deny=1.0),
            "vpce": (self.attached(2, named=True, deny=0.1) or None) if self.likely(0.2) else None,
        }


def test_two_evaluators_agree_on_thousands_of_random_cases() -> None:
    dice, told = Dice(20260214), Counter[str]()
    for number in range(CASES):
        case = dice.case()
        decision = read_case(json.dumps(case).encode()).decide()
        expected = naive.decide(case)
        assert (decision.result, list(decision.blocked_by)) == expected, f"case {number}: {json.dumps(case)}"
        told.update([decision.result, *decision.blocked_by])
    assert min(told[each] for each in ("Allowed", "ImplicitlyDenied", "ExplicitlyDenied", *naive.ORDER)) > CASES / 50, (
        told
    )

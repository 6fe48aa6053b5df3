from typing import Any

import pytest

from stanch.iam import PolicyError, parse
from stanch.iam.fitting import Kind, require_fit

PLAIN = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
NAMED = {**PLAIN, "Principal": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
FENCE = {**NAMED, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        *((kind, PLAIN) for kind in ("identity", "boundary", "session", "scp")),
        *(("resource", NAMED), ("vpce", NAMED), ("trust", TRUST), ("rcp", FENCE)),
        ("rcp", {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}),
        ("resource", {k: v for k, v in NAMED.items() if k != "Resource"}),  # as the policies of ECR's repositories
    ],
)
def test_accepts_what_aws_accepts(kind: Kind, statement: dict[str, Any]) -> None:
    require_fit(parse({"Version": "2012-10-17", "Statement": [statement]}), kind)


@pytest.mark.parametrize(
    ("kind", "statement", "said"),
    [
        ("identity", NAMED, r"Statement\[0\]: names a principal; leave it out"),
        ("scp", {"Effect": "Allow", "Action": "*"}, "names no resource; add a Resource"),
        ("identity", {**PLAIN, "Sid": "not this"}, r"Statement\[0\].Sid: has other characters"),
        ("resource", PLAIN, "names no principal; add a Principal"),
        ("trust", {**TRUST, "Resource": "*"}, "names a resource; leave it out"),
        ("trust", {**TRUST, "Action": ["sts:AssumeRole", "*"]}, r"Action\[1\]: is no action of STS"),
        ("rcp", NAMED, "Effect: is Allow"),
        ("rcp", {**FENCE, "Principal": {"AWS": "111122223333"}}, "is not about everyone"),
        ("rcp", {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Principal": "*"}, "has a NotAction"),
    ],
)
def test_refuses_what_aws_refuses(kind: Kind, statement: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        require_fit(parse({"Version": "2012-10-17", "Statement": [statement]}), kind)


def test_two_statements_of_an_identity_policy_do_not_share_a_sid() -> None:
    twice = parse({"Version": "2012-10-17", "Statement": [{**PLAIN, "Sid": "a"}, {**PLAIN, "Sid": "a"}]})
    with pytest.raises(PolicyError, match=r"Statement\[1\].Sid: is that of an earlier"):
        require_fit(twice, "identity")
    require_fit(parse({"Statement": [{**NAMED, "Sid": "a"}, {**NAMED, "Sid": "a"}]}), "resource")

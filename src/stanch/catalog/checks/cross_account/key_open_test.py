"""Edges of the check `cross_account/key_open`."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, STRANGER, bucket, document, odd, thing

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ID = "cross_account/key_open"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0a1b"
OWN = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
HIDDEN = {"$unseen": "kms:ListGrants: AccessDenied"}


def key(*statements: dict[str, Any], **data: Any) -> dict[str, Any]:
    """A key of the account."""
    told = {"KeyId": "0a1b", "Aliases": ["alias/weights"], "KeyMetadata": {"KeyManager": "CUSTOMER"},
            "Policy": document(OWN, *statements), "Grants": []}  # fmt: skip
    return thing("kms/key", KEY, {**told, **data})


def opened(principal: Any, conditions: Any = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"}
    return {**statement, "Condition": conditions} if conditions else statement


def grant(who: str) -> list[dict[str, Any]]:
    return [{"GrantId": "g", "GranteePrincipal": who, "Operations": ["Decrypt"]}]


@pytest.mark.parametrize(
    ("line", "ruling"),
    [
        (key(), Ruling.PASS),
        (key(opened({"AWS": STRANGER})), Ruling.FAIL),
        (key(opened("*")), Ruling.FAIL),
        (key(opened("*", {"StringEquals": {"kms:CallerAccount": ACCOUNT}})), Ruling.PASS),
        (key(Grants=grant(f"arn:aws:iam::{STRANGER}:role/x")), Ruling.FAIL),
        (key(Grants=[{**grant(f"arn:aws:iam::{STRANGER}:role/x")[0], "Operations": ["DescribeKey"]}]), Ruling.PASS),
        (key(Grants=[{"GranteePrincipal": f"arn:aws:iam::{STRANGER}:role/x"}]), Ruling.FAIL),
        (key(Grants=grant("rds.eu-central-1.amazonaws.com")), Ruling.PASS),
        (key(Grants=grant("AIDAEXAMPLEDELETED01")), Ruling.PASS),
        (key(Grants=HIDDEN), Ruling.UNKNOWN),
        (key(Policy=HIDDEN), Ruling.UNKNOWN),
        (key(opened({"AWS": STRANGER}), Grants=HIDDEN), Ruling.FAIL),
        (
            thing("kms/key", KEY, {"KeyId": "0a1b", "Aliases": ["alias/aws/s3"], "KeyMetadata": {"KeyManager": "AWS"}}),
            Ruling.PASS,
        ),
    ],
)
def test_a_key_is_open_by_its_policy_or_by_a_grant(line: dict[str, Any], ruling: Ruling) -> None:
    assert rulings(ID, posture([line])) == {KEY: ruling}


@pytest.mark.parametrize("name", ["0a1b", KEY, "alias/weights", f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/weights"])
def test_a_key_weighs_what_it_encrypts_whatever_the_bucket_calls_it(name: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name}}
    lines = [bucket(Encryption={"Rules": [rule]}), key(opened({"AWS": STRANGER}))]
    (verdict,) = verdicts(ID, posture(lines, ASSET))
    assert verdict.severity is Severity.HIGH
    assert [asset.name for asset in verdict.assets] == ["model"]


def test_a_key_weighs_what_it_encrypts_in_other_accounts() -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
    lines = [bucket(account="444455556666", Encryption={"Rules": [rule]}), key(Grants=grant(STRANGER))]
    found = {one.resource: one for one in verdicts(ID, posture(lines, ASSET))}[KEY]
    assert (found.ruling, found.severity) == (Ruling.FAIL, Severity.HIGH)
    assert [asset.name for asset in found.assets] == ["model"]


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(key(), ["Policy", "Grants", "Aliases", "KeyMetadata"]):
        verdicts(ID, posture([line]))
    for line in odd(bucket(), ["Encryption"]):
        verdicts(ID, posture([line, key()]))

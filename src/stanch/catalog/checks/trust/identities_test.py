"""Edges of the checks of keys, passwords, the root user, and of who can become more than he is."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import (
    ASSET,
    EVERYTHING,
    MODELS,
    READS,
    STRANGER,
    bucket,
    document,
    odd,
    role,
    thing,
    trusting,
    user,
)

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

USER, ROLE, ROOT = f"arn:aws:iam::{ACCOUNT}:user/u", f"arn:aws:iam::{ACCOUNT}:role/x", f"arn:aws:iam::{ACCOUNT}:root"
KEYS = "trust/permanent_keys"
YOUNG = {
    "access_key_1_active": "true",
    "access_key_1_last_rotated": "2026-10-20T08:00:00+00:00",
    "access_key_1_last_used_date": "2026-11-01T08:00:00+00:00",
}
OLD = {**YOUNG, "access_key_1_last_rotated": "2026-01-01T08:00:00+00:00"}
IDLE = {**OLD, "access_key_1_last_used_date": "N/A"}


@pytest.mark.parametrize(
    ("line", "ruling", "says"),
    [
        (user("u", READS, **YOUNG), Ruling.FAIL, "reads the objects of models-eu"),
        (user("u", EVERYTHING, **YOUNG), Ruling.FAIL, "is administrator"),
        (
            user("u", {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, **YOUNG),
            Ruling.FAIL,
            "makes itself administrator",
        ),
        (user("u", **OLD), Ruling.FAIL, "304 days old"),
        (user("u", **IDLE), Ruling.FAIL, "not used for 304 days"),
        (user("u", **YOUNG, access_key_2_active="true"), Ruling.FAIL, "two keys"),
        (user("u", **YOUNG), Ruling.PASS, "young"),
        (user("u", EVERYTHING), Ruling.PASS, "no active key"),
    ],
)
def test_a_key_is_judged_by_its_reach_and_its_age(line: Any, ruling: Ruling, says: str) -> None:
    (verdict,) = verdicts(KEYS, posture([bucket(), line], ASSET))
    assert verdict.ruling is ruling
    assert says in verdict.why


def test_a_decoys_key_is_meant_to_lie_about_and_to_reach_nothing() -> None:
    where = USER.replace("arn:aws:", "arn:*:")
    bait = f'{ASSET}[[asset]]\nname = "bait"\nkind = "unknown"\nwhere = "{where}"\ndecoy = true\n'
    (idle,) = verdicts(KEYS, posture([bucket(), user("u", **IDLE)], bait))
    assert (idle.ruling, "decoy" in idle.why) == (Ruling.PASS, True)
    (armed,) = verdicts(KEYS, posture([bucket(), user("u", READS, **IDLE)], bait))
    assert armed.ruling is Ruling.FAIL


def test_a_key_that_reaches_weights_weighs_more_than_an_old_one() -> None:
    reaching, old = (
        verdicts(KEYS, posture([bucket(), line], ASSET))[0] for line in (user("u", READS, **YOUNG), user("u", **OLD))
    )
    assert (reaching.severity, old.severity) == (Severity.HIGH, Severity.LOW)


def test_a_bucket_that_anybody_reads_is_no_reach_of_a_key() -> None:
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{MODELS}/*"}
    assert rulings(KEYS, posture([bucket(Policy=document(everyone)), user("u", **YOUNG)], ASSET)) == {USER: Ruling.PASS}


@pytest.mark.parametrize("check", [KEYS, "trust/console_without_mfa"])
def test_a_report_that_was_not_seen_is_unknown(check: str) -> None:
    for report in ({"$unseen": "iam:GetCredentialReport: AccessDenied"}, None):
        line = user("u")
        line["data"]["CredentialReport"] = report
        assert rulings(check, posture([line])) == {USER: Ruling.UNKNOWN}


@pytest.mark.parametrize(
    ("report", "ruling"),
    [
        ({"password_enabled": "true", "mfa_active": "false"}, Ruling.FAIL),
        ({"password_enabled": "TRUE", "mfa_active": "FALSE"}, Ruling.FAIL),
        ({"password_enabled": "true", "mfa_active": "true"}, Ruling.PASS),
        ({"password_enabled": "false", "mfa_active": "false"}, Ruling.PASS),
        ({"password_enabled": "no_information", "mfa_active": "false"}, Ruling.PASS),
    ],
)
def test_a_password_needs_a_second_factor(report: dict[str, str], ruling: Ruling) -> None:
    assert rulings("trust/console_without_mfa", posture([user("u", **report)])) == {USER: ruling}


@pytest.mark.parametrize(
    ("data", "ruling", "severity"),
    [
        ({"SummaryMap": {"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 1}}, Ruling.FAIL, Severity.CRITICAL),
        ({"SummaryMap": {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0}}, Ruling.FAIL, Severity.HIGH),
        ({"SummaryMap": {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0, "AccountPasswordPresent": 0}},
         Ruling.PASS, Severity.INFORMATIONAL),
        ({"SummaryMap": {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0},
          "CredentialReport": {"password_enabled": "false"}}, Ruling.PASS, Severity.INFORMATIONAL),
        ({"SummaryMap": {"$unseen": "iam:GetAccountSummary: AccessDenied"}}, Ruling.UNKNOWN, Severity.CRITICAL),
        ({}, Ruling.UNKNOWN, Severity.CRITICAL),
    ],
)  # fmt: skip
def test_the_root_user_has_no_key_and_no_bare_password(data: Any, ruling: Ruling, severity: Severity) -> None:
    (verdict,) = verdicts("trust/root_unguarded", posture([bucket(), thing("iam/account", ROOT, data)], ASSET))
    assert (verdict.ruling, verdict.severity) == (ruling, severity)


CLUSTER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/1"
WRITES = {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}
ASSUMES = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
PASSES = {
    "Effect": "Allow",
    "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    "Resource": "*",
}
ADMIN = role("admin", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), EVERYTHING)
EMBED = role("embed", trusting({"Service": "lambda.amazonaws.com"}), READS)


@pytest.mark.parametrize(
    ("lines", "toml", "ruling"),
    [
        ([role("x", None, WRITES)], None, Ruling.FAIL),
        ([role("x", None, EVERYTHING)], None, Ruling.PASS),
        ([role("x", None, ASSUMES), ADMIN], None, Ruling.PASS),
        ([role("x", None, PASSES), EMBED], None, Ruling.PASS),
        ([role("x", None, {**WRITES, "Resource": f"arn:aws:iam::{ACCOUNT}:role/app/*"})], None, Ruling.PASS),
        ([role("x", None, WRITES)], f'[[principal]]\nmatch = "{ROLE}"\npurpose = "admin"\n', Ruling.PASS),
    ],
)
def test_who_is_no_administrator_and_can_become_one_fails(lines: Any, toml: str | None, ruling: Ruling) -> None:
    assert rulings("trust/becomes_admin", posture(lines, toml))[ROLE] is ruling


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([role("x", None, PASSES), EMBED], Ruling.FAIL),
        ([role("x", None, PASSES)], Ruling.PASS),
        ([role("x", None, READS)], Ruling.PASS),
        ([role("x", None, ASSUMES), role("reader", trusting({"AWS": ACCOUNT}), READS)], Ruling.PASS),
        ([role("x", None, WRITES), EMBED], Ruling.PASS),
    ],
)
def test_who_may_not_read_and_can_become_a_reader_fails(lines: Any, ruling: Ruling) -> None:
    assert rulings("trust/becomes_reader", posture([bucket(), *lines], ASSET))[ROLE] is ruling


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (role("x", trusting({"Service": "ec2.amazonaws.com"}), EVERYTHING), Ruling.FAIL),
        (role("x", trusting({"Service": "ec2.amazonaws.com.cn"}), EVERYTHING), Ruling.FAIL),
        (role("x", trusting({"Federated": CLUSTER}, None, "sts:AssumeRoleWithWebIdentity"), EVERYTHING), Ruling.FAIL),
        (role("x", trusting({"Service": "ec2.amazonaws.com"}), READS), Ruling.PASS),
        (role("x", trusting({"Service": "cloudformation.amazonaws.com"}), EVERYTHING), None),
        (role("x", trusting({"AWS": ACCOUNT}), EVERYTHING), None),
    ],
)  # fmt: skip
def test_code_is_no_administrator(line: Any, found: Ruling | None) -> None:
    assert rulings("trust/compute_admin", posture([line])) == ({ROLE: found} if found else {})


SENT = "trust/sent_by_anyone"
TRANSFER = trusting({"Service": "datasync.amazonaws.com"})


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (role("x", TRANSFER, READS), {ROLE: Ruling.FAIL}),
        (role("x", TRANSFER), {ROLE: Ruling.PASS}),
        (role("x", trusting({"Service": "cloudformation.amazonaws.com"}), READS), {}),
        (
            role(
                "x",
                trusting({"Service": "datasync.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
                READS,
            ),
            {},
        ),
        (role("x", trusting({"Service": "lambda.amazonaws.com"}), READS), {}),
        (role("x", trusting({"AWS": STRANGER}), READS), {}),
    ],
)
def test_a_service_is_sent_by_anybody_unless_its_sender_is_asked_for(line: Any, found: dict[str, Ruling]) -> None:
    assert rulings(SENT, posture([bucket(), line], ASSET)) == found


def test_a_distribution_service_that_may_read_weights_is_grave() -> None:
    reads = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:Get*",
        "Resource": "*",
    }
    (verdict,) = verdicts(SENT, posture([bucket(Policy=document(reads))], ASSET))
    assert (verdict.ruling, verdict.severity) == (Ruling.FAIL, Severity.HIGH)


@pytest.mark.parametrize("check", [KEYS, "trust/console_without_mfa", "trust/becomes_admin", "trust/becomes_reader"])
def test_nothing_that_a_hand_wrote_breaks_them(check: str) -> None:
    for line in odd(user("u", **YOUNG), ["CredentialReport", "UserName"]):
        verdicts(check, posture([bucket(), line]))
    for line in odd(thing("iam/account", ROOT, {}), ["SummaryMap", "CredentialReport"]):
        verdicts("trust/root_unguarded", posture([line]))
    for line in odd(bucket(), ["Policy"]):
        verdicts(SENT, posture([line]))

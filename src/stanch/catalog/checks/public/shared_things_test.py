"""Edges of the checks of what is shared by lists: documents, grants, resource shares."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, STRANGER, document, odd, thing

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

DOCUMENT = f"arn:aws:ssm:eu-central-1:{ACCOUNT}:document/load"
GRANTS = f"arn:aws:s3:eu-central-1:{ACCOUNT}:access-grants/default"
SHARE = f"arn:aws:ram:eu-central-1:{ACCOUNT}:resource-share/1"
HIDDEN = {"$unseen": "any:Call: AccessDenied"}


@pytest.mark.parametrize(
    ("accounts", "ruling"),
    [
        (["all"], Ruling.FAIL),
        (["All"], Ruling.FAIL),
        ([STRANGER], Ruling.FAIL),
        ([ACCOUNT], Ruling.PASS),
        ([], Ruling.PASS),
        (HIDDEN, Ruling.UNKNOWN),
    ],
)
def test_a_document_is_shared_with_those_whom_it_lists(accounts: Any, ruling: Ruling) -> None:
    line = thing("ssm/document", DOCUMENT, {"Name": "load", "AccountIds": accounts})
    assert rulings("public/document_shared", posture([line])) == {DOCUMENT: ruling}


def granted(who: str, kind: str = "IAM", **data: Any) -> dict[str, Any]:
    """An instance with one grant."""
    grant = {"AccessGrantId": "g-1", "Grantee": {"GranteeType": kind, "GranteeIdentifier": who},
             "GrantScope": "s3://models-eu/weights/*"}  # fmt: skip
    return thing("s3/access-grants-instance", GRANTS, {"Grants": [grant], "Policy": None, **data})


def test_a_grant_to_a_stranger_endangers_the_bucket_that_it_is_about() -> None:
    (verdict,) = verdicts("public/grant_outside", posture([granted(f"arn:aws:iam::{STRANGER}:role/x")], ASSET))
    assert (verdict.ruling, verdict.severity) == (Ruling.FAIL, Severity.HIGH)
    assert [asset.name for asset in verdict.assets] == ["model"]


@pytest.mark.parametrize(
    ("line", "ruling"),
    [
        (granted(f"arn:aws:iam::{ACCOUNT}:role/x"), Ruling.PASS),
        (granted("0a1b-2c3d", "DIRECTORY_USER"), Ruling.PASS),
        (granted(f"arn:aws:iam::{ACCOUNT}:role/x", Grants=HIDDEN), Ruling.UNKNOWN),
        (granted(f"arn:aws:iam::{ACCOUNT}:role/x", Policy=HIDDEN), Ruling.UNKNOWN),
        (
            granted(
                f"arn:aws:iam::{ACCOUNT}:role/x",
                Policy=document(
                    {"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "s3:GetDataAccess", "Resource": "*"}
                ),
            ),
            Ruling.FAIL,
        ),
    ],
)
def test_an_instance_of_grants_is_judged_by_its_grants_and_its_policy(line: dict[str, Any], ruling: Ruling) -> None:
    assert rulings("public/grant_outside", posture([line])) == {GRANTS: ruling}


def shared(who: str, **data: Any) -> dict[str, Any]:
    """A share of one model group with one principal."""
    given = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package-group/llama"
    principal = {"associatedEntity": who, "associationType": "PRINCIPAL", "status": "ASSOCIATED"}
    told = {"resourceOwner": "SELF", "Principals": [principal], "Resources": [{"associatedEntity": given}]}
    return thing("ram/resource-share", SHARE, {**told, **data})


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (shared(STRANGER), {SHARE: Ruling.FAIL}),
        (shared(f"arn:aws:iam::{STRANGER}:role/x"), {SHARE: Ruling.FAIL}),
        (shared(f"arn:aws:organizations::{STRANGER}:ou/o-abcdefghij/ou-1"), {SHARE: Ruling.FAIL}),
        (shared(ACCOUNT), {SHARE: Ruling.PASS}),
        (shared(STRANGER, Resources=[]), {SHARE: Ruling.PASS}),
        (
            shared(STRANGER, Principals=[{"associatedEntity": STRANGER, "status": "DISASSOCIATED"}]),
            {SHARE: Ruling.PASS},
        ),
        (shared(STRANGER, Principals=[{"associatedEntity": STRANGER, "external": False}]), {SHARE: Ruling.PASS}),
        (shared(STRANGER, Principals=HIDDEN), {SHARE: Ruling.UNKNOWN}),
        (shared(STRANGER, resourceOwner="OTHER-ACCOUNTS"), {}),
    ],
)
def test_a_share_gives_to_the_principals_that_stand_in_it(line: dict[str, Any], found: dict[str, Ruling]) -> None:
    assert rulings("public/share_outside", posture([line])) == found


def test_a_share_with_a_declared_organisation_is_inside() -> None:
    line = shared(f"arn:aws:organizations::{STRANGER}:organization/o-abcdefghij")
    ours = '[perimeter]\norganizations = ["o-abcdefghij"]\n'
    assert rulings("public/share_outside", posture([line], ours)) == {SHARE: Ruling.PASS}


def test_nothing_that_a_hand_wrote_breaks_them() -> None:
    for line in odd(thing("ssm/document", DOCUMENT, {"Name": "load"}), ["AccountIds", "Name"]):
        verdicts("public/document_shared", posture([line]))
    for line in odd(granted("x"), ["Grants", "Policy"]):
        verdicts("public/grant_outside", posture([line]))
    for line in odd(shared(STRANGER), ["Principals", "Resources"]):
        verdicts("public/share_outside", posture([line]))

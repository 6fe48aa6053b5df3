"""What nobody saw is no hole and no health: a policy that was refused makes the checks of ways unknown."""

import pytest
from tests.posturing import ACCOUNT, COLLECTORS, posture, rulings
from tests.trusting import ASSET, EVERYTHING, READS, STRANGER, bucket, role, trusting, user

from stanch.domain.verdict import Ruling

HIDDEN = {"$unseen": "s3:GetBucketPolicy: AccessDenied"}
KEY = {"access_key_1_active": "true", "access_key_1_last_rotated": "2026-10-20T08:00:00+00:00"}
PARTNER = trusting({"AWS": STRANGER})
PREFIX = '[[asset]]\nname = "model"\nkind = "weights"\nwhere = "s3://models-eu/weights/"\n'
ROLE, USER = f"arn:aws:iam::{ACCOUNT}:role/x", f"arn:aws:iam::{ACCOUNT}:user/u"
NOBODY_KNOWS = [{"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/gone", "PolicyName": "gone"}]


@pytest.mark.parametrize("toml", [ASSET, PREFIX, None])
def test_a_bucket_whose_policy_was_refused_may_let_anybody_in_and_nobody(toml: str | None) -> None:
    about = posture([bucket(Policy=HIDDEN), user("u", **KEY), role("x", PARTNER)], toml)
    assert rulings("trust/permanent_keys", about) == {USER: Ruling.UNKNOWN}
    assert rulings("cross_account/role_reaches_asset", about) == {ROLE: Ruling.UNKNOWN}
    assert set(rulings("trust/becomes_reader", about).values()) == {Ruling.PASS}


def test_what_an_identity_may_do_by_its_own_policy_is_told_all_the_same() -> None:
    about = posture([bucket(Policy=HIDDEN), user("u", READS, **KEY), role("x", PARTNER, READS)], ASSET)
    assert rulings("trust/permanent_keys", about) == {USER: Ruling.FAIL}
    assert rulings("cross_account/role_reaches_asset", about) == {ROLE: Ruling.FAIL}


def test_a_managed_policy_that_nobody_has_read_makes_its_holder_unknown() -> None:
    about = posture([bucket(), role("x", AttachedManagedPolicies=NOBODY_KNOWS)], ASSET)
    assert rulings("trust/becomes_admin", about) == {ROLE: Ruling.UNKNOWN}
    assert rulings("trust/compute_admin", about) == {ROLE: Ruling.UNKNOWN}


def test_an_organisation_that_nobody_looked_at_can_only_take_away() -> None:
    looked = [name for name in COLLECTORS if name != "organizations"]
    about = posture([bucket(), role("x", None, EVERYTHING), user("u", READS, **KEY)], ASSET, looked=looked)
    assert rulings("trust/compute_admin", about)[ROLE] is Ruling.FAIL
    assert rulings("trust/permanent_keys", about) == {USER: Ruling.FAIL}

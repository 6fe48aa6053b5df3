from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.ground import Ground, no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.kms import revoke_grants as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied
from stanch.domain.step import Step

ID = "kms/revoke_grants"
SINCE = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
THIEF = f"arn:aws:sts::{ACCOUNT}:assumed-role/serving/i-0123456789abcdef0"
THIEFS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/serving"


def user(ground: Ground, account: str) -> str:
    return ground.arn("iam", "user/ops").replace(ground.account, account)


def key(ground: Ground, *grantees: str) -> str:
    """The ARN of a key with a grant for each of these."""
    arn = str(ground.admin.call("kms", "CreateKey")["KeyMetadata"]["Arn"])
    for grantee in grantees:
        bound = {"EncryptionContextSubset": {"model": "weights"}}
        terms: dict[str, Any] = {
            "Operations": ["GenerateDataKey", "Decrypt"],
            "Constraints": bound,
            "Name": "for-a-partner",
        }
        ground.admin.call("kms", "CreateGrant", KeyId=arn, GranteePrincipal=grantee, **terms)
    return arn


def granted(ground: Ground, arn: str) -> list[str]:
    return sorted(grant["GranteePrincipal"] for grant in ground.admin.pages("kms", "ListGrants", "Grants", KeyId=arn))


def listed(*grants: tuple[str, timedelta], manager: str = "CUSTOMER") -> Recorded:
    """An account in memory whose key has these grants: to whom, and how long after the incident began."""
    found = [
        {
            "KeyId": KEY,
            "GrantId": f"{number:064x}",
            "GranteePrincipal": grantee,
            "Operations": ["Decrypt"],
            "CreationDate": SINCE + later,
            "IssuingAccount": f"arn:aws:iam::{ACCOUNT}:root",
        }
        for number, (grantee, later) in enumerate(grants)
    ]

    def revoke(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        left = [grant for grant in state["grants"] if grant["GrantId"] != asked["GrantId"]]
        if left == state["grants"]:
            raise AwsAbsent("kms:RevokeGrant", "NotFoundException", "no such grant")
        state["grants"] = left

    metadata = {"KeyMetadata": {"KeyId": KEY.rpartition("/")[2], "Arn": KEY, "KeyManager": manager}}
    operations: dict[str, Operation] = {
        "kms:DescribeKey": lambda _state, _asked: metadata,
        "kms:ListGrants": lambda state, _asked: {"Grants": list(state["grants"]), "Truncated": False},
        "kms:RevokeGrant": revoke,
    }
    return Recorded(RecordedAws(operations, {"grants": found}))


def planned(account: Recorded, **case: Any) -> Step:
    return account.planned(ID, KEY, case=account.case(since=SINCE, actors=(THIEF,), **case))


def test_revokes_a_strangers_grant_and_leaves_ours(ground: Ground) -> None:
    ours, theirs = user(ground, ground.account), user(ground, ground.outside_account)
    arn = key(ground, ours, theirs)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert granted(ground, arn) == [ours]
    assert action.verify(aws, step, no_wait, None).holds


def test_grants_the_same_terms_again_when_it_is_undone(ground: Ground) -> None:
    arn = key(ground, user(ground, ground.outside_account))
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    (grant,) = ground.admin.pages("kms", "ListGrants", "Grants", KeyId=arn)
    assert grant["Constraints"] == {"EncryptionContextSubset": {"model": "weights"}}
    assert (sorted(grant["Operations"]), grant["Name"]) == (["Decrypt", "GenerateDataKey"], "for-a-partner")
    assert action.read(aws, step) == step.before


def test_revokes_what_the_intruder_gave_himself_since_it_began() -> None:
    account = listed(
        (THIEF, timedelta(minutes=3)), (THIEFS_ROLE, timedelta(minutes=4)), (THIEFS_ROLE, -timedelta(days=9))
    )
    step = planned(account)
    action.apply(account.aws, step, no_wait)
    assert [grant["CreationDate"] for grant in account.aws.state["grants"]] == [SINCE - timedelta(days=9)]
    assert action.verify(account.aws, step, no_wait, None).holds


def test_tells_what_was_granted_to_others_of_ours_since_it_began_and_leaves_it() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/training"
    step = planned(listed((THIEFS_ROLE, timedelta(minutes=3)), (other, timedelta(minutes=5))))
    assert step.calls[-1] == f"(made since it began, and left: {other} may Decrypt)"


def test_leaves_the_grants_of_services_and_of_deleted_principals() -> None:
    with pytest.raises(Needless):
        planned(listed(("dynamodb.amazonaws.com", -timedelta(days=1)), ("AROAEXAMPLEID12345678", -timedelta(days=1))))


def test_does_not_hold_while_a_stranger_holds_a_grant_made_after_the_plan() -> None:
    account = listed((THIEF, timedelta(minutes=3)))
    step = planned(account)
    action.apply(account.aws, step, no_wait)
    theirs = "arn:aws:iam::444455556666:root"
    account.aws.state["grants"] = listed((theirs, timedelta(hours=1))).aws.state["grants"]
    proof = action.verify(account.aws, step, no_wait, None)
    assert (proof.holds, proof.what) == (False, (f"{KEY} is still granted: {theirs} may Decrypt",))


def test_counts_a_grant_that_somebody_else_revoked_meanwhile_as_revoked() -> None:
    account = listed((THIEF, timedelta(minutes=3)))
    step = planned(account)
    account.aws.failing["kms:RevokeGrant"] = [AwsAbsent("kms:RevokeGrant", "NotFoundException", "gone")]
    account.aws.state["grants"] = []
    action.apply(account.aws, step, no_wait)
    assert action.verify(account.aws, step, no_wait, None).holds


def test_says_so_when_it_is_not_allowed_to_revoke() -> None:
    account = listed((THIEF, timedelta(minutes=3)))
    step = planned(account)
    account.aws.failing["kms:RevokeGrant"] = [AwsDenied("kms:RevokeGrant", "AccessDeniedException", "no")]
    with pytest.raises(AwsDenied):
        action.apply(account.aws, step, no_wait)
    assert action.read(account.aws, step) == step.before


def test_refuses_a_key_that_aws_manages() -> None:
    with pytest.raises(Refused, match="AWS manages"):
        planned(listed((THIEF, timedelta(minutes=3)), manager="AWS"))


def test_survives_dying_before_each_change(ground: Ground) -> None:
    theirs = user(ground, ground.outside_account)
    other = ground.arn("iam", "root").replace(ground.account, ground.outside_account)
    assert survives_dying(ground, ID, lambda: key(ground, theirs, other)) == 2

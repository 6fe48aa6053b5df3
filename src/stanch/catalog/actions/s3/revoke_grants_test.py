from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.ground import Grounds, no_wait, plain, survives_dying
from tests.recorded_aws import ACCOUNT, Recorded, RecordedAws, State

from stanch.catalog.actions.s3 import revoke_grants as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.domain.estate import Perimeter
from stanch.domain.step import Method

ID = "s3/revoke_grants"
BUCKET = "arn:aws:s3:::acme-store"
THEM = "arn:aws:iam::444455556666:role/reader"
LOCATION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/access-grants"
Fields = dict[str, Any]


def grant(id_: str, who: str = THEM, scope: str = "s3://acme-store/*", kind: str = "IAM", **more: Any) -> Fields:
    return {
        "AccessGrantId": id_,
        "CreatedAt": datetime.now(UTC),
        "Grantee": {"GranteeType": kind, "GranteeIdentifier": who},
        "Permission": "READ",
        "AccessGrantsLocationId": "default",
        "AccessGrantsLocationConfiguration": {"S3SubPrefix": scope.removeprefix("s3://")},
        "GrantScope": scope,
        **more,
    }


def listed(state: State, params: Mapping[str, Any]) -> Fields:
    """One grant a page."""
    page, grants = int(params.get("NextToken", 0)), list(state["grants"].values())
    more = {"NextToken": str(page + 1)} if page + 1 < len(grants) else {}
    return {"AccessGrantsList": grants[page : page + 1], **more}


def deleted(state: State, params: Mapping[str, Any]) -> None:
    if params["AccessGrantId"] not in state["grants"]:
        raise AwsAbsent("s3control:DeleteAccessGrant", "NoSuchAccessGrantError", "does not exist")
    del state["grants"][params["AccessGrantId"]]


def created(state: State, params: Mapping[str, Any]) -> Fields:
    scope = f"s3://{params['AccessGrantsLocationConfiguration']['S3SubPrefix']}"
    state["made"] += 1
    new = grant(f"made-{state['made']}", params["Grantee"]["GranteeIdentifier"], scope)
    state["grants"][new["AccessGrantId"]] = new
    return {name: new[name] for name in ("AccessGrantId", "GrantScope")}


def account(*grants: Fields) -> Recorded:
    operations: dict[str, Any] = {
        "s3:GetBucketLocation": lambda _, __: {"LocationConstraint": "eu-central-1"},
        "s3control:ListAccessGrants": listed,
        "s3control:GetAccessGrantsLocation": lambda _, __: {"IAMRoleArn": LOCATION_ROLE},
        "s3control:DeleteAccessGrant": deleted,
        "s3control:CreateAccessGrant": created,
    }
    return Recorded(RecordedAws(operations, {"grants": {one["AccessGrantId"]: one for one in grants}, "made": 0}))


def test_deletes_what_strangers_hold_on_the_bucket_and_nothing_else() -> None:
    ground = account(
        grant("theft"),
        grant("wide", scope="s3://*"),
        grant("ours", f"arn:aws:iam::{ACCOUNT}:role/reader"),
        grant("person", "a-user-id", kind="DIRECTORY_USER"),
        grant("elsewhere", scope="s3://acme-store-of-others/*"),
    )
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)
    action.apply(aws, step, no_wait)
    assert set(ground.aws.state["grants"]) == {"ours", "person", "elsewhere"}
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)


def test_names_the_role_whose_sessions_outlive_the_grant() -> None:
    step = account(grant("theft")).planned(ID, BUCKET)
    assert any(f"sessions of {LOCATION_ROLE}" in line and "iam/revoke_sessions" in line for line in step.breaks)


def test_plans_although_the_location_cannot_be_looked_at() -> None:
    ground = account(grant("theft"))
    operation = "s3control:GetAccessGrantsLocation"
    ground.aws.failing[operation] = [AwsDenied(operation, "AccessDenied", "no")]
    assert ground.planned(ID, BUCKET).calls


def test_makes_each_grant_again_with_what_it_said() -> None:
    theft, one_object = grant("theft"), grant("object", scope="s3://acme-store/model.bin")
    ground = account(theft, one_object)
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)
    action.apply(aws, step, no_wait)
    assert ground.aws.state["grants"] == {}
    action.undo(aws, step, no_wait)
    assert plain(action.read(aws, step)) == step.before
    asked = [params for name, params in ground.aws.calls if name == "s3control:CreateAccessGrant"]
    assert [params.get("S3PrefixType") for params in asked] == [None, "Object"]
    assert all(params["Grantee"] == theft["Grantee"] for params in asked)


def test_leaves_accounts_of_the_perimeter() -> None:
    ground = account(grant("partner"))
    perimeter = Perimeter(accounts=(ACCOUNT, "444455556666"))
    with pytest.raises(Needless):
        ground.planned(ID, BUCKET, case=ground.case(perimeter=perimeter))


def test_has_nothing_to_do_where_access_grants_are_not_in_use() -> None:
    ground = account()
    operation = "s3control:ListAccessGrants"
    ground.aws.failing[operation] = [AwsError(operation, "AccessGrantsInstanceNotExistsError", "does not exist")]
    with pytest.raises(Needless):
        ground.planned(ID, BUCKET)


def test_does_not_hold_where_a_stranger_was_granted_anew() -> None:
    ground = account(grant("theft"))
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)
    action.apply(aws, step, no_wait)
    ground.aws.state["grants"]["again"] = grant("again", scope="s3://acme-store/w/*")
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert proof.what == (f"still there: READ on s3://acme-store/w/* to {THEM}",)


def test_passes_over_a_grant_that_somebody_deleted_first() -> None:
    ground = account(grant("theft"), grant("other", scope="s3://acme-store/w/*"))
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)

    def faster(operation: str) -> None:
        if operation == "s3control:DeleteAccessGrant":
            ground.aws.state["grants"].pop("theft", None)

    aws.before_call = faster
    action.apply(aws, step, no_wait)
    assert ground.aws.state["grants"] == {}


def test_keeps_what_is_left_when_a_deletion_is_throttled() -> None:
    ground = account(grant("theft"), grant("other", scope="s3://acme-store/w/*"))
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)
    operation = "s3control:DeleteAccessGrant"
    ground.aws.failing[operation] = [AwsError(operation, "SlowDown", "Please reduce your request rate.")]
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


def dying(ground: Grounds) -> int:
    return survives_dying(ground, ID, lambda: BUCKET)


def test_survives_dying_between_any_two_changes() -> None:
    assert dying(account(grant("theft"), grant("object", scope="s3://acme-store/model.bin"))) == 2

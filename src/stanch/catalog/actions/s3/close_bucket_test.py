import json
from ipaddress import ip_network
from typing import Any

import pytest
from tests.ground import Ground, Listening, allowed, document, no_wait, survives_dying

from stanch.catalog.actions.s3 import close_bucket as action
from stanch.catalog.actions.s3._bucket import BLOCKED
from stanch.contracts.action import Overtaken
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError, AwsUnreachable
from stanch.domain.estate import Perimeter
from stanch.domain.step import Method, Step

ID = "s3/close_bucket"


def policy_of(ground: Ground, bucket: str) -> list[dict[str, Any]]:
    text = ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"]
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


def grant(ground: Ground, principal: Any, sid: str, **more: Any) -> dict[str, Any]:
    what = {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, **what, **more}


def root_of(ground: Ground, account: str) -> str:
    return ground.arn("iam", "root").replace(ground.account, account)


def closed(ground: Ground, bucket: str, **case: Any) -> tuple[Listening, Step]:
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws, ground.case(**case))
    action.apply(aws, step, no_wait)
    return aws, step


def test_answers_a_stranger_403_where_he_read_before(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, "*", "Open")])
    assert allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")
    aws, step = closed(ground, bucket)
    assert not allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.EFFECT)
    assert proof.what[1] == "anonymous GET of model.bin: 403"


def test_shuts_out_an_account_that_a_statement_names(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, {"AWS": root_of(ground, ground.outside_account)}, "Partner")])
    assert allowed(ground.outsider, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    closed(ground, bucket)
    assert not allowed(ground.outsider, "s3", "GetObject", Bucket=bucket, Key="model.bin")


def test_neutralises_a_public_acl(ground: Ground) -> None:
    bucket = ground.bucket()
    ownership = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    ground.admin.call("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls=ownership)
    ground.admin.call("s3", "PutBucketAcl", Bucket=bucket, ACL="public-read")
    assert allowed(ground.stranger(), "s3", "ListObjectsV2", Bucket=bucket)
    aws, step = closed(ground, bucket)
    assert not allowed(ground.stranger(), "s3", "ListObjectsV2", Bucket=bucket)
    assert "(IgnorePublicAcls neutralises its ACL grant to AllUsers)" in step.calls
    action.undo(aws, step, no_wait)
    assert allowed(ground.stranger(), "s3", "ListObjectsV2", Bucket=bucket)


def test_leaves_every_other_statement_as_it_was_and_in_its_place(ground: Ground) -> None:
    ours = grant(
        ground, {"AWS": root_of(ground, ground.account)}, "Ours", Condition={"Bool": {"aws:SecureTransport": "true"}}
    )
    logs = grant(ground, {"Service": "logging.s3.amazonaws.com"}, "Logs")
    tls = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    tls["Condition"] = {"Bool": {"aws:SecureTransport": "never"}}  # type: ignore[assignment]
    bucket = ground.bucket([ours, grant(ground, "*", "Open"), logs, tls])
    _, step = closed(ground, bucket)
    *rest, marker = policy_of(ground, bucket)
    assert rest == [ours, logs, tls]
    assert marker["Sid"] == "StanchClosedinc20261122ab12"
    assert any("take out statement 'Open': it lets in everybody" in call for call in step.calls)


def test_narrows_a_statement_that_also_names_principals_of_ours(ground: Ground) -> None:
    ours, theirs = root_of(ground, ground.account), root_of(ground, ground.outside_account)
    bucket = ground.bucket([grant(ground, {"AWS": [ours, theirs]}, "Mixed")])
    closed(ground, bucket)
    assert policy_of(ground, bucket)[0]["Principal"] == {"AWS": [ours]}


def test_keeps_accounts_of_the_perimeter_and_the_organisation(ground: Ground) -> None:
    partner = grant(ground, {"AWS": root_of(ground, ground.outside_account)}, "Sister")
    org = grant(ground, "*", "Org", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-acme123456"}})
    bucket = ground.bucket([partner, org])
    perimeter = Perimeter(accounts=(ground.account, ground.outside_account), organizations=("o-acme123456",))
    closed(ground, bucket, perimeter=perimeter)
    *rest, marker = policy_of(ground, bucket)
    assert rest == [partner, org]
    assert marker["Condition"]["StringNotEquals"] == {
        "aws:PrincipalAccount": [ground.account, ground.outside_account],
        "aws:PrincipalOrgID": ["o-acme123456"],
    }
    assert allowed(ground.outsider, "s3", "GetObject", Bucket=bucket, Key="model.bin")


def test_keeps_a_statement_bound_to_our_own_network(ground: Ground) -> None:
    office = grant(ground, "*", "Office", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    bucket = ground.bucket([office])
    perimeter = Perimeter(accounts=(ground.account,), networks=(ip_network("192.0.2.0/24"),))
    closed(ground, bucket, perimeter=perimeter)
    assert policy_of(ground, bucket)[0] == office


def test_locks_out_neither_the_responder_nor_services_of_aws(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, "*", "Open")])
    aws, _ = closed(ground, bucket)
    assert allowed(aws, "s3", "ListObjectsV2", Bucket=bucket)
    assert policy_of(ground, bucket)[-1]["Condition"]["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}


def test_restores_the_policy_byte_for_byte(ground: Ground) -> None:
    odd = '{ "Statement":[ {"Effect":"Allow",\n"Principal":"*", "Action":"s3:GetObject",'
    text = f'{odd}"Resource":"*"}} ],"Version":"2012-10-17"}}'
    bucket = ground.bucket(text)
    aws, step = closed(ground, bucket)
    action.undo(aws, step, no_wait)
    assert ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"] == text
    with pytest.raises(AwsAbsent, match="NoSuchPublicAccessBlock"):
        ground.admin.call("s3", "GetPublicAccessBlock", Bucket=bucket)


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    opened = [grant(ground, "*", "Open")]
    assert survives_dying(ground, ID, lambda: ground.arn("s3", ground.bucket(opened))) == 2
    assert survives_dying(ground, ID, lambda: ground.arn("s3", ground.bucket())) == 2


def test_asks_for_a_made_up_key_in_an_empty_bucket(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, "*", "Open")], key=None)
    aws, step = closed(ground, bucket)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    assert "anonymous GET of stanch-probe: 403" in proof.what


def test_does_not_hold_once_somebody_has_opened_it_again(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, "*", "Open")])
    aws, step = closed(ground, bucket)
    ground.admin.call("s3", "DeletePublicAccessBlock", Bucket=bucket)
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=document([grant(ground, "*", "Again")]))
    assert not action.verify(aws, step, no_wait, None).holds


def test_says_that_it_only_read_back_when_no_stranger_reaches_the_endpoint(ground: Ground) -> None:
    aws, step = closed(ground, ground.bucket([grant(ground, "*", "Open")]))

    class Cut(Listening):
        def anonymous(self) -> Listening:
            def unreachable(operation: str) -> None:
                raise AwsUnreachable(operation, "ConnectTimeoutError", "no route")

            return Listening(self.door, before_call=unreachable)

    proof = action.verify(Cut(aws.door), step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    assert "could not be tried" in proof.what[0]


def test_touches_no_bucket_of_another_account(ground: Ground) -> None:
    name = ground.name("their-store")
    place = {"LocationConstraint": ground.staged.region}
    ground.outsider.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place)
    with pytest.raises(AwsDenied):
        ground.planned(ID, ground.arn("s3", name))


def test_overwrites_nothing_that_somebody_changed_after_the_plan(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, "*", "Open")])
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    theirs = document([{**grant(ground, "*", "Freeze"), "Effect": "Deny", "Resource": f"arn:aws:s3:::{bucket}/*"}])
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=theirs)
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert [statement["Sid"] for statement in policy_of(ground, bucket)] == ["Freeze"]


def test_sets_the_block_although_the_policy_is_at_its_size_limit(ground: Ground) -> None:
    def full(operation: str) -> None:
        if operation == "s3:PutBucketPolicy":
            raise AwsError(operation, "PolicyTooLarge", "Your policy contains too many bytes")

    bucket = ground.bucket([grant(ground, "*", "Open")])
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    aws.before_call = full
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    assert not allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")


def test_does_not_hold_where_the_deny_has_no_room_and_blocks_the_public_all_the_same(ground: Ground) -> None:
    long = grant(ground, {"AWS": root_of(ground, ground.account)}, "Long")
    long["Condition"] = {"StringEquals": {"aws:UserAgent": "x" * 20_050}}
    bucket = ground.bucket([grant(ground, "*", "Open"), long])
    before = ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"]
    aws, step = closed(ground, bucket)
    assert "no room for statement" in step.calls[1]
    assert policy_of(ground, bucket) == [long]
    assert not allowed(ground.outsider, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "shorten the policy by hand" in proof.what[0]
    action.undo(aws, step, no_wait)
    assert ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"] == before


def test_writes_policies_without_the_spaces_that_count_against_their_size(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, {"AWS": root_of(ground, ground.account)}, "Ours")])
    closed(ground, bucket)
    assert ": " not in ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"]


def test_leaves_room_for_what_other_steps_of_ours_added(ground: Ground) -> None:
    bucket = ground.bucket()
    other = grant(ground, "*", "StanchDeniedPrincipalsx", Effect="Deny", Resource=f"arn:aws:s3:::{bucket}/*")
    other["Condition"] = {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::444455556666:role/x" + "x" * 20_000]}}
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=document([other]))
    _, step = closed(ground, bucket)
    assert step.before == {"policy": None, "block": None}
    assert not step.settings["whole"]
    assert policy_of(ground, bucket) == [other]


def test_passes_over_no_statement_that_only_calls_itself_ours(ground: Ground) -> None:
    bucket = ground.bucket([grant(ground, "*", "StanchClosedByNobody")])
    closed(ground, bucket)
    assert [statement["Effect"] for statement in policy_of(ground, bucket)] == ["Deny"]


def test_keeps_its_record_when_it_is_overtaken_half_way(ground: Ground) -> None:
    bucket, aws = ground.bucket([grant(ground, "*", "Open")]), ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    ground.admin.call("s3", "PutPublicAccessBlock", Bucket=bucket, PublicAccessBlockConfiguration=BLOCKED)
    theirs = document([grant(ground, {"AWS": root_of(ground, ground.account)}, "Theirs")])
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=theirs)
    with pytest.raises(AwsError, match="Conflict"):
        action.apply(aws, step, no_wait)

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.ground import THIEF, Ground, allowed, document, eventually, no_wait, survives_dying

from stanch.aws import Credentials
from stanch.catalog.actions.iam import revoke_sessions as action
from stanch.contracts.action import Refused, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Method

ID = "iam/revoke_sessions"


def trusted_by(aws: Aws, ground: Ground) -> str:
    """A role that this caller may assume."""
    name = Arn.parse(aws.caller).name
    return ground.role(trusted=[ground.arn("iam", f"{'role' if 'assumed' in aws.caller else 'user'}/{name}")])


def test_refuses_the_session_opened_before_and_allows_the_one_opened_after(ground: Ground) -> None:
    role = trusted_by(ground.admin, ground)
    stolen = ground.admin.assuming(role, "thief")
    assert allowed(stolen, "s3", "ListBuckets")
    soon = ground.case(now=datetime.now(UTC) - timedelta(seconds=action.LEAD_SECONDS))
    step = ground.planned(ID, role, case=soon)
    action.apply(ground.responder(), step, no_wait)
    assert not allowed(stolen, "s3", "ListBuckets")
    assert eventually(lambda: allowed(ground.admin.assuming(role, "worker"), "s3", "ListBuckets"))
    assert not allowed(stolen, "s3", "ListBuckets")


def test_proves_by_effect_with_a_session_of_its_own_where_the_trust_admits_it(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, trusted_by(aws, ground), aws)
    proof = action.verify(aws, step, no_wait, action.apply(aws, step, no_wait))
    assert (proof.holds, proof.method) == (True, Method.EFFECT)
    assert "allowed before, AccessDenied now" in proof.what[0]


def test_asks_the_simulator_about_an_older_and_a_younger_session_otherwise(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws)
    assert action.apply(aws, step, no_wait) is None
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.SIMULATION)
    assert [line.rsplit(": ", 1)[1] for line in proof.what] == ["explicitDeny", "allowed"]


def test_says_that_it_only_read_back_when_the_simulator_may_not_be_asked(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws)
    action.apply(aws, step, no_wait)

    def without_simulator(operation: str) -> None:
        if operation == "iam:SimulatePrincipalPolicy":
            raise AwsDenied(operation, "AccessDenied", "not for you")

    aws.before_call = without_simulator
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)


def test_does_not_hold_while_the_old_session_still_works(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws)
    action.apply(aws, step, no_wait)
    waited: list[float] = []
    proof = action.verify(aws, step, waited.append, Witness("an old session reads", lambda: None))
    assert not proof.holds
    assert sum(waited) > 10, "IAM may need seconds: one refusal too few is no verdict"


def test_does_not_hold_when_somebody_took_the_deny_away_at_once(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws)
    action.apply(aws, step, no_wait)
    name = Arn.parse(step.resource).name
    ground.admin.call("iam", "DeleteRolePolicy", RoleName=name, PolicyName=step.settings["policy"])
    assert not action.verify(aws, step, no_wait, None).holds


def test_waits_while_iam_does_not_show_the_policy_yet(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws)
    reads = iter(range(100))

    def stale(operation: str) -> None:
        if operation == "iam:GetRolePolicy" and next(reads) in {1, 2, 3}:
            raise AwsAbsent(operation, "NoSuchEntity", "not seen yet")

    aws.before_call = stale
    waited: list[float] = []
    action.apply(aws, step, waited.append)
    assert action.read(aws, step)["policy"] is not None
    assert len(waited) >= 3


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, ground.role) == 1
    assert survives_dying(ground, ID, lambda: trusted_by(ground.responder(), ground)) == 1


def test_writes_the_cutoff_in_utc_wherever_the_responder_is(ground: Ground) -> None:
    new_york = timezone(timedelta(hours=-5))
    case = ground.case(now=datetime(2026, 11, 22, 15, 30, 0, 999999, tzinfo=new_york))
    step = ground.planned(ID, ground.role(), case=case)
    assert step.settings["cutoff"] == "2026-11-22T20:30:03Z"


def test_cuts_a_second_run_at_the_same_moment_as_the_first(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(), aws)
    action.apply(aws, step, no_wait)
    first = action.read(aws, step)
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == first


def test_refuses_roles_that_aws_does_not_let_anyone_edit(ground: Ground) -> None:
    linked = ground.role(path="/aws-service-role/ecs.amazonaws.com/")
    sso = ground.role(path="/aws-reserved/sso.amazonaws.com/eu-central-1/")
    with pytest.raises(Refused, match="stop what uses it in the service"):
        ground.planned(ID, linked)
    with pytest.raises(Refused, match="disable the user there"):
        ground.planned(ID, sso)


def test_refuses_the_role_it_acts_as(ground: Ground) -> None:
    with pytest.raises(Refused, match="the role stanch acts as"):
        ground.planned(ID, ground.staged.responder_role_arn)


def test_finds_the_path_of_a_role_that_a_session_does_not_tell(ground: Ground) -> None:
    arn = ground.role(path="/team/ml/")
    bare = Arn.parse(arn)
    step = ground.planned(ID, str(replace(bare, resource=f"role/{bare.name}")))
    assert step.resource == arn


def test_binds_sessions_that_a_bucket_policy_lets_in(ground: Ground) -> None:
    role = trusted_by(ground.admin, ground)
    stolen = ground.admin.assuming(role, "thief")
    bucket = ground.bucket()
    resources = [ground.arn("s3", bucket), ground.arn("s3", f"{bucket}/*")]
    grant = {"Effect": "Allow", "Principal": {"AWS": stolen.caller}, "Action": "s3:*", "Resource": resources}
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=document([grant]))
    step = ground.planned(ID, role)
    action.apply(ground.responder(), step, no_wait)
    assert not allowed(stolen, "s3", "GetObject", Bucket=bucket, Key="model.bin")


def test_leaves_sessions_alive_that_the_role_opened_in_others(ground: Ground) -> None:
    first = trusted_by(ground.admin, ground)
    second = ground.role(trusted=[first])
    onward = ground.admin.assuming(first, "thief").assuming(second, "thief")
    action.apply(ground.responder(), ground.planned(ID, first), no_wait)
    assert allowed(onward, "s3", "ListBuckets"), "each role of a chain must be a step of its own"
    action.apply(ground.responder(), ground.planned(ID, second), no_wait)
    assert not allowed(onward, "s3", "ListBuckets")


def test_cuts_credentials_that_were_carried_off_the_host(ground: Ground) -> None:
    signing = ground.staged.instance_credentials(ground.staged.host.instance_id)
    stolen = ground.door(Credentials(signing.access_key_id, signing.secret, signing.token), THIEF)
    where = {"Bucket": ground.staged.weights_bucket, "Key": ground.staged.shards[0]}
    assert allowed(stolen, "s3", "GetObject", **where)
    aws = ground.responder()
    step = ground.planned(ID, ground.staged.serving_role_arn, aws)
    action.apply(aws, step, no_wait)
    assert not allowed(stolen, "s3", "GetObject", **where)
    action.undo(aws, step, no_wait)


def test_is_not_verified_while_the_trust_still_lets_a_stranger_in(ground: Ground) -> None:
    aws = ground.responder()
    stranger = ground.arn("iam", "root").replace(ground.account, ground.outside_account)
    step = ground.planned(ID, ground.role(trusted=[stranger]), aws)
    assert any("NOT cut" in line and ground.outside_account in line for line in step.breaks)
    proof = action.verify(aws, step, no_wait, action.apply(aws, step, no_wait))
    assert not proof.holds
    assert "iam/narrow_trust closes it" in proof.what[-1]


def test_takes_no_organisation_of_ours_for_a_stranger(ground: Ground) -> None:
    role = ground.role(trusted=["*"])
    ours = {"StringEquals": {"aws:PrincipalOrgID": "o-acme123456"}}
    trust = document([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": ours}])
    ground.admin.call("iam", "UpdateAssumeRolePolicy", RoleName=Arn.parse(role).name, PolicyDocument=trust)
    aws = ground.responder()
    perimeter = Perimeter(accounts=(ground.account,), organizations=("o-acme123456",))
    step = ground.planned(ID, role, aws, ground.case(perimeter=perimeter))
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    assert not any("may open new sessions" in line for line in step.breaks)

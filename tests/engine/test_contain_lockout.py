"""What a step will put in force is tried on the responder first, as AWS would decide it."""

import json
from dataclasses import replace
from typing import Any

from tests.engine.containing import ACCOUNT, BUCKET, Shut, incident, scene

from stanch.contracts.action import Case, Plan
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import StepState
from stanch.engine.contain.lockout import locked_out

RESPONDER = f"arn:aws:sts::{ACCOUNT}:assumed-role/responder/me"
ASKED = ("s3:PutBucketPolicy", "s3:GetBucketPolicy", "iam:GetRole")


def denying(**statement: Any) -> dict[str, str]:
    said = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"], **statement}
    return {BUCKET: json.dumps({"Version": "2012-10-17", "Statement": [said]})}


def test_a_deny_for_everybody_binds_the_responder_too() -> None:
    told = locked_out(denying(), RESPONDER, ASKED)
    assert told == (f"s3:GetBucketPolicy on {BUCKET}", f"s3:PutBucketPolicy on {BUCKET}")


def test_a_deny_that_spares_its_account_or_its_role_does_not() -> None:
    outside = {"StringNotEquals": {"aws:PrincipalAccount": [ACCOUNT]}}
    assert locked_out(denying(Condition=outside), RESPONDER, ASKED) == ()
    others = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/responder"}}
    assert locked_out(denying(Condition=others), RESPONDER, ASKED) == ()
    assert locked_out(denying(Action="s3:GetObject"), RESPONDER, ASKED) == ()


def test_a_deny_that_stood_before_is_no_means_to_keep_stanch_from_acting() -> None:
    outside = denying(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}})
    assert locked_out(outside, RESPONDER, ASKED), "nobody knows the way by which the responder comes"
    assert locked_out(outside, RESPONDER, ASKED, {"policy": outside[BUCKET]}) == ()
    assert locked_out(denying(), RESPONDER, ASKED, {"policy": "{}", "acl": {"grants": []}})


def test_a_step_that_would_lock_the_responder_out_is_not_planned() -> None:
    class Harsh(Shut):
        def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
            return replace(super().plan(aws, resource, case), policies=denying())

    s = scene(BUCKET, shut=Harsh(PERMISSIONS=("s3:PutBucketPolicy",)))
    (step,) = s.desk().plan(incident(by_hand=[BUCKET]))
    assert (step.state, step.before) == (StepState.SKIPPED, None)
    assert step.why.startswith("it would lock stanch itself out (s3:PutBucketPolicy on")

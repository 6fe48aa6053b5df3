"""Whatever a log or a person writes, one resource has one name here, and what AWS never has is left alone."""

import pytest
from tests.engine.containing import ACCOUNT, BUCKET, HOST, ROLE, STRANGER, FakeAws, Shut, incident, scene

from stanch.domain.arn import Arn, ArnError
from stanch.domain.step import Step, StepState
from stanch.engine.contain.spelling import canonical, spellings

SNAPSHOT = "arn:aws:ec2:eu-central-1::snapshot/snap-0123456789abcdef0"
FUNCTION = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:score"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"arn:aws:iam:us-east-1:{ACCOUNT}:role/app", ROLE),
        ("arn:aws:iam:::role/app", ROLE),
        (f"arn:aws:s3:eu-central-1:{ACCOUNT}:store", BUCKET),
        (HOST.replace(f":{ACCOUNT}:", "::"), HOST),
        (SNAPSHOT.replace("::", f":{ACCOUNT}:"), SNAPSHOT),
        (FUNCTION.replace(f":{ACCOUNT}:", "::", 1), FUNCTION),
    ],
)
def test_every_spelling_becomes_the_one_of_aws(written: str, meant: str) -> None:
    assert str(canonical(Arn.parse(written), ACCOUNT)) == meant


ODD = {
    "a user of another service": f"arn:aws:elasticache:eu-central-1:{ACCOUNT}:user:eve",
    "an image of another service": f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:image/ami-1",
    "a newline": f"{ROLE}\nforged",
    "a terminal's escape": f"{ROLE}\x1b[2J",
    "letters that look alike": ROLE.replace("app", "\u0430pp"),
    "very long": f"{ROLE}{'x' * 5000}",
    "a region with a path": f"arn:aws:kms:eu-central-1/../x:{ACCOUNT}:key/1",
    "a region that is a host": f"arn:aws:kms:attacker.example:{ACCOUNT}:key/1",
    "an account that is none": "arn:aws:iam::1111*:role/app",
    "a wildcard for an account": "arn:aws:iam::*:role/app",
    "an instance in no region": f"arn:aws:ec2::{ACCOUNT}:instance/i-0123456789abcdef1",
    "a path in an instance's name": HOST.replace("instance/", "instance/x/"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_aws_never_writes_is_no_resource(odd: str) -> None:
    with pytest.raises(ArnError) as told:
        canonical(Arn.parse(odd), ACCOUNT)
    assert "\n" not in str(told.value), "a name must not forge a line of ours"
    assert len(str(told.value)) < 500
    s = scene(odd, shut=Shut(("user", "image", "role", "key", "instance")))
    assert {step.state for step in s.desk().plan(incident(by_hand=[odd]))} == {StepState.SKIPPED}
    assert s.journal.rows == []


@pytest.mark.parametrize("protected", [ROLE, SNAPSHOT, SNAPSHOT.replace("::", f":{ACCOUNT}:"), FUNCTION, BUCKET, HOST])
def test_never_touch_holds_for_every_spelling(protected: str) -> None:
    arn = Arn.parse(protected)
    regions = {arn.region} if arn.service == "ec2" or arn.service == "lambda" else {"", "us-east-1"}
    written = {str(Arn(arn.partition, arn.service, r, a, arn.resource)) for r in regions for a in ("", ACCOUNT)}
    written |= {f"{protected}:$LATEST", f"{protected}:7"} if arn.kind == "function" else set()
    s = scene(*written, str(canonical(arn, ACCOUNT)), shut=Shut((arn.kind,)))
    s.protect(protected)
    for spelled in sorted(written):
        (step,) = s.desk().plan(incident(by_hand=[spelled]))
        assert (step.state, "never_touch" in step.why) == (StepState.SKIPPED, True), spelled


def test_a_bucket_that_a_log_puts_into_a_strangers_account_is_not_ours_of_that_name() -> None:
    s = scene(BUCKET)
    (step,) = s.desk().plan(incident(by_hand=[BUCKET.replace(":::", f"::{STRANGER}:")]))
    assert (step.state, "outside the perimeter" in step.why) == (StepState.SKIPPED, True)


def test_a_perimeter_that_nobody_declared_is_the_responders_own_account() -> None:
    far = ROLE.replace(ACCOUNT, STRANGER)
    s = scene(ROLE, far)
    s.estate = type(s.estate)()
    found: dict[str, Step] = {step.resource: step for step in s.desk().plan(incident(by_hand=[ROLE, far]))}
    assert (found[ROLE].state, found[far].state) == (StepState.PLANNED, StepState.SKIPPED)
    assert isinstance(s.aws, FakeAws)
    assert s.aws.assumed == []


def test_a_version_of_a_function_is_named_with_the_function() -> None:
    assert FUNCTION in spellings(Arn.parse(f"{FUNCTION}:7"), ACCOUNT)

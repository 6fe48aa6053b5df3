import json
from typing import Any

import pytest
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.cloudtrail import resume_trail as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent
from stanch.domain.step import Method

ID = "cloudtrail/resume_trail"


def trail(ground: Ground, *, logging: bool = False) -> str:
    name = ground.name("trail")
    bucket = ground.bucket(key=None)
    made = ground.admin.call("cloudtrail", "CreateTrail", Name=name, S3BucketName=bucket)["TrailARN"]
    if logging:
        ground.admin.call("cloudtrail", "StartLogging", Name=name)
    return str(made)


def logs(ground: Ground, arn: str) -> bool:
    return bool(ground.admin.call("cloudtrail", "GetTrailStatus", Name=arn)["IsLogging"])


def test_starts_a_trail_that_was_stopped_and_leaves_it_running(ground: Ground) -> None:
    aws, arn = ground.responder(), trail(ground)
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert logs(ground, arn)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method, proof.what[0]) == (True, Method.STATE, "it is logging")
    action.undo(aws, step, no_wait)
    assert logs(ground, arn)


def test_has_nothing_to_do_where_it_logs_and_says_what_it_does_not_see(ground: Ground) -> None:
    arn = trail(ground, logging=True)
    with pytest.raises(Needless, match="is logging; it records NO data events"):
        ground.planned(ID, arn)
    selector = {"Name": "reads", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
    ground.admin.call("cloudtrail", "PutEventSelectors", TrailName=arn, AdvancedEventSelectors=[selector])
    with pytest.raises(Needless, match="it records data events"):
        ground.planned(ID, arn)


def test_is_not_verified_while_somebody_stops_it_again(ground: Ground) -> None:
    aws, arn = ground.responder(), trail(ground)
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    ground.admin.call("cloudtrail", "StopLogging", Name=arn)
    assert not action.verify(aws, step, no_wait, None).holds


def test_refuses_the_trail_of_another_account_and_knows_one_that_is_gone(ground: Ground) -> None:
    arn = trail(ground)
    aws = ground.responder()

    class Organisations:
        def __getattr__(self, name: str) -> Any:
            return getattr(aws, name)

        def call(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
            answer = aws.call(service, operation, **params)
            text = json.dumps(answer, default=str).replace(ground.account, ground.outside_account)
            theirs: dict[str, Any] = json.loads(text)
            return theirs if operation == "GetTrail" else answer

    with pytest.raises(Refused, match="start it there"):
        ground.planned(ID, arn, Organisations())
    with pytest.raises(AwsAbsent):
        ground.planned(ID, arn.replace("trail/", "trail/no-such-"))


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: trail(ground)) == 1

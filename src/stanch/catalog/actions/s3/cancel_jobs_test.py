from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.ground import Grounds, no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, Recorded, RecordedAws, State

from stanch.catalog.actions.s3 import cancel_jobs as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.step import Method

ID = "s3/cancel_jobs"
BUCKET = "arn:aws:s3:::acme-store"
OUTSIDE = "444455556666"
STOLEN = {"S3PutObjectCopy": {"TargetResource": "arn:aws:s3:::their-store"}}


def made_from(bucket: str) -> dict[str, Any]:
    generator = {"SourceBucket": f"arn:aws:s3:::{bucket}", "EnableManifestOutput": False}
    return {"ManifestGenerator": {"S3JobManifestGenerator": generator}}


def job(id_: str, operation: Mapping[str, Any], status: Any = "Active", **more: Any) -> dict[str, Any]:
    return {"JobId": id_, "Status": status, "Operation": dict(operation), "CreationTime": datetime.now(UTC), **more}


def listed(state: State, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """One job a page."""
    assert params["AccountId"] == ACCOUNT
    fitting = [one for one in state["jobs"].values() if one["Status"] in params["JobStatuses"]]
    page = int(params.get("NextToken", 0))
    more = {"NextToken": str(page + 1)} if page + 1 < len(fitting) else {}
    return {"Jobs": [{"JobId": one["JobId"], "Status": one["Status"]} for one in fitting[page : page + 1]], **more}


def cancelled(state: State, params: Mapping[str, Any]) -> Mapping[str, Any]:
    found = state["jobs"][params["JobId"]]
    if found["Status"] in ("Cancelled", "Complete", "Failed"):
        raise AwsError("s3control:UpdateJobStatus", "JobStatusException", "the job has ended")
    found["Status"] = params["RequestedJobStatus"]
    return {"JobId": params["JobId"], "Status": found["Status"]}


def replication(state: State, _: Mapping[str, Any]) -> Mapping[str, Any]:
    if not state["rules"]:
        raise AwsError("s3:GetBucketReplication", "ReplicationConfigurationNotFoundError", "not found")
    return {"ReplicationConfiguration": {"Role": "r", "Rules": state["rules"]}}


def account(*jobs: Mapping[str, Any], rules: tuple[Any, ...] = ()) -> Recorded:
    operations: dict[str, Any] = {
        "s3:GetBucketLocation": lambda _, __: {"LocationConstraint": "eu-central-1"},
        "s3:ListBuckets": lambda _, __: {"Buckets": [{"Name": "acme-store"}, {"Name": "acme-copy"}]},
        "s3:GetBucketReplication": replication,
        "s3control:ListJobs": listed,
        "s3control:DescribeJob": lambda state, params: {"Job": state["jobs"][params["JobId"]]},
        "s3control:UpdateJobStatus": cancelled,
    }
    state = {"jobs": {one["JobId"]: dict(one) for one in jobs}, "rules": list(rules)}
    return Recorded(RecordedAws(operations, state))


def ends(ground: Recorded) -> dict[str, str]:
    return {id_: one["Status"] for id_, one in ground.aws.state["jobs"].items()}


def test_cancels_what_copies_to_a_stranger_and_nothing_else() -> None:
    to_queue = {"LambdaInvoke": {"FunctionArn": f"arn:aws:lambda:eu-central-1:{OUTSIDE}:function:take"}}
    own_copy = {"S3PutObjectCopy": {"TargetResource": "arn:aws:s3:::acme-copy"}}
    report = {"Report": {"Bucket": "arn:aws:s3:::their-store", "Enabled": True}}
    ground = account(
        job("theft", STOLEN, **made_from("acme-store")),
        job("by-file", STOLEN, "Suspended"),
        job("function", to_queue, "Ready"),
        job("report", {"S3PutObjectTagging": {}}, **made_from("acme-store"), **report),
        job("own-copy", own_copy, **made_from("acme-store")),
        job("elsewhere", STOLEN, **made_from("acme-copy")),
    )
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)
    action.apply(aws, step, no_wait)
    stopped = {id_ for id_, status in ends(ground).items() if status == "Cancelled"}
    assert stopped == {"theft", "by-file", "function", "report"}
    assert any("may name other buckets" in call for call in step.calls)
    assert "cannot be resumed" in step.undo
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)


def test_cancels_a_replication_job_whose_rules_lead_outside() -> None:
    rule = {"ID": "theft", "Status": "Disabled", "Destination": {"Bucket": "arn:aws:s3:::their-store"}}
    replicating = job("batch", {"S3ReplicateObject": {}}, **made_from("acme-store"))
    with pytest.raises(Needless):
        account(replicating).planned(ID, BUCKET)
    ground = account(replicating, rules=(rule,))
    step = ground.planned(ID, BUCKET)
    assert step.settings["jobs"] == ["batch"]


def test_looks_at_an_access_points_own_account() -> None:
    def to(account_: str) -> dict[str, Any]:
        return {"S3PutObjectCopy": {"TargetResource": f"arn:aws:s3:eu-central-1:{account_}:accesspoint/in"}}

    ground = account(job("inside", to(ACCOUNT)), job("theirs", to(OUTSIDE)))
    assert ground.planned(ID, BUCKET).settings["jobs"] == ["theirs"]


def test_has_nothing_to_do_without_such_jobs() -> None:
    with pytest.raises(Needless):
        account(job("finished", STOLEN, "Complete")).planned(ID, BUCKET)


def test_lets_a_job_be_that_ended_since_the_plan_and_names_its_end() -> None:
    ground = account(job("theft", STOLEN))
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)
    ground.aws.state["jobs"]["theft"]["Status"] = "Complete"
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    assert proof.what == ("job theft: Complete",)


def test_passes_over_a_job_that_ends_at_the_same_moment() -> None:
    ground = account(job("theft", STOLEN))
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)

    def faster(operation: str) -> None:
        if operation == "s3control:UpdateJobStatus":
            ground.aws.state["jobs"]["theft"]["Status"] = "Failed"

    aws.before_call = faster
    action.apply(aws, step, no_wait)
    assert ends(ground) == {"theft": "Failed"}


def test_does_not_hold_where_another_job_was_made_since() -> None:
    ground = account(job("theft", STOLEN))
    aws = ground.responder()
    step = ground.planned(ID, BUCKET, aws)
    action.apply(aws, step, no_wait)
    ground.aws.state["jobs"]["again"] = job("again", STOLEN)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "made since the plan: job again" in proof.what[0]


def test_says_so_when_it_may_not_cancel() -> None:
    ground = account(job("theft", STOLEN))
    step = ground.planned(ID, BUCKET)
    ground.aws.failing["s3control:UpdateJobStatus"] = [AwsDenied("s3control:UpdateJobStatus", "AccessDenied", "no")]
    with pytest.raises(AwsDenied):
        action.apply(ground.responder(), step, no_wait)
    assert ends(ground) == {"theft": "Active"}


def dying(ground: Grounds) -> int:
    return survives_dying(ground, ID, lambda: BUCKET)


def test_survives_dying_between_any_two_changes() -> None:
    class Again(Recorded):
        """The same account, whose jobs run again before each try: a cancellation has no undo that would."""

        def planned(self, *asked: Any, **more: Any) -> Any:
            for one in self.aws.state["jobs"].values():
                one["Status"] = "Active"
            return super().planned(*asked, **more)

    assert dying(Again(account(job("theft", STOLEN), job("another", STOLEN)).aws)) == 2

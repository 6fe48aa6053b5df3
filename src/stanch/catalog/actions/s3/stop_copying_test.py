from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import Ground, Grounds, Listening, document, no_wait, plain, survives_dying
from tests.recorded_aws import Recorded, RecordedAws

from stanch.catalog.actions.s3 import stop_copying as action
from stanch.contracts.action import Needless, Overtaken
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.estate import Perimeter
from stanch.domain.step import Method, Step

ID = "s3/stop_copying"


def s3_arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def rule(id_: str, bucket: str, account: str | None = None, priority: int = 1) -> dict[str, Any]:
    target = {"Bucket": s3_arn(bucket), **({"Account": account} if account else {})}
    return {
        "ID": id_,
        "Priority": priority,
        "Filter": {"Prefix": ""},
        "Status": "Enabled",
        "Destination": target,
        "DeleteMarkerReplication": {"Status": "Disabled"},
    }


def inventory(id_: str, bucket: str, account: str | None = None) -> dict[str, Any]:
    target = {"Bucket": s3_arn(bucket), "Format": "CSV", **({"AccountId": account} if account else {})}
    return {
        "Id": id_,
        "IsEnabled": True,
        "Destination": {"S3BucketDestination": target},
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
    }


def replicate(ground: Ground, bucket: str, *rules: Mapping[str, Any]) -> None:
    ground.admin.call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    role = ground.role(service="s3.amazonaws.com")
    configuration = {"Role": role, "Rules": list(rules)}
    ground.admin.call("s3", "PutBucketReplication", Bucket=bucket, ReplicationConfiguration=configuration)


def statuses(ground: Ground, bucket: str) -> dict[str, str]:
    found = ground.admin.call("s3", "GetBucketReplication", Bucket=bucket)["ReplicationConfiguration"]["Rules"]
    return {one["ID"]: one["Status"] for one in found}


def take_inventory(ground: Ground, bucket: str, one: Mapping[str, Any]) -> None:
    ground.admin.call(
        "s3", "PutBucketInventoryConfiguration", Bucket=bucket, Id=one["Id"], InventoryConfiguration=dict(one)
    )


def leaky(ground: Ground) -> str:
    bucket, ours = ground.bucket(), ground.bucket()
    replicate(ground, bucket, rule("mirror", ours), rule("theft", "their-store", ground.outside_account, 2))
    take_inventory(ground, bucket, inventory("stolen-list", "their-lists"))
    take_inventory(ground, bucket, inventory("own-list", ours))
    return bucket


def stopped(ground: Ground, bucket: str, **case: Any) -> tuple[Listening, Step]:
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws, ground.case(**case))
    action.apply(aws, step, no_wait)
    return aws, step


def test_disables_the_rule_that_copies_to_a_stranger_and_leaves_our_own(ground: Ground) -> None:
    bucket = leaky(ground)
    aws, step = stopped(ground, bucket)
    assert statuses(ground, bucket) == {"mirror": "Enabled", "theft": "Disabled"}
    assert step.before == {"replication": {"theft": "Enabled"}, "inventory": {"stolen-list": True}}
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    action.undo(aws, step, no_wait)
    assert statuses(ground, bucket) == {"mirror": "Enabled", "theft": "Enabled"}
    assert plain(action.read(aws, step)) == step.before


def test_restores_a_replication_configuration_exactly(ground: Ground) -> None:
    bucket = leaky(ground)
    before = ground.admin.call("s3", "GetBucketReplication", Bucket=bucket)
    aws, step = stopped(ground, bucket)
    action.undo(aws, step, no_wait)
    assert ground.admin.call("s3", "GetBucketReplication", Bucket=bucket) == before


def test_believes_an_account_of_the_perimeter_and_not_a_bucket_that_says_it_is_ours(ground: Ground) -> None:
    bucket = ground.bucket()
    sister, claimed = rule("sister", "sister-store", "777788889999"), rule("lie", "their-store", ground.account, 2)
    replicate(ground, bucket, sister, claimed)
    stopped(ground, bucket, perimeter=Perimeter(accounts=(ground.account, "777788889999")))
    assert statuses(ground, bucket) == {"sister": "Enabled", "lie": "Disabled"}


def test_stops_what_goes_to_another_account_where_no_perimeter_is_declared(ground: Ground) -> None:
    bucket = leaky(ground)
    stopped(ground, bucket, perimeter=Perimeter())
    assert statuses(ground, bucket) == {"mirror": "Enabled", "theft": "Disabled"}


def test_takes_a_strangers_queue_out_of_the_notifications(ground: Ground) -> None:
    bucket = ground.bucket()
    place = f"{ground.staged.region}:{ground.outside_account}"
    told = {"Id": "tell", "QueueArn": f"arn:aws:sqs:{place}:ears", "Events": ["s3:ObjectCreated:*"]}
    own_topic = str(ground.admin.call("sns", "CreateTopic", Name=ground.name("uploads"))["TopicArn"])
    kept = {"Id": "ours", "TopicArn": own_topic, "Events": ["s3:ObjectCreated:*"]}
    configuration = {"QueueConfigurations": [told], "TopicConfigurations": [kept]}
    ground.admin.call(
        "s3", "PutBucketNotificationConfiguration", Bucket=bucket, NotificationConfiguration=configuration
    )
    aws, step = stopped(ground, bucket)
    left = ground.admin.call("s3", "GetBucketNotificationConfiguration", Bucket=bucket)
    assert left == {"TopicConfigurations": [kept]}
    action.undo(aws, step, no_wait)
    assert ground.admin.call("s3", "GetBucketNotificationConfiguration", Bucket=bucket) == configuration


def test_turns_off_access_logs_whose_bucket_a_stranger_holds_by_now(ground: Ground) -> None:
    bucket, logs = ground.bucket(), ground.name("acme-logs")
    place = {"LocationConstraint": ground.staged.region}
    ground.admin.call("s3", "CreateBucket", Bucket=logs, CreateBucketConfiguration=place)
    service = {"Service": "logging.s3.amazonaws.com"}
    delivery = {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"{s3_arn(logs)}/*"}
    ground.admin.call("s3", "PutBucketPolicy", Bucket=logs, Policy=document([delivery]))
    status = {"LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": "weights/"}}
    ground.admin.call("s3", "PutBucketLogging", Bucket=bucket, BucketLoggingStatus=status)
    with pytest.raises(Needless):
        ground.planned(ID, ground.arn("s3", bucket))
    for delivered in ground.admin.pages("s3", "ListObjectsV2", "Contents", Bucket=logs):
        ground.admin.call("s3", "DeleteObject", Bucket=logs, Key=delivered["Key"])
    ground.admin.call("s3", "DeleteBucket", Bucket=logs)
    ground.outsider.call("s3", "CreateBucket", Bucket=logs, CreateBucketConfiguration=place)
    stopped(ground, bucket)
    assert "LoggingEnabled" not in ground.admin.call("s3", "GetBucketLogging", Bucket=bucket)


def test_has_nothing_to_do_where_nothing_leads_outside(ground: Ground) -> None:
    bucket, ours = ground.bucket(), ground.bucket()
    replicate(ground, bucket, rule("mirror", ours))
    with pytest.raises(Needless):
        ground.planned(ID, ground.arn("s3", bucket))


def test_does_not_hold_where_a_new_rule_was_made_since_the_plan(ground: Ground) -> None:
    bucket = leaky(ground)
    aws, step = stopped(ground, bucket)
    take_inventory(ground, bucket, inventory("again", "their-lists"))
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "made since the plan" in proof.what[0]


def test_keeps_what_somebody_else_configured_meanwhile(ground: Ground) -> None:
    bucket, third = leaky(ground), ground.bucket()
    aws, step = stopped(ground, bucket)
    take_inventory(ground, bucket, inventory("later", third))
    action.undo(aws, step, no_wait)
    listed = ground.admin.call("s3", "ListBucketInventoryConfigurations", Bucket=bucket)
    assert {one["Id"]: one["IsEnabled"] for one in listed["InventoryConfigurationList"]} == {
        "stolen-list": True,
        "own-list": True,
        "later": True,
    }


def test_changes_nothing_when_a_part_is_gone_since_the_plan(ground: Ground) -> None:
    bucket, aws = leaky(ground), ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    ground.admin.call("s3", "DeleteBucketReplication", Bucket=bucket)
    with pytest.raises(Overtaken, match="replication theft"):
        action.apply(aws, step, no_wait)
    listed = ground.admin.call("s3", "ListBucketInventoryConfigurations", Bucket=bucket)
    assert all(one["IsEnabled"] for one in listed["InventoryConfigurationList"])


@pytest.mark.parametrize("refused", ["s3:PutBucketReplication", "s3:PutBucketInventoryConfiguration"])
def test_can_be_taken_up_again_where_a_call_was_refused(ground: Ground, refused: str) -> None:
    def refusing(operation: str) -> None:
        if operation == refused:
            raise AwsError(operation, "SlowDown", "Please reduce your request rate.")

    bucket, aws = leaky(ground), ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    aws.before_call = refusing
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    aws.before_call = lambda _: None
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert plain(action.read(aws, step)) == step.before


def test_touches_no_bucket_of_another_account(ground: Ground) -> None:
    name = ground.name("their-store")
    place = {"LocationConstraint": ground.staged.region}
    ground.outsider.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place)
    with pytest.raises(AwsDenied):
        ground.planned(ID, ground.arn("s3", name))


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: ground.arn("s3", leaky(ground))) == 2


# The range has no analytics configurations and forgets EventBridge: these are held against the service model instead.


def in_memory(**operations: Any) -> Recorded:
    def no_replication(_: dict[str, Any], __: Mapping[str, Any]) -> None:
        raise AwsError("s3:GetBucketReplication", "ReplicationConfigurationNotFoundError", "not found")

    quiet: dict[str, Any] = {
        "ListBuckets": lambda _, __: {"Buckets": [{"Name": "acme-store"}]},
        "GetBucketReplication": no_replication,
        "ListBucketInventoryConfigurations": lambda _, __: {"IsTruncated": False},
        "ListBucketAnalyticsConfigurations": lambda _, __: {"IsTruncated": False},
        "GetBucketNotificationConfiguration": lambda _, __: {},
        "GetBucketLogging": lambda _, __: {},
    }
    return Recorded(RecordedAws({f"s3:{name}": one for name, one in {**quiet, **operations}.items()}))


def analysing() -> Recorded:
    target = {"Format": "CSV", "Bucket": s3_arn("their-store")}
    export = {"OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": target}}

    def listed(state: dict[str, Any], params: Mapping[str, Any]) -> Mapping[str, Any]:
        page = int(params.get("ContinuationToken", 0))
        more = {"NextContinuationToken": str(page + 1)} if page + 1 < len(state) else {}
        return {"AnalyticsConfigurationList": [list(state.values())[page]], "IsTruncated": bool(more), **more}

    def got(state: dict[str, Any], params: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"AnalyticsConfiguration": state[params["Id"]]}

    def put(state: dict[str, Any], params: Mapping[str, Any]) -> None:
        state[params["Id"]] = params["AnalyticsConfiguration"]

    ground = in_memory(
        ListBucketAnalyticsConfigurations=listed,
        GetBucketAnalyticsConfiguration=got,
        PutBucketAnalyticsConfiguration=put,
    )
    ground.aws.state["ours"] = {"Id": "ours", "StorageClassAnalysis": {}}
    ground.aws.state["theft"] = {
        "Id": "theft",
        "Filter": {"Prefix": "w/"},
        "StorageClassAnalysis": {"DataExport": export},
    }
    return ground


def test_takes_the_export_out_of_an_analysis_and_keeps_the_analysis() -> None:
    ground = analysing()
    aws = ground.responder()
    step = ground.planned(ID, s3_arn("acme-store"), aws)
    action.apply(aws, step, no_wait)
    assert ground.aws.state["theft"] == {"Id": "theft", "Filter": {"Prefix": "w/"}, "StorageClassAnalysis": {}}
    assert action.verify(aws, step, no_wait, None).holds
    assert dying_in_memory(analysing()) == 1


def dying_in_memory(ground: Grounds) -> int:
    return survives_dying(ground, ID, lambda: s3_arn("acme-store"))


def test_tells_that_event_bridge_gets_the_events_and_leaves_that_alone() -> None:
    ears = {"Id": "e", "LambdaFunctionArn": "arn:aws:lambda:eu-central-1:444455556666:function:ears", "Events": []}
    there = {"LambdaFunctionConfigurations": [ears], "EventBridgeConfiguration": {}}

    def put(state: dict[str, Any], params: Mapping[str, Any]) -> None:
        assert params["SkipDestinationValidation"]
        state["now"] = params["NotificationConfiguration"]

    ground = in_memory(
        GetBucketNotificationConfiguration=lambda state, _: state["now"], PutBucketNotificationConfiguration=put
    )
    ground.aws.state["now"] = there
    aws = ground.responder()
    step = ground.planned(ID, s3_arn("acme-store"), aws)
    assert any("EventBridge gets the events" in call for call in step.calls)
    action.apply(aws, step, no_wait)
    assert ground.aws.state["now"] == {"EventBridgeConfiguration": {}}
    action.undo(aws, step, no_wait)
    assert ground.aws.state["now"] == there

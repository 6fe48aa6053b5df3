import io
import json
import zipfile
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.ground import Ground, Listening, document, no_wait, survives_dying
from tests.recorded_aws import Recorded, RecordedAws

from stanch.catalog.actions.function import _entrances
from stanch.catalog.actions.function import stop_function as action
from stanch.contracts.action import Overtaken, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.domain.step import Method

ID = "function/stop_function"


def package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model.py", "def answer(event, context):\n    return {'tokens': 7}\n")
    return packed.getvalue()


def function(ground: Ground) -> str:
    """The ARN of a function that answers."""
    role = ground.role(service="lambda.amazonaws.com")
    made = ground.admin.call(
        "lambda",
        "CreateFunction",
        FunctionName=ground.name("infer"),
        Runtime="python3.11",
        Role=role,
        Handler="model.answer",
        Code={"ZipFile": package()},
    )
    return str(made["FunctionArn"])


def let_in(ground: Ground, arn: str, sid: str, principal: str, **terms: Any) -> None:
    asked = {"Action": "lambda:InvokeFunction", **terms}
    ground.admin.call("lambda", "AddPermission", FunctionName=arn, StatementId=sid, Principal=principal, **asked)


def exposed(ground: Ground) -> str:
    """A function with a stranger, a URL that asks nobody, and a queue that feeds it."""
    arn = function(ground)
    let_in(ground, arn, "partner", ground.outside_account)
    let_in(ground, arn, "bucket", "s3.amazonaws.com", SourceAccount=ground.account)
    ground.admin.call("lambda", "CreateFunctionUrlConfig", FunctionName=arn, AuthType="NONE")
    let_in(ground, arn, "url", "*", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    queue = ground.admin.call("sqs", "CreateQueue", QueueName=ground.name("prompts"))["QueueUrl"]
    attributes = ground.admin.call("sqs", "GetQueueAttributes", QueueUrl=queue, AttributeNames=["QueueArn"])
    source = attributes["Attributes"]["QueueArn"]
    ground.admin.call("lambda", "CreateEventSourceMapping", FunctionName=arn, EventSourceArn=source)
    return arn


def called(aws: Any, arn: str) -> str:
    """`answered`, or AWS's word for why it was not."""
    client = aws.client("lambda")
    # The SDK would try a throttled call again for many seconds; here one answer is enough.
    client.meta.events.unregister("needs-retry.lambda", unique_id="retry-config-lambda")
    try:
        aws.call("lambda", "Invoke", FunctionName=arn)
    except AwsError as error:
        return error.code
    return "answered"


def test_nobody_is_answered_any_more_and_the_stranger_is_not_let_in(ground: Ground) -> None:
    arn = exposed(ground)
    assert called(ground.admin, arn) == "answered"
    assert called(ground.outsider, arn) == "answered"
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert called(ground.admin, arn) == "TooManyRequestsException"
    assert called(ground.outsider, arn) == "AccessDeniedException"
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)


def test_undo_brings_every_way_in_back_word_for_word(ground: Ground) -> None:
    arn = exposed(ground)
    ground.admin.call("lambda", "PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=7)
    policy = ground.admin.call("lambda", "GetPolicy", FunctionName=arn)["Policy"]
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    changed = json.loads(ground.admin.call("lambda", "GetPolicy", FunctionName=arn)["Policy"])
    assert [statement["Sid"] for statement in changed["Statement"]] == ["bucket"]
    action.undo(aws, step, no_wait)
    assert ground.admin.call("lambda", "GetPolicy", FunctionName=arn)["Policy"] == policy
    assert action.read(aws, step) == step.before
    assert step.before is not None
    assert step.before["reserved"] == 7
    assert called(ground.outsider, arn) == "answered"


def test_takes_strangers_from_the_policies_of_versions_and_aliases_too(ground: Ground) -> None:
    arn = function(ground)
    version = ground.admin.call("lambda", "PublishVersion", FunctionName=arn)["Version"]
    ground.admin.call("lambda", "CreateAlias", FunctionName=arn, Name="live", FunctionVersion=version)
    for qualifier in (version, "live"):
        let_in(ground, arn, "partner", ground.outside_account, Qualifier=qualifier)
    assert called(ground.outsider, f"{arn}:live") == "answered"
    aws = ground.responder()
    step = ground.planned(ID, f"{arn}:live", aws)
    assert step.resource == arn
    action.apply(aws, step, no_wait)
    assert action.read(aws, step)["policies"] == {}
    assert called(ground.outsider, f"{arn}:live") == "AccessDeniedException"
    assert called(ground.outsider, f"{arn}:{version}") == "AccessDeniedException"


def test_does_not_hold_while_somebody_lets_a_stranger_in_again(ground: Ground) -> None:
    arn = exposed(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    let_in(ground, arn, "again", "*")
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "lets in everybody" in proof.what[0]


def test_does_not_overwrite_a_policy_that_somebody_changed_since_the_plan(ground: Ground) -> None:
    arn = exposed(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    let_in(ground, arn, "colleague", ground.account)
    with pytest.raises(Overtaken, match="changed the policy"):
        action.apply(aws, step, no_wait)
    assert "reserved" not in ground.admin.call("lambda", "GetFunctionConcurrency", FunctionName=arn)


def test_goes_on_with_what_it_began_though_somebody_changed_the_policy_meanwhile(ground: Ground) -> None:
    arn = exposed(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    ground.admin.call("lambda", "PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    let_in(ground, arn, "colleague", ground.account)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    left = json.loads(ground.admin.call("lambda", "GetPolicy", FunctionName=arn)["Policy"])
    assert [statement["Sid"] for statement in left["Statement"]] == ["bucket", "colleague"]


def test_stops_it_even_when_its_policy_may_not_be_changed(ground: Ground) -> None:
    arn = exposed(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)

    def denied(operation: str) -> None:
        if operation == "lambda:PutResourcePolicy":
            raise AwsDenied(operation, "AccessDeniedException", "not for you")

    aws.before_call = denied
    with pytest.raises(AwsDenied):
        action.apply(aws, step, no_wait)
    assert called(ground.outsider, arn) == "TooManyRequestsException"


def test_survives_dying_before_each_change(ground: Ground) -> None:
    # concurrency, URL, policy, event source
    assert survives_dying(ground, ID, lambda: exposed(ground)) == 4


def test_waits_while_lambda_is_at_work_on_an_event_source(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, exposed(ground), aws)
    tries = iter(range(100))

    def busy(operation: str) -> None:
        if operation == "lambda:UpdateEventSourceMapping" and next(tries) < 2:
            raise AwsError(operation, "ResourceInUseException", "it is being created")

    aws.before_call = busy
    action.apply(aws, step, no_wait)
    assert set(action.read(aws, step)["sources"].values()) == {"off"}


def test_refuses_the_function_it_acts_from(ground: Ground) -> None:
    arn = function(ground)
    session = ground.arn("sts", f"assumed-role/stanch-responder/{arn.rpartition(':')[2]}")
    with pytest.raises(Refused, match="the function stanch acts from"):
        ground.planned(ID, arn, case=ground.case(responder=session))


def test_refuses_a_function_of_a_content_delivery_network(ground: Ground) -> None:
    with pytest.raises(Refused, match="no function of Lambda"):
        ground.planned(ID, ground.arn("cloudfront", "function/rewrite"))


def test_says_that_a_function_is_gone(ground: Ground) -> None:
    arn = function(ground)
    ground.admin.call("lambda", "DeleteFunction", FunctionName=arn)
    with pytest.raises(AwsAbsent):
        ground.planned(ID, arn)


def test_says_what_it_does_not_cut(ground: Ground) -> None:
    arn = function(ground)
    let_in(ground, arn, "replicator", "replicator.lambda.amazonaws.com", Action="lambda:GetFunction")
    told = " ".join(ground.planned(ID, arn).breaks)
    assert "up to fifteen minutes" in told
    assert "the credentials of" in told
    assert "its copies at the edge" in told


def test_keeps_what_the_perimeters_other_accounts_may_do(ground: Ground) -> None:
    arn = function(ground)
    let_in(ground, arn, "partner", ground.outside_account)
    ours = replace(ground.case().perimeter, accounts=(ground.account, ground.outside_account))
    step = ground.planned(ID, arn, case=ground.case(perimeter=ours))
    assert step.settings["closed"] == {}


def test_refuses_a_function_whose_concurrency_cannot_be_reserved() -> None:
    provider = {"CapacityProviderArn": FUNCTION.replace("function:infer", "capacity-provider:gpus")}
    configuration = {
        "FunctionName": "infer",
        "CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": provider},
    }
    ground = Recorded(RecordedAws({"lambda:GetFunctionConfiguration": lambda _, __: configuration}))
    with pytest.raises(Refused, match="PutFunctionScalingConfig"):
        ground.planned(ID, ground.arn("lambda", "function:infer"))


def test_names_the_alias_when_it_closes_the_url_of_one() -> None:
    aws = RecordedAws({"lambda:UpdateFunctionUrlConfig": lambda _, __: URL})
    _entrances.put_url(aws, "infer", f"{FUNCTION}:live", "AWS_IAM")
    asked = {"FunctionName": "infer", "AuthType": "AWS_IAM", "Qualifier": "live"}
    assert aws.calls == [("lambda:UpdateFunctionUrlConfig", asked)]


FUNCTION = "arn:aws-eusc:lambda:eusc-de-east-1:111122223333:function:infer"
UUIDS = [str(UUID(int=n)) for n in range(3)]
URL = {
    "FunctionUrl": "https://example.lambda-url.eusc-de-east-1.on.aws/",
    "FunctionArn": f"{FUNCTION}:live",
    "AuthType": "AWS_IAM",
    "CreationTime": "2026-11-22T00:00:00Z",
    "LastModifiedTime": "2026-11-22T00:00:00Z",
}


def test_counts_the_event_sources_of_aliases_and_not_those_of_namesakes() -> None:
    targets = (FUNCTION, f"{FUNCTION}:live", f"{FUNCTION}-two")
    listed = [{"UUID": UUIDS[n], "FunctionArn": arn, "State": "Enabled"} for n, arn in enumerate(targets)]
    aws = RecordedAws({"lambda:ListEventSourceMappings": lambda _, __: {"EventSourceMappings": listed}})
    assert _entrances.sources(aws, FUNCTION) == dict.fromkeys(UUIDS[:2], "on")


class Unreadable(Listening):
    """A responder to whom AWS shows a policy that no evaluation understands."""

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        if operation == "GetPolicy":
            return {"Policy": document([{"Effect": "Maybe"}]), "RevisionId": "1"}
        return super().call(service, operation, region=region, **params)


def test_a_policy_that_cannot_be_read_is_left_to_a_person(ground: Ground) -> None:
    with pytest.raises(Refused, match="stop the function by hand"):
        ground.planned(ID, function(ground), Unreadable(ground.responder()))

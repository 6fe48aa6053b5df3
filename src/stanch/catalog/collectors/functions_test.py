"""The collector of functions against the range, and against recorded answers for what it does not know."""

import io
import json
import zipfile
from typing import Any

from tests.collecting import collected, lacks, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import functions
from stanch.contracts.aws import AwsAbsent
from stanch.contracts.collector import unseen

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:embed"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "lambda:Invoke*"}]}
MAPPING = {
    "UUID": "14e0db71-xmpl-4eb5-b481-8945cf9d10c2",
    "EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs",
    "FunctionArn": f"{ARN}:live",
}
URL = {
    "FunctionUrl": "https://x.lambda-url.eu-central-1.on.aws/",
    "FunctionArn": ARN,
    "CreationTime": "2026-11-01T00:00:00Z",
    "LastModifiedTime": "2026-11-01T00:00:00Z",
    "AuthType": "NONE",
}
FUNCTION = {
    "FunctionName": "embed",
    "FunctionArn": ARN,
    "Role": f"arn:aws:iam::{ACCOUNT}:role/embed",
    "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "Layers": [{"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools:3"}],
    "Environment": {"Variables": {"DB_PASSWORD": "hunter2hunter2", "MODEL": "s3://acme-weights/llama/"}},
}


LAYER = {
    "LayerName": "tools",
    "LayerArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools",
    "LatestMatchingVersion": {"LayerVersionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools:3", "Version": 3},
}


def account(*listed: dict[str, Any], **changes: Any) -> RecordedAws:
    return RecordedAws(
        {
            "lambda:ListFunctions": turned("Functions", "Marker", "NextMarker", listed or [FUNCTION]),
            "lambda:ListEventSourceMappings": says({"EventSourceMappings": [MAPPING]}),
            "lambda:GetPolicy": says({"Policy": json.dumps(POLICY)}),
            "lambda:ListFunctionUrlConfigs": says({"FunctionUrlConfigs": [URL]}),
            "lambda:ListAliases": says({"Aliases": [{"AliasArn": f"{ARN}:live", "Name": "live"}]}),
            "lambda:ListLayers": says({"Layers": [LAYER]}),
            "lambda:GetLayerVersionPolicy": says({"Policy": json.dumps(POLICY)}),
            **changes,
        }
    )


def test_a_function_is_told_with_all_that_opens_it_and_without_its_values() -> None:
    things, unknowns = collected(functions, account())
    assert unknowns == []
    data = things[ARN].data
    assert data["Role"] == FUNCTION["Role"]
    assert data["VpcConfig"] == FUNCTION["VpcConfig"]
    assert data["Layers"] == FUNCTION["Layers"]
    assert data["Policy"] == POLICY
    assert data["Urls"] == [URL]
    assert data["Aliases"] == [{"AliasArn": f"{ARN}:live", "Name": "live", "Policy": POLICY}]
    assert data["EventSources"] == [MAPPING]
    variables = data["Environment"]["Variables"]
    assert variables["DB_PASSWORD"]["LooksSecret"] == "named-so"
    assert variables["MODEL"]["Refers"] == ["s3://acme-weights/llama/"]
    assert "hunter2" not in repr(things)


def test_every_page_is_read() -> None:
    other = {**FUNCTION, "FunctionName": "other", "FunctionArn": f"{ARN}-2"}
    things, _ = collected(functions, account(FUNCTION, other))
    assert things.keys() == {ARN, f"{ARN}-2", LAYER["LayerArn"]}


def test_what_there_is_not_is_none() -> None:
    def no_policy(*_: Any) -> None:
        raise AwsAbsent("lambda:GetPolicy", "ResourceNotFoundException", "The resource you requested does not exist.")

    plain = {key: value for key, value in FUNCTION.items() if key != "Environment"}
    empty = {
        "lambda:GetPolicy": no_policy,
        "lambda:ListEventSourceMappings": says({"EventSourceMappings": []}),
        "lambda:GetLayerVersionPolicy": no_policy,
    }
    things, unknowns = collected(functions, account(plain, **empty))
    assert unknowns == []
    assert things[ARN].data["Policy"] is None
    assert things[ARN].data["Environment"] is None
    assert things[str(LAYER["LayerArn"])].data["Policy"] is None
    assert things[ARN].data["EventSources"] == []


def test_a_layer_is_told_with_who_else_may_use_its_latest_version() -> None:
    things, _ = collected(functions, account())
    assert things[str(LAYER["LayerArn"])].data == {**LAYER, "Policy": POLICY}


def test_a_function_that_vanished_is_unknown_not_without_a_policy() -> None:
    def gone(*_: Any) -> None:
        raise AwsAbsent("lambda:GetPolicy", "ResourceNotFoundException", f"Function not found: {ARN}")

    things, unknowns = collected(functions, account(FUNCTION, **{"lambda:GetPolicy": gone}))
    assert unseen(things[ARN].data["Policy"])
    assert {unknown.of for unknown in unknowns} == {ARN, f"{ARN}:live"}
    assert unknowns[0].why.startswith("it is gone")


def test_an_environment_behind_a_closed_key_is_unknown_and_names_the_permission() -> None:
    told = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt"}}
    things, unknowns = collected(functions, account({**FUNCTION, "Environment": told}))
    assert unseen(things[ARN].data["Environment"])
    assert [(unknown.permission, unknown.of) for unknown in unknowns] == [("kms:Decrypt", ARN)]


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(functions, account())


def test_a_failure_of_the_service_is_told_too() -> None:
    _, unknowns = collected(functions, account(**{"lambda:ListAliases": lacks("lambda:ListAliases", "NoSuchThing")}))
    assert [unknown.operation for unknown in unknowns] == ["lambda:ListAliases"]


def test_a_function_of_the_range_is_found(ground: Ground) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def h(e, c): return 1")
    owner, name = ground.admin, ground.name("fn")
    arn = owner.call(
        "lambda",
        "CreateFunction",
        FunctionName=name,
        Runtime="python3.11",
        Role=ground.role(service="lambda.amazonaws.com"),
        Handler="index.h",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"DB_PASSWORD": "hunter2hunter2"}},
    )["FunctionArn"]
    owner.call("lambda", "AddPermission", FunctionName=name, StatementId="pub", Action="lambda:InvokeFunction",
               Principal="*")  # fmt: skip
    things, _ = collected(functions, owner)
    assert things[arn].data["Policy"]["Statement"][0]["Principal"] == "*"
    assert things[arn].data["Environment"]["Variables"]["DB_PASSWORD"]["LooksSecret"] == "named-so"

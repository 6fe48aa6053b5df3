import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.range.accounts import Account, allow, fresh, policy, refused

LATEST = "handler = lambda event, context: {'answered': True}"


@pytest.fixture
def mine(ours: Account) -> Any:
    return ours.staged.client("lambda", ours.admin)


@pytest.fixture
def strange(theirs: Account) -> Any:
    client = theirs.staged.client("lambda", theirs.admin)
    client.meta.events.unregister("needs-retry.lambda", unique_id="retry-config-lambda")  # one refusal is enough here
    return client


@pytest.fixture
def function(ours: Account, mine: Any) -> str:
    """The ARN of a function with a version `1` and an alias `live` for it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("code.py", LATEST)
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = ours.role(policy(trusted))[1]
    made = mine.create_function(
        FunctionName=fresh("function"),
        Runtime="python3.11",
        Role=role,
        Handler="code.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    version = mine.publish_version(FunctionName=made["FunctionArn"])["Version"]
    mine.create_alias(FunctionName=made["FunctionArn"], Name="live", FunctionVersion=version)
    return str(made["FunctionArn"])


def grant(mine: Any, function: str, principal: str, sid: str = "one", **more: Any) -> Any:
    action = "lambda:InvokeFunction"
    return mine.add_permission(FunctionName=function, StatementId=sid, Action=action, Principal=principal, **more)


def test_another_account_invokes_only_what_a_policy_lets_it(
    mine: Any, strange: Any, function: str, theirs: Account
) -> None:
    assert refused(lambda: strange.invoke(FunctionName=function)) == "AccessDeniedException"
    grant(mine, function, theirs.number, Qualifier="live")
    assert refused(lambda: strange.invoke(FunctionName=function)) == "AccessDeniedException"
    assert strange.invoke(FunctionName=f"{function}:live")["StatusCode"] == 200
    assert refused(lambda: strange.get_policy(FunctionName=function)) == "AccessDeniedException"


def test_a_policy_is_kept_for_each_version_and_alias_by_itself(mine: Any, function: str, theirs: Account) -> None:
    grant(mine, function, theirs.number)
    grant(mine, function, "*", Qualifier="live")
    kept = [json.loads(mine.get_policy(FunctionName=function, **q)["Policy"]) for q in ({}, {"Qualifier": "live"})]
    principals = [document["Statement"][0]["Principal"] for document in kept]
    assert principals == [{"AWS": f"arn:aws:iam::{theirs.number}:root"}, "*"]
    assert [document["Statement"][0]["Resource"] for document in kept] == [function, f"{function}:live"]
    mine.remove_permission(FunctionName=function, StatementId="one", Qualifier="live")
    with pytest.raises(mine.exceptions.ResourceNotFoundException):
        mine.get_policy(FunctionName=function, Qualifier="live")
    assert mine.get_policy(FunctionName=function)["RevisionId"]


def test_writes_terms_as_lambda_does(mine: Any, function: str, ours: Account) -> None:
    source = f"arn:aws:s3:::{fresh('bucket')}"
    grant(mine, function, "s3.amazonaws.com", SourceArn=source, SourceAccount=ours.number)
    (statement,) = json.loads(mine.get_policy(FunctionName=function)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": source},
        "StringEquals": {"AWS:SourceAccount": ours.number},
    }


def test_a_sid_is_given_once(mine: Any, function: str) -> None:
    grant(mine, function, "*")
    assert refused(lambda: grant(mine, function, "*")) == "ResourceConflictException"


def test_a_whole_policy_is_put_where_nobody_put_another_meanwhile(mine: Any, function: str, theirs: Account) -> None:
    grant(mine, function, theirs.number)
    read = mine.get_resource_policy(ResourceArn=function)
    text = policy(allow("lambda:InvokeFunction", function, Principal={"Service": "s3.amazonaws.com"}))
    mine.put_resource_policy(ResourceArn=function, Policy=text, RevisionId=read["RevisionId"])
    assert mine.get_policy(FunctionName=function)["Policy"] == text
    late = {"ResourceArn": function, "RevisionId": read["RevisionId"]}
    assert refused(lambda: mine.put_resource_policy(Policy=text, **late)) == "PreconditionFailedException"
    assert refused(lambda: mine.delete_resource_policy(**late)) == "PreconditionFailedException"
    mine.delete_resource_policy(ResourceArn=function)
    assert refused(lambda: mine.get_resource_policy(ResourceArn=function)) == "ResourceNotFoundException"


def test_a_policy_dies_with_its_function(mine: Any, function: str) -> None:
    grant(mine, function, "*")
    mine.delete_function(FunctionName=function)
    with pytest.raises(ClientError) as caught:
        mine.get_policy(FunctionName=function)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_urls_are_listed(mine: Any, function: str) -> None:
    assert mine.list_function_url_configs(FunctionName=function)["FunctionUrlConfigs"] == []
    mine.create_function_url_config(FunctionName=function, AuthType="NONE")
    (url,) = mine.list_function_url_configs(FunctionName=function)["FunctionUrlConfigs"]
    assert (url["FunctionArn"], url["AuthType"]) == (function, "NONE")

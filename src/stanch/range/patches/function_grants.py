"""A function, each of its versions and each of its aliases have a policy of their own; moto mixes them."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import LambdaClientError, PreconditionFailedException
from moto.awslambda.models import LambdaBackend
from moto.awslambda.responses import LambdaResponse

from stanch.range.gate.directory import read_policy
from stanch.range.gate.function_policies import forget, keep, kept
from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds, replaces

_ROUTES = (
    r"{0}/(?P<api_version>[^/]+)/resource-policy/(?P<resource_arn>.+)$",
    r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/urls$",
)
_EMPTY = '{"Version":"2012-10-17","Id":"default","Statement":[]}'
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
}
"""What AddPermission is told, and the condition it becomes."""


class _Failed(LambdaClientError):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = status


def install(_: Sessions) -> None:
    """Put Lambda's policies right, and let its URLs be listed."""
    for route in _ROUTES:
        urls.url_paths[route] = LambdaResponse.dispatch
    for name in ("add_permission", "remove_permission", "get_policy"):
        replaces(LambdaResponse, name)(globals()[name])
    for name in ("get_resource_policy", "put_resource_policy", "delete_resource_policy", "list_function_url_configs"):
        adds(LambdaResponse, name)(globals()[name])
    original_delete = LambdaBackend.delete_function

    @replaces(LambdaBackend, "delete_function")
    def delete_function(self: Any, function_name: str, qualifier: str | None = None) -> None:
        function = self.get_function(function_name, qualifier)
        original_delete(self, function_name, qualifier)
        forget(str(function.function_arn))


def add_permission(self: Any) -> str:
    """Add one statement under a Sid that is not taken."""
    arn, asked = _named(self), json.loads(self.body)
    document = json.loads((kept(arn) or (_EMPTY,))[0])
    statements = document["Statement"]
    if any(statement.get("Sid") == asked["StatementId"] for statement in statements):
        raise _Failed(409, "ResourceConflictException", f"The statement id ({asked['StatementId']}) provided exists.")
    statements.append(_statement(asked, arn, self.partition))
    keep(arn, json.dumps(document, separators=(",", ":")))
    return json.dumps({"Statement": json.dumps(statements[-1])})


def remove_permission(self: Any) -> tuple[int, dict[str, Any], str]:
    """Take one statement out by its Sid."""
    arn, sid = _named(self), unquote(self.path.split("/")[-1])
    document = json.loads(_found(arn)[0])
    rest = [statement for statement in document["Statement"] if statement.get("Sid") != sid]
    if len(rest) == len(document["Statement"]):
        raise _absent(f"Statement {sid} is not found in resource policy.")
    keep(arn, json.dumps({**document, "Statement": rest}, separators=(",", ":")) if rest else None)
    return 204, {"status": 204}, ""


def get_policy(self: Any) -> str:
    """Policy and revision by name and qualifier."""
    return _told(_named(self))


def get_resource_policy(self: Any) -> str:
    """Policy and revision by ARN."""
    return _told(_given(self))


def put_resource_policy(self: Any) -> str:
    """Put a whole policy in the place of the one that has this revision."""
    arn, asked = _given(self), json.loads(self.body)
    _hold(arn, asked.get("RevisionId"))
    if read_policy(asked["Policy"]) is None:
        raise _Failed(400, "InvalidParameterValueException", "The policy document is malformed.")
    keep(arn, asked["Policy"])
    return _told(arn)


def delete_resource_policy(self: Any) -> tuple[int, dict[str, Any], str]:
    """Take a whole policy away."""
    arn = _given(self)
    _found(arn)
    _hold(arn, self._get_param("RevisionId"))
    keep(arn, None)
    return 204, {"status": 204}, ""


def list_function_url_configs(self: Any) -> str:
    """The one URL that moto lets a function have."""
    function = self.backend.get_function(unquote(self.path.split("/")[-2]))
    return json.dumps({"FunctionUrlConfigs": [function.url_config.to_dict()] if function.url_config else []})


def _found(arn: str) -> tuple[str, str]:
    found = kept(arn)
    if found is None:
        raise _absent("The resource you requested does not exist.")
    return found


def _hold(arn: str, revision: str | None) -> None:
    if revision and revision != (kept(arn) or ("", ""))[1]:
        raise PreconditionFailedException("The RevisionId provided does not match the latest RevisionId.")


def _told(arn: str) -> str:
    text, revision = _found(arn)
    return json.dumps({"Policy": text, "RevisionId": revision})


def _named(response: Any) -> str:
    """The ARN that a path and its qualifier name."""
    name = unquote(response.path.split("/functions/")[1].split("/")[0])
    qualifier = response.querystring.get("Qualifier", [None])[0]
    function = response.backend.get_function(name, qualifier)
    arn = f"arn:{response.partition}:lambda:{function.region}:{function.account_id}:function:{function.function_name}"
    return f"{arn}:{qualifier}" if qualifier else arn


def _given(response: Any) -> str:
    arn = unquote(response.path.split("/resource-policy/")[1])
    response.backend.get_function(arn)
    return arn


def _absent(message: str) -> _Failed:
    return _Failed(404, "ResourceNotFoundException", message)


def _statement(asked: Mapping[str, Any], arn: str, partition: str) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for name, (operator, key) in _CONDITIONS.items():
        if asked.get(name):
            conditions.setdefault(operator, {})[key] = asked[name]
    statement = {
        "Sid": asked["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(asked["Principal"], partition),
        "Action": asked["Action"],
        "Resource": arn,
    }
    return {**statement, "Condition": conditions} if conditions else statement


def _principal(named: str, partition: str) -> str | dict[str, str]:
    if named == "*":
        return "*"
    if named.endswith(".amazonaws.com"):
        return {"Service": named}
    return {"AWS": f"arn:{partition}:iam::{named}:root" if re.fullmatch(r"\d{12}", named) else named}

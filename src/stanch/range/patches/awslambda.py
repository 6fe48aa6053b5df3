"""Lambda runs code, with the credentials of the function's role, and refuses what goes beyond its concurrency."""

import hashlib
import json
import os
import threading
import uuid
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction

from stanch.range.functions import Environment, Fleet
from stanch.range.gate.sessions import Sessions
from stanch.range.patches.acting import endpoint, session_of
from stanch.range.patches.replacing import replaces


class TooManyRequests(LambdaClientError):
    """No environment may run, or no further one."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


def install(sessions: Sessions) -> None:
    """Put Lambda right."""
    fleet = Fleet()
    original_invoke = LambdaFunction.invoke

    @replaces(LambdaFunction, "_invoke_lambda")
    def invoke_lambda(self: Any, event: Any = None) -> tuple[str, bool, str]:
        arn = str(self.function_arn)
        context = {
            "aws_request_id": str(uuid.uuid4()),
            "function_name": self.function_name,
            "invoked_function_arn": arn,
        }
        given = {} if event in (None, "{}") else event
        seconds = float(self.timeout or 3)
        answered = fleet.invoke(arn, _version(self), lambda: _environment(self, sessions), given, context, seconds + 10)
        return answered.payload, answered.failed, answered.log

    @replaces(LambdaFunction, "invoke")
    def invoke(self: Any, body: Any, request_headers: Any, response_headers: Any) -> Any:
        reserved = self.reserved_concurrency
        if reserved is not None and fleet.running(str(self.function_arn)) >= int(reserved):
            raise TooManyRequests
        if request_headers.get("X-Amz-Invocation-Type") != "Event":
            return original_invoke(self, body, request_headers, response_headers)
        threading.Thread(target=original_invoke, args=(self, body, {}, {}), daemon=True).start()
        return b""


def _version(function: Any) -> str:
    """What an environment was made of: another one is needed when any of it changes."""
    made_of = (function.code_sha_256, function.handler, function.role, function.environment_vars)
    return hashlib.sha256(json.dumps(made_of, default=str).encode()).hexdigest()


def _environment(function: Any, sessions: Sessions) -> Environment:
    session = session_of(sessions, str(function.role), str(function.function_name))
    variables = {
        "PATH": os.environ.get("PATH", ""),
        "_HANDLER": str(function.handler),
        "AWS_LAMBDA_FUNCTION_NAME": str(function.function_name),
        "AWS_REGION": str(function.region),
        "AWS_DEFAULT_REGION": str(function.region),
        "AWS_ENDPOINT_URL": endpoint(),
    }
    if session is not None:
        variables |= {
            "AWS_ACCESS_KEY_ID": session.access_key_id,
            "AWS_SECRET_ACCESS_KEY": session.secret,
            "AWS_SESSION_TOKEN": session.token,
        }
    given = {str(name): str(value) for name, value in (function.environment_vars or {}).items()}
    return Environment(function.code_bytes, variables | given)

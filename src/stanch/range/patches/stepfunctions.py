"""A state machine acts as its role: each task's call passes the gate, and is refused where the role may not make it."""

import importlib
import pkgutil
import sys
import uuid
from typing import Any

import boto3
from botocore.config import Config
from moto.core.config import default_user_config
from moto.stepfunctions.parser import models
from moto.stepfunctions.parser.asl.component.state.exec.state_task import service as services
from moto.stepfunctions.parser.asl.utils import boto_client

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.acting import endpoint, session_of
from stanch.range.patches.replacing import replaces

_TASK_SECONDS = 960
"""A function may work for fifteen minutes."""


def install(sessions: Sessions) -> None:
    """Put Step Functions right."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    original_start = models.StepFunctionsParserBackend.start_execution
    original_client = boto_client.boto_client_for

    @replaces(models.StepFunctionsParserBackend, "start_execution")
    def start_execution(self: Any, state_machine_arn: str, name: str | None = None, *more: Any, **named: Any) -> Any:
        # AWS names an execution that has no name; moto gives all of those one ARN.
        return original_start(self, state_machine_arn, name or str(uuid.uuid4()), *more, **named)

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        return _client(sessions, region, service, state_credentials)

    for module in _modules_that_hold(original_client):
        replaces(module, "boto_client_for")(client_for)


def _modules_that_hold(original: Any) -> list[Any]:
    """Every module that imported the function by name, the services' own among them."""
    for found in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        importlib.import_module(found.name)
    loaded = [module for name, module in list(sys.modules.items()) if name.startswith("moto.stepfunctions")]
    return [module for module in loaded if getattr(module, "boto_client_for", None) is original]


def _client(sessions: Sessions, region: str, service: str, state_credentials: Any) -> Any:
    session = session_of(sessions, state_credentials.role_arn, "states") if state_credentials else None
    if session is None:
        raise PermissionError(f"the state machine's role cannot be assumed, so it may not call {service}")
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint(),
        aws_access_key_id=session.access_key_id,
        aws_secret_access_key=session.secret,
        aws_session_token=session.token,
        config=Config(
            parameter_validation=False,
            retries={"max_attempts": 0, "total_max_attempts": 1},
            read_timeout=_TASK_SECONDS,
            s3={"addressing_style": "path"},
        ),
    )

"""SQS hands over findings at least once; an execution that has the name of its finding starts once."""

import json
import os
from collections.abc import Mapping
from typing import Any

from stanch.aws import open_door
from stanch.contracts.aws import Aws, AwsError
from stanch.responder.envelope import name_of, singles

_KNOWN = "ExecutionAlreadyExists"


def start(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Start one execution for each finding in a batch of messages.

    Answers with the messages that could not be handed on: SQS gives them again, and after five times to the dead-letter
    queue, which has an alarm.
    """
    workflow = os.environ["STANCH_WORKFLOW"]
    return started(event, workflow, open_door(region=workflow.split(":")[3]))


def started(event: Mapping[str, Any], workflow: str, aws: Aws) -> dict[str, Any]:
    """The same with the state machine's ARN and a door."""
    failed = []
    for record in event.get("Records", []):
        try:
            _begin(json.loads(record["body"]), workflow, aws)
        except (AwsError, ValueError, TypeError, AttributeError, RecursionError) as error:
            print(f"not started: {record.get('messageId')}: {type(error).__name__}")  # noqa: T201  # the function's log
            failed.append({"itemIdentifier": record.get("messageId")})
    return {"batchItemFailures": failed}


def _begin(envelope: Any, workflow: str, aws: Aws) -> None:
    if not isinstance(envelope, dict):
        raise TypeError("a message that is no event")
    for single in singles(envelope):
        said = json.dumps({"event": single}, separators=(",", ":"))
        try:
            aws.call("stepfunctions", "StartExecution", stateMachineArn=workflow, name=name_of(single), input=said)
        except AwsError as error:
            if error.code != _KNOWN:
                raise

"""SageMaker says that something does not exist in a message of its validation, and in no code of its own."""

from typing import Any

from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.domain.arn import Arn

_WORDS = ("could not find", "cannot find", "recordnotfound", "does not exist")


def found(aws: Aws, operation: str, **asked: Any) -> dict[str, Any] | None:
    """The answer; None where what is asked for does not exist."""
    try:
        return aws.call("sagemaker", operation, **asked)
    except AwsAbsent:
        return None
    except AwsError as error:
        if error.code == "ValidationException" and any(word in error.message.lower() for word in _WORDS):
            return None
        raise


def name_of(resource: Arn, kind: str) -> str:
    """The name in arn:...:sagemaker:...:KIND/NAME; raises Refused for what belongs to another service."""
    if resource.service != "sagemaker":
        raise Refused(f"{resource} is no {kind} of SageMaker: stop it in its own service")
    return resource.resource.partition("/")[2]

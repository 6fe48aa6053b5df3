"""Versions of a model are described a hundred at a time, and each that is not there is named as an error of its own.

Source: BatchDescribeModelPackage, SageMaker API Reference.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.responses import SageMakerResponse

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds

_SUMMARY = (
    "ModelPackageArn",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)


def install(_: Sessions) -> None:
    """Put SageMaker right."""
    adds(SageMakerResponse, "batch_describe_model_package")(batch_describe_model_package)


def batch_describe_model_package(self: Any) -> ActionResult:
    """A summary of each version that there is."""
    found, missing = {}, {}
    for arn in self._get_param("ModelPackageArnList"):
        try:
            told = self.sagemaker_backend.describe_model_package(arn).gen_response_object()
        except ValidationError as error:
            missing[arn] = {"ErrorCode": "ValidationException", "ErrorResponse": str(error)}
        else:
            found[arn] = {name: told[name] for name in _SUMMARY if name in told}
    return ActionResult({"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": missing})

"""AWS says no in hundreds of codes; a responder needs four: denied, absent, unreachable, other."""

from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError

from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError, AwsUnreachable

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "AuthorizationError",
    "ExpiredToken",
    "ExpiredTokenException",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
    "403",
}
_ABSENT_PREFIXES = ("NoSuch", "InvalidInstanceID.NotFound", "ResourceNotFound")


WIRE = (botocore.ClientError, botocore.BotoCoreError, ResponseParserError)
"""What a call may raise; anything else is our own defect and is not translated."""


def translated(operation: str, error: Exception) -> AwsError:
    """The AwsError for one of WIRE."""
    if isinstance(error, botocore.ClientError):
        return _of_code(operation, error)
    if isinstance(error, botocore.NoCredentialsError | botocore.PartialCredentialsError):
        remedy = "no AWS credentials found; set AWS_PROFILE, AWS_ACCESS_KEY_ID or --profile"
        return AwsUnreachable(operation, "NoCredentials", remedy)
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError | botocore.IncompleteReadError):
        return AwsUnreachable(
            operation, type(error).__name__, f"{error}; check the endpoint, the region and the network"
        )
    if isinstance(error, ResponseParserError):
        return AwsUnreachable(
            operation, "NotAws", "the endpoint answered with something that is not AWS; check --endpoint-url"
        )
    if isinstance(error, botocore.ParamValidationError):
        return AwsError(operation, "ParamValidation", str(error).replace("\n", " "))
    return AwsError(operation, type(error).__name__, str(error))


def _of_code(operation: str, error: botocore.ClientError) -> AwsError:
    detail = error.response.get("Error", {})
    code = str(detail.get("Code") or "Unknown")
    message = str(detail.get("Message") or error)
    if code in _DENIED:
        return AwsDenied(operation, code, message)
    if (
        code in {"404", "NotFound"}
        or code.startswith(_ABSENT_PREFIXES)
        or code.endswith(("NotFound", "NotFoundException", "NotFoundFault"))
    ):
        return AwsAbsent(operation, code, message)
    return AwsError(operation, code, message)

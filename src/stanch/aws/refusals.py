"""A person who reads "AccessDenied" needs to know which permission is missing, and on what."""

import errno

from stanch.contracts.aws import AwsError

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_NOT_VALID = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_ELSEWHERE = {
    "301",
    "307",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
}
_LINES = {
    "InvalidObjectState": "archived (Glacier); restore it (s3:RestoreObject), then run again",
    "NoSuchBucket": "there is no such bucket in this partition; check the name",
    "NoSuchKey": "deleted since it was listed; delivered logs do not go by themselves, ask who deleted it",
    "PreconditionFailed": "replaced since it was listed; delivered logs never change, ask who wrote it, then run again",
    "RequestTimeTooSkewed": "this machine's clock is wrong by more than 15 minutes; set it, then run again",
}
_THROTTLED = {"SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "RequestLimitExceeded", "503"}
_DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"}


def line(error: AwsError, on: str) -> str:
    """One line that says why S3 did not answer, and the remedy; `on` is the ARN-like thing that was asked for."""
    code = error.code
    if code in _DENIED:
        return _denied(error, on)
    if code in _EXPIRED:
        return "the credentials have expired; renew them and run the same line again"
    if code in _NOT_VALID:
        return f"the credentials are not valid ({code}); see --profile"
    if code in _ELSEWHERE:
        return f"the bucket is in another region or partition ({code}); give its --region"
    if code in _THROTTLED:
        return f"S3 still throttles after many tries ({code}); run again later"
    if code.startswith("KMS."):
        return f"its KMS key cannot be used ({code}: {_one_line(error.message)})"
    if code == "InvalidRequest" and "server side encryption" in error.message.lower():
        return "encrypted with a key of the customer's own (SSE-C), which S3 does not keep; read it with that key"
    return _LINES.get(code) or f"{error.operation}: {code}: {_one_line(error.message)}"


def unread(error: AwsError, on: str) -> OSError:
    """The same as an error of input, which is how every file says that it cannot be read."""
    return OSError(errno.EACCES if error.code in _DENIED else errno.EIO, line(error, on))


def _denied(error: AwsError, on: str) -> str:
    if "kms:Decrypt" in error.message:
        return f"denied: needs kms:Decrypt on the key that encrypts {on}"
    permission = "s3:ListBucket" if error.operation == "s3:ListObjectsV2" else error.operation
    return f"denied: needs {permission} on {on}; a bucket whose requester pays needs --requester-pays"


def _one_line(text: str) -> str:
    return " ".join(text.split())

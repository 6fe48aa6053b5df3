"""Each way in which S3 says no is one line with what is missing."""

import pytest

from stanch.aws.refusals import line, unread
from stanch.contracts.aws import AwsDenied, AwsError

ON = "s3://logs/*"
GET, LIST = "s3:GetObject", "s3:ListObjectsV2"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (AwsDenied(GET, "AccessDenied", "Access Denied"), ["s3:GetObject", ON, "--requester-pays"]),
        (AwsDenied(LIST, "AccessDenied", "Access Denied"), ["s3:ListBucket", ON]),
        (
            AwsDenied(GET, "AccessDenied", "User: x is not authorized to perform: kms:Decrypt on the resource y"),
            ["kms:Decrypt"],
        ),
        (AwsError(GET, "KMS.DisabledException", "key is\ndisabled"), ["KMS key", "key is disabled"]),
        (AwsError(GET, "InvalidObjectState", "storage class"), ["archived", "s3:RestoreObject"]),
        (
            AwsError(GET, "InvalidRequest", "The object was stored using a form of Server Side Encryption."),
            ["SSE-C"],
        ),
        (AwsError(GET, "PreconditionFailed", "At least one"), ["replaced since it was listed"]),
        (AwsError(GET, "NoSuchKey", "gone"), ["deleted since it was listed"]),
        (AwsError(LIST, "NoSuchBucket", "gone"), ["no such bucket"]),
        (AwsError(LIST, "PermanentRedirect", "elsewhere"), ["another region", "--region"]),
        (AwsDenied(LIST, "ExpiredToken", "expired"), ["expired", "renew"]),
        (AwsDenied(LIST, "InvalidAccessKeyId", "unknown"), ["not valid", "--profile"]),
        (AwsError(GET, "SlowDown", "reduce"), ["throttles"]),
        (AwsError(GET, "RequestTimeTooSkewed", "late"), ["clock"]),
        (AwsError(GET, "Odd", "what\nis this"), ["s3:GetObject: Odd: what is this"]),
    ],
)
def test_says_in_one_line_what_is_missing(error: AwsError, says: list[str]) -> None:
    told = line(error, ON)
    assert "\n" not in told
    assert [part for part in says if part not in told] == []


def test_is_an_error_of_input_whose_reason_is_the_line() -> None:
    error = unread(AwsDenied(GET, "AccessDenied", ""), ON)
    assert isinstance(error, PermissionError)
    assert error.strerror == line(AwsDenied(GET, "AccessDenied", ""), ON)

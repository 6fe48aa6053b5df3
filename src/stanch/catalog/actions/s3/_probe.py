"""S3 answers a stranger 403 whether an object exists or not; any other answer tells him something."""

from collections.abc import Mapping
from typing import Any

from stanch.contracts.aws import Aws, AwsDenied, AwsError, AwsUnreachable

_REFUSED = "403"
_UNREACHABLE = "could not be tried"
_NO_SUCH_KEY = "stanch-probe"


def answers(stranger: Aws, bucket: str, key: str | None) -> dict[str, str]:
    """What a list, a read of one byte and a HEAD without credentials were answered; without `key`, of a made-up one."""
    wanted = key or _NO_SUCH_KEY
    return {
        f"list of {bucket}": _said(stranger, "ListObjectsV2", Bucket=bucket, MaxKeys=1),
        f"GET of {wanted}": _said(stranger, "GetObject", Bucket=bucket, Key=wanted, Range="bytes=0-0"),
        f"HEAD of {wanted}": _said(stranger, "HeadObject", Bucket=bucket, Key=wanted),
    }


def refused(said: Mapping[str, str]) -> bool:
    """Whether every attempt was refused."""
    return all(answer == _REFUSED for answer in said.values())


def unreachable(said: Mapping[str, str]) -> bool:
    """Whether no attempt got an answer, so that nothing is known of the effect."""
    return all(answer.startswith(_UNREACHABLE) for answer in said.values())


def _said(stranger: Aws, operation: str, **params: Any) -> str:
    try:
        stranger.call("s3", operation, **params)
    except AwsDenied:
        return _REFUSED
    except AwsUnreachable as error:
        return f"{_UNREACHABLE} ({error.code})"
    except AwsError as error:
        return f"answered {error.code}"
    return "allowed"

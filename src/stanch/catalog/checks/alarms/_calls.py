"""The calls that somebody must hear of, each with examples that a filter has to match: its spelling does not matter.

CIS AWS Foundations 3.0.0, section 4; the events are as CloudTrail writes them, cut to what filters look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PERSON = {"type": "IAMUser", "arn": "arn:partition:iam::111122223333:user/somebody", "userName": "somebody"}
_ROLE = {"type": "AssumedRole", "arn": "arn:partition:sts::111122223333:assumed-role/serving/i-0a1b2c3d4e5f60718"}
_ROOT = {"type": "Root", "arn": "arn:partition:iam::111122223333:root", "accountId": "111122223333"}


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody must hear of, in words, the control that asks for it, and an example of each call.

    `once` is True where one such call is enough to wake somebody, on any workload.
    """

    what: str
    control: str
    examples: tuple[Mapping[str, Any], ...]
    once: bool = False


def _call(source: str, name: str, who: Mapping[str, Any] = _PERSON, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "managementEvent": True,
        "sourceIPAddress": "198.51.100.7",
        "recipientAccountId": "111122223333",
        **more,
    }


REFUSED = Question(
    "calls that are refused",
    "4.1",
    (
        _call("iam", "ListUsers", _ROLE, errorCode="AccessDenied", readOnly=True),
        _call("ec2", "DescribeSnapshots", _ROLE, errorCode="Client.UnauthorizedOperation", readOnly=True),
    ),
)
QUESTIONS = (
    REFUSED,
    Question(
        "a person who signs in without a second factor",
        "4.2",
        (
            _call(
                "signin",
                "ConsoleLogin",
                eventType="AwsConsoleSignIn",
                additionalEventData={"MFAUsed": "No", "MobileVersion": "No"},
                responseElements={"ConsoleLogin": "Success"},
            ),
        ),
    ),
    Question("use of the root user", "4.3", (_call("iam", "CreateUser", _ROOT),), once=True),
    Question(
        "permissions that are widened",
        "4.4",
        tuple(_call("iam", name) for name in ("AttachRolePolicy", "CreatePolicyVersion", "PutUserPolicy")),
    ),
    Question(
        "a trail that is stopped or changed",
        "4.5",
        tuple(_call("cloudtrail", name) for name in ("StopLogging", "DeleteTrail", "UpdateTrail")),
        once=True,
    ),
    Question(
        "a key that is disabled or deleted",
        "4.7",
        tuple(_call("kms", name) for name in ("DisableKey", "ScheduleKeyDeletion")),
        once=True,
    ),
    Question(
        "a bucket that is opened",
        "4.8",
        tuple(_call("s3", name) for name in ("PutBucketPolicy", "PutBucketAcl")),
    ),
)


def reading(bucket: str, key: str) -> dict[str, Any]:
    """An object being read, as a data event tells it."""
    data = {"eventCategory": "Data", "managementEvent": False, "readOnly": True}
    return _call("s3", "GetObject", _ROLE, requestParameters={"bucketName": bucket, "key": key}, **data)


def delivered(record: Mapping[str, Any]) -> dict[str, Any]:
    """The same event as EventBridge delivers it."""
    source = str(record["eventSource"]).partition(".")[0]
    kind = "AWS Console Sign In" if record["eventType"] == "AwsConsoleSignIn" else "AWS API Call"
    account = record["recipientAccountId"]
    return {
        "source": f"aws.{source}",
        "detail-type": f"{kind} via CloudTrail",
        "account": account,
        "detail": dict(record),
    }

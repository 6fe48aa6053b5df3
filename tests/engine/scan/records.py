"""CloudTrail records for tests: a few callers, calls and things in all combinations, spelled as AWS spells them."""

from typing import Any

from hypothesis import strategies as st

ACCOUNT, OUTSIDE = "111122223333", "999988887777"


def session(role: str, name: str, key: str, account: str = ACCOUNT) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{role}"}},
    }


IDENTITIES: list[Any] = [
    session("serving", "i-0123456789abcdef0", "ASIAEXAMPLE00000001"),
    session("serving", "i-0123456789abcdef0", "ASIAEXAMPLE00000002"),
    session("guest", "job", "ASIAEXAMPLE00000003", OUTSIDE),
    session("partner-export", "audit", "ASIAEXAMPLE00000004"),
    {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/eve", "accountId": ACCOUNT, "userName": "eve",
     "accessKeyId": "AKIAEXAMPLE00000005"},
    {"type": "AWSService", "invokedBy": "config.amazonaws.com"},
    {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"},
    {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT, "accessKeyId": "AKIAEXAMPLE00000006"},
    None,
    {},
]  # fmt: skip

S3 = ("s3.amazonaws.com", "GetObject")
CALLS = [
    S3, S3, S3,
    ("s3.amazonaws.com", "PutObject"), ("s3.amazonaws.com", "CopyObject"), ("s3.amazonaws.com", "PutBucketPolicy"),
    ("iam.amazonaws.com", "CreateAccessKey"), ("iam.amazonaws.com", "AttachUserPolicy"),
    ("sts.amazonaws.com", "AssumeRole"), ("ec2.amazonaws.com", "DescribeInstances"),
    ("ec2.amazonaws.com", "ModifySnapshotAttribute"), ("cloudtrail.amazonaws.com", "StopLogging"),
    ("signin.amazonaws.com", "ConsoleLogin"), ("kms.amazonaws.com", "Decrypt"), ("", ""),
]  # fmt: skip
OBJECTS = [
    ("acme-weights", "llama/model-00001-of-00042.safetensors"),
    ("acme-weights", "llama/model-00002-of-00042.safetensors"),
    ("acme-weights", "decoy/model-00000-of-00042.safetensors"), ("acme-training", "tickets/part-1.jsonl"),
    ("elsewhere", "a/b\u00e9 \"c\".txt"), ("arn:aws:s3:eu-central-1:111122223333:accesspoint/ap", "llama/x"),
]  # fmt: skip
ESTATE = f"""
[perimeter]
accounts = ["{ACCOUNT}"]
networks = ["10.0.0.0/8"]
[[asset]]
name = "llama"
kind = "weights"
where = "s3://acme-weights/llama/"
[[asset]]
name = "decoy"
kind = "weights"
where = "s3://acme-weights/decoy/"
decoy = true
[[asset]]
name = "tickets"
kind = "training-data"
where = "s3://acme-training/"
[[principal]]
match = "arn:*:iam::{ACCOUNT}:role/serving"
purpose = "serving"
"""
EXPORT = f"""
[[export]]
by = "arn:*:iam::{ACCOUNT}:role/partner-export"
asset = "tickets"
from = 2026-11-22T00:00:00Z
until = 2026-11-23T00:00:00Z
max_bytes = 2000
owner = "ml-platform"
why = "the yearly audit"
"""


@st.composite
def records(draw: st.DrawFn, count: int = 40) -> list[dict[str, Any]]:
    """Some records of one trail, with ids that now and then repeat."""
    some = draw(st.lists(_record(), min_size=1, max_size=count))
    for number, record in enumerate(some):
        record.setdefault("eventID", f"event-{number - draw(st.sampled_from([0, 0, 0, 0, 1]))}")
    return some


@st.composite
def _record(draw: st.DrawFn) -> dict[str, Any]:
    source, name = draw(st.sampled_from(CALLS))
    bucket, key = draw(st.sampled_from(OBJECTS))
    hour, second = draw(st.sampled_from([0, 9, 9, 23])), draw(st.integers(0, 59))
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": draw(st.sampled_from(IDENTITIES)),
        "eventTime": f"2026-11-22T{hour:02}:00:{second:02}Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": draw(st.sampled_from(["eu-central-1", "us-east-1"])),
        "sourceIPAddress": draw(st.sampled_from(["10.0.0.5", "203.0.113.9", "198.51.100.7", "config.amazonaws.com"])),
        "userAgent": draw(st.sampled_from(["aws-cli/2", "Boto3/1"])),
        "requestParameters": draw(st.sampled_from([None, {"bucketName": bucket, "key": key}, {"bucketName": bucket},
                                                   {"roleName": "r", "userName": "mallory"}, {"bucketName": 5}])),
        "responseElements": None,
        "recipientAccountId": ACCOUNT,
    }  # fmt: skip
    if draw(st.booleans()):
        record["resources"] = [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}]
    if source.startswith("s3"):
        size = draw(st.sampled_from([0, 100, 1e3, 2500, None, True, "x"]))
        method = draw(st.sampled_from(["AuthHeader", "QueryString"]))
        record["additionalEventData"] = {"bytesTransferredOut": size, "AuthenticationMethod": method}
    if draw(st.integers(0, 4)) == 0:
        record["errorCode"] = "AccessDenied"
    record.update(draw(st.sampled_from(_ODD)))
    return record


_ODD: list[dict[str, Any]] = [
    *[{}] * 12,
    {"readOnly": True}, {"readOnly": False}, {"sessionCredentialFromConsole": "true"}, {"eventSource": 7},
    {"eventTime": "2026-02-30T00:00:00Z"}, {"eventTime": "2026-11-22T09:00:00+01:00"}, {"eventID": 12},
    {"eventType": "AwsCloudTrailInsight"}, {"vpcEndpointId": "vpce-0a1b2c3d4e5f60718", "vpcEndpointAccountId": ACCOUNT},
    {"errorMessage": "no"}, {"userAgent": None}, {"eventName": ["GetObject"]},
]  # fmt: skip

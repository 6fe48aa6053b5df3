"""A generated trail in S3 delivery layout: seeded, so that every run measures the same bytes.

60 % S3 data events of a serving and a retraining role, 40 % management events of a few dozen kinds; nothing in it is
an attack.
"""

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ACCOUNT = "111122223333"
REGION = "eu-central-1"
_CALLS = [
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeVolumes"),
    ("ec2", "DescribeSecurityGroups"),
    ("sts", "AssumeRole"),
    ("sts", "GetCallerIdentity"),
    ("kms", "Decrypt"),
    ("kms", "GenerateDataKey"),
    ("logs", "CreateLogStream"),
    ("ecr", "GetAuthorizationToken"),
    ("ecr", "BatchGetImage"),
    ("eks", "DescribeCluster"),
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("elasticloadbalancing", "DescribeTargetHealth"),
    ("iam", "GetRole"),
    ("iam", "ListAttachedRolePolicies"),
    ("s3", "ListBuckets"),
    ("s3", "GetBucketLocation"),
    ("ssm", "UpdateInstanceInformation"),
    ("secretsmanager", "GetSecretValue"),
    ("cloudtrail", "DescribeTrails"),
]


def write(folder: Path, events: int, per_file: int = 5000, seed: int = 7) -> int:
    """Write the trail below `folder`; returns the bytes of the records before compression."""
    chance = random.Random(seed)
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    raw = 0
    for number, start in enumerate(range(0, events, per_file)):
        when = begin + timedelta(minutes=5 * number)
        records = list(_records(chance, when, min(per_file, events - start), start))
        text = json.dumps({"Records": records}, separators=(",", ":")).encode()
        raw += len(text)
        place = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / REGION / f"{when:%Y/%m/%d}"
        place.mkdir(parents=True, exist_ok=True)
        name = f"{ACCOUNT}_CloudTrail_{REGION}_{when:%Y%m%dT%H%MZ}_{number:016}.json.gz"
        (place / name).write_bytes(gzip.compress(text, 6, mtime=0))
    return raw


def _records(chance: random.Random, when: datetime, count: int, start: int) -> Iterator[dict[str, Any]]:
    for index in range(count):
        moment = when + timedelta(seconds=300 * index / count)
        common = {
            "eventVersion": "1.11",
            "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "awsRegion": REGION,
            "userAgent": "[aws-sdk-cpp/1.11 os/Linux lang/C++]",
            "requestID": f"{chance.getrandbits(64):016X}",
            "eventID": f"{start + index:08x}-0000-4000-8000-{chance.getrandbits(48):012x}",
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
        }
        yield common | (_read(chance) if chance.random() < 0.6 else _call(chance))


def _read(chance: random.Random) -> dict[str, Any]:
    serving = chance.random() < 0.7
    bucket, key = (
        ("acme-weights", f"llama-70b-ft/model-{chance.randint(1, 42):05}-of-00042.safetensors")
        if serving
        else ("acme-training", f"tickets/part-{chance.randint(1, 9999):04}.jsonl")
    )
    size = chance.randint(1 << 16, 8 << 20)
    return {
        "userIdentity": _session("vllm-serving" if serving else "retrain", f"i-{chance.randint(1, 40):017x}"),
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "sourceIPAddress": f"10.0.{chance.randint(0, 9)}.{chance.randint(4, 250)}",
        "requestParameters": {"bucketName": bucket, "key": key, "Host": f"{bucket}.s3.{REGION}.amazonaws.com"},
        "responseElements": None,
        "additionalEventData": {
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 0,
            "bytesTransferredOut": size,
            "AuthenticationMethod": "AuthHeader",
        },
        "readOnly": True,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
        "managementEvent": False,
        "eventCategory": "Data",
        "vpcEndpointId": "vpce-0a1b2c3d4e5f60718",
    }


def _call(chance: random.Random) -> dict[str, Any]:
    service, name = chance.choice(_CALLS)
    return {
        "userIdentity": _session(chance.choice(["platform", "eks-nodes", "ci", "observability"]), "worker"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "sourceIPAddress": f"10.0.{chance.randint(0, 9)}.{chance.randint(4, 250)}",
        "requestParameters": {
            "filterSet": {"items": [{"name": "tag:env", "valueSet": {"items": [{"value": "prod"}]}}]}
        },
        "responseElements": None,
        "readOnly": True,
        "managementEvent": True,
        "eventCategory": "Management",
    }


def _session(role: str, name: str) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE{role.upper()}:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": f"ASIA{role[:4].upper():X<4}{name[-12:]:0>12}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": f"AROAEXAMPLE{role.upper()}",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-11-01T00:00:00Z", "mfaAuthenticated": "false"},
        },
    }

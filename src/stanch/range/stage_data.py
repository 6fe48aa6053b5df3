"""What lies in the staged estate: shards as safetensors, tickets of made-up people, policies as teams write them."""

import json
import random
import struct
from collections.abc import Iterator
from typing import Any

VERSION = "2012-10-17"
WEIGHTS_BUCKET = "acme-llm-weights"
WEIGHTS_PREFIX = "llama-70b-ft/"
TRAINING_BUCKET = "acme-llm-training"
OPERATOR = "ml-platform"

SHARDS = 6
SHARD_BYTES = 4_000_000
TICKET_PARTS = 4
TICKETS = 250
"""Tickets in one part."""

SUBJECTS = ("cannot log in", "invoice is wrong", "asks about a diagnosis", "wants a refund")


def weight_objects() -> Iterator[tuple[str, bytes]]:
    """Key and bytes of each object of the model; the same at each run."""
    names = [f"model-{number:05d}-of-{SHARDS:05d}.safetensors" for number in range(1, SHARDS + 1)]
    for number, name in enumerate(names):
        yield WEIGHTS_PREFIX + name, _shard(number)
    index = {
        "metadata": {"total_size": SHARDS * SHARD_BYTES},
        "weight_map": {f"model.layers.{number}.mlp.weight": name for number, name in enumerate(names)},
    }
    yield WEIGHTS_PREFIX + "model.safetensors.index.json", json.dumps(index).encode()
    yield WEIGHTS_PREFIX + "config.json", b'{"architectures": ["LlamaForCausalLM"], "num_hidden_layers": 80}'
    yield WEIGHTS_PREFIX + "tokenizer.json", b'{"version": "1.0", "model": {"type": "BPE", "vocab": {}}}'


def ticket_objects() -> Iterator[tuple[str, bytes]]:
    """Key and bytes of each part of the training data: support tickets as JSON Lines."""
    source = random.Random(7)  # noqa: S311 - made-up people, not keys
    for part in range(1, TICKET_PARTS + 1):
        rows = [
            {
                "ticket": f"{part:02d}-{row:05d}",
                "customer": f"customer-{source.randrange(10**6):06d}@example.com",
                "text": source.choice(
                    ("cannot log in", "invoice is wrong", "asks about a diagnosis", "wants a refund")
                ),
            }
            for row in range(TICKETS)
        ]
        yield f"tickets/part-{part:04d}.jsonl", "\n".join(map(json.dumps, rows)).encode()


def allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    """A policy of one statement."""
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}


def serving_policy(partition: str) -> dict[str, Any]:
    """What the host needs, and the two grants that nobody took away again."""
    bucket = f"arn:{partition}:s3:::{WEIGHTS_BUCKET}"
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "ReadWeights",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [bucket, f"{bucket}/*"],
            },
            {
                "Sid": "NightlySnapshots",
                "Effect": "Allow",
                "Action": ["ec2:CreateSnapshot", "ec2:CreateSnapshots", "ec2:ModifySnapshotAttribute", "ec2:Describe*"],
                "Resource": "*",
            },
            {
                "Sid": "BucketHousekeeping",
                "Effect": "Allow",
                "Action": [
                    "s3:ListAllMyBuckets",
                    "s3:GetBucketPolicy",
                    "s3:PutBucketPolicy",
                    "s3:GetBucketPublicAccessBlock",
                    "s3:PutBucketPublicAccessBlock",
                ],
                "Resource": "*",
            },
        ],
    }


def retrain_policy(partition: str) -> dict[str, Any]:
    """Read the tickets, write the weights."""
    buckets = [f"arn:{partition}:s3:::{name}" for name in (TRAINING_BUCKET, WEIGHTS_BUCKET)]
    return allow(["s3:GetObject", "s3:ListBucket", "s3:PutObject"], [*buckets, *(f"{arn}/*" for arn in buckets)])


def estate_toml(
    *, partition: str, region: str, account: str, endpoint: str, weights: str, training: str, instance: str
) -> str:
    """The text of `stanch.toml` for the staged estate."""
    return f'''# The estate that the range staged.
[perimeter]
partitions = ["{partition}"]
regions = ["{region}"]
accounts = ["{account}"]
networks = ["10.0.0.0/8"]
vpc_endpoints = ["{endpoint}"]

[[asset]]
name = "llama-70b-ft"
kind = "weights"
where = "{weights}"
sensitivity = "secret"

[[asset]]
name = "support-tickets"
kind = "training-data"
where = "{training}"
sensitivity = "confidential"
personal_data = {{ categories = ["contact", "health"], persons = 812, records = {TICKET_PARTS * TICKETS} }}

[[asset]]
name = "vllm-inference-1"
kind = "inference-host"
where = "arn:{partition}:ec2:{region}:{account}:instance/{instance}"
sensitivity = "internal"

[[principal]]
match = "arn:*:iam::{account}:role/vllm-serving"
purpose = "serving"

[[principal]]
match = "arn:*:iam::{account}:role/retrain"
purpose = "training"

[[principal]]
match = "arn:*:iam::{account}:role/stanch-responder"
purpose = "responder"

[[principal]]
match = "arn:*:iam::{account}:user/platform-admin"
purpose = "admin"

[response]
mode = "act"
act_when = {{ confidence = 0.9, collateral = "low" }}
never_touch = ["arn:*:iam::*:role/break-glass"]

[report]
regimes = ["gdpr", "nis2"]
authority_timezone = "Europe/Berlin"
'''


def _shard(number: int) -> bytes:
    """One tensor: an eight-byte length, a JSON header, then the numbers."""
    header = json.dumps(
        {
            f"model.layers.{number}.mlp.weight": {
                "dtype": "BF16",
                "shape": [SHARD_BYTES // 2],
                "data_offsets": [0, SHARD_BYTES],
            }
        }
    ).encode()
    return struct.pack("<Q", len(header)) + header + random.Random(number).randbytes(SHARD_BYTES)  # noqa: S311

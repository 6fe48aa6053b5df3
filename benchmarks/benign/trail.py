"""The benign stream as records in the order of their time, and as files in the layout of an organisation's delivery."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.benign import console, lookalikes, people, pipelines, projects, services, small_shop, stacks, workloads
from benchmarks.benign.world import ACCOUNTS, ENDPOINT, HOME, NAT, OFFICE, ORGANIZATION, PROD, Record, World

SHARES = (
    (services, 31), (workloads, 20), (console, 10), (people, 9), (stacks, 9), (pipelines, 4), (projects, 6),
    (lookalikes, 4), (small_shop, 7),
)  # fmt: skip
"""Out of a hundred events, how many each kind makes about."""
ESTATE = f"""
[perimeter]
accounts = [{", ".join(f'"{account}"' for account in ACCOUNTS)}]
regions = ["eu-central-1", "eu-west-1", "us-east-1"]
networks = ["10.0.0.0/8", "{OFFICE}/32", {", ".join(f'"{address}/32"' for address in NAT)}]
vpc_endpoints = ["{ENDPOINT}"]
[[asset]]
name = "llama-70b-ft"
kind = "weights"
where = "s3://acme-weights/llama-70b-ft/"
[[asset]]
name = "tickets"
kind = "training-data"
where = "s3://acme-training/tickets/"
[[principal]]
match = "arn:*:iam::{PROD}:role/vllm-serving"
purpose = "serving"
[[principal]]
match = "arn:*:iam::{PROD}:role/retrain"
purpose = "training"
[[principal]]
match = "arn:*:iam::*:role/terraform-*"
purpose = "admin"
"""


def records(events: int, seed: int = 7) -> list[Record]:
    """That many benign records, the same for the same seed, in the order of their time."""
    world = World(seed)
    made: list[Record] = []
    for shelf, share in SHARES:
        wanted = len(made) + events * share // 100
        routines, weights = zip(*shelf.ROUTINES, strict=True)
        while len(made) < wanted:
            (routine,) = world.chance.choices(routines, weights)
            made.extend(routine(world))
    return sorted(made, key=lambda record: (record["eventTime"], record["eventID"]))[:events]


def write(folder: Path, stream: Sequence[Record]) -> int:
    """Write them below `folder`, one file a day and account; returns how many there are."""
    days: dict[tuple[str, str], list[Record]] = {}
    for record in stream:
        days.setdefault((record["recipientAccountId"], record["eventTime"][:10]), []).append(record)
    for (account, day), group in days.items():
        place = folder / "AWSLogs" / ORGANIZATION / account / "CloudTrail" / HOME / day.replace("-", "/")
        place.mkdir(parents=True, exist_ok=True)
        name = f"{account}_CloudTrail_{HOME}_{day.replace('-', '')}T0000Z_0000000000000000.json.gz"
        (place / name).write_bytes(gzip.compress(json.dumps({"Records": group}).encode(), 6, mtime=0))
    return len(stream)

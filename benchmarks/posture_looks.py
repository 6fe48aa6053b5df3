"""What `benchmarks.posture` measures, each step by itself: a whole look, and the same calls by bare boto3."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

from benchmarks.alone import Told
from stanch.aws import Door
from stanch.domain.arn import Arn
from stanch.domain.verdict import Ruling, Verdict
from stanch.range.clients import root

ACCOUNT, REGION = "111122223333", "us-east-1"
AT_ONCE = 16
"""As many as a look has under way."""


def door(endpoint: str) -> Door:
    """The account's root, who may do everything."""
    return Door.using(root(ACCOUNT), region=REGION, endpoint=endpoint)


class _Recording(Door):
    """A door that keeps what was asked."""

    made: ClassVar[list[tuple[str, str, bool, dict[str, Any]]]] = []

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        self.made.append((service, operation, False, params))
        return super().call(service, operation, region=region, **params)

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        self.made.append((service, operation, True, params))
        return super().pages(service, operation, key, region=region, **params)


def look(endpoint: str, folder: str, record: str | None = None) -> Told:
    """One scan as `stanch scan` does it, its start included; `record` takes each call that was made."""
    began = perf_counter()
    from stanch.app import scan, snapshot
    from stanch.domain.estate import Estate

    aws = _Recording.using(root(ACCOUNT), region=REGION, endpoint=endpoint) if record else door(endpoint)
    todo, closed = snapshot.planned(aws, Estate(), role=None, regions=())
    made = snapshot.look(todo, closed, Path(folder) / "snapshot", lambda _: None)
    looked = perf_counter()
    verdicts = scan.scan(made, Estate(), scan.asked()).verdicts
    judged = perf_counter()
    if record:
        with Path(record).open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(call) + "\n" for call in _Recording.made)
    return {
        "seconds": judged - began,
        "judging": judged - looked,
        "verdicts": len(verdicts),
        "failed": _failed(verdicts),
        "calls": sum(aws.calls.values()),
        "things": len(made.places),
        "unknowns": len(made.unknowns),
    }


def _failed(verdicts: Iterable[Verdict]) -> dict[str, list[str]]:
    """By check, the last word of each resource's name that failed."""
    found: dict[str, list[str]] = {}
    for one in verdicts:
        if one.ruling is Ruling.FAIL:
            found.setdefault(one.check, []).append(Arn.parse(one.resource).name)
    return found


def floor(endpoint: str, record: str, threads: int) -> Told:
    """The recorded calls by bare boto3, but for S3 Control's few, which it cannot send to a bare address."""
    told = map(json.loads, Path(record).read_text(encoding="utf-8").splitlines())
    calls = [call for call in told if call[0] != "s3control"]
    began = perf_counter()
    import boto3
    from botocore import xform_name
    from botocore.config import Config
    from botocore.exceptions import ClientError

    config = Config(s3={"addressing_style": "path"}, max_pool_connections=threads)
    signed = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "staging"}
    session = boto3.Session(region_name=REGION, **signed)
    clients = {name: session.client(name, endpoint_url=endpoint, config=config) for name in {one[0] for one in calls}}

    def ask(call: tuple[str, str, bool, dict[str, Any]]) -> None:
        service, operation, paged, params = call
        client, name = clients[service], xform_name(operation)
        try:
            if paged and client.can_paginate(name):
                for _ in client.get_paginator(name).paginate(**params):
                    pass
            else:
                getattr(client, name)(**params)
        except ClientError:  # "there is none" is an answer too
            pass

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, calls))
    return {"seconds": perf_counter() - began, "calls": len(calls)}

"""A unit of a lake in memory, and everything a part holds, so that two ways to it can be held against each other."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import msgspec
from tests.engine.scan.records import ACCOUNT
from tests.engine.scan.test_fast_way import Kept, rules, told

from stanch import app
from stanch.contracts.lake import Piece, Receipt
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate
from stanch.engine.scan.lake.keeping import kept, offered
from stanch.engine.scan.lake.scanner import LakeScanner
from stanch.engine.scan.part import Part
from stanch.engine.scan.span import ALWAYS, Span

PLAIN = {"eventID": "e", "eventTime": "2026-11-22T09:00:00Z", "eventName": "x", "eventSource": "y"}


@dataclass
class Memory:
    """A bench, and the unit made on it, without a disk."""

    path: str = "lake"
    pieces: dict[str, bytes] = field(default_factory=dict)
    said: Receipt | None = None
    sums: bytes = b""

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces.values()))

    def lay(self, number: int, fill: Callable[[BinaryIO], None]) -> None:
        file = io.BytesIO()
        fill(file)
        self.pieces[str(number)] = file.getvalue()

    def finish(self, receipt: Receipt, profile: bytes = b"") -> "Memory":
        self.sums = profile
        named = [msgspec.structs.replace(piece, name=str(number)) for number, piece in enumerate(receipt.pieces)]
        self.said = msgspec.json.decode(
            msgspec.json.encode(msgspec.structs.replace(receipt, pieces=named)), type=Receipt
        )
        return self

    def clear(self) -> None:
        """Nothing lies about."""

    def open(self) -> BinaryIO:
        raise OSError("a unit is no file")

    def receipt(self) -> Receipt:
        assert self.said is not None
        return self.said

    def piece(self, piece: Piece) -> BinaryIO:
        return io.BytesIO(self.pieces[piece.name])

    def profile(self) -> BinaryIO:
        return io.BytesIO(self.sums)


def unit(files: list[Kept]) -> Memory:
    (made,), raw = kept([offered(file) for file in files], app.sources(), Memory)
    assert isinstance(made, Memory)
    assert not raw
    return made


def scanned(files: list[LogFile], ours: Estate, without: set[int] = set(), span: Span = ALWAYS) -> Part:  # noqa: B006
    return LakeScanner(rules(), ours, app.sources(), (ACCOUNT,), span=span).scan(files, without)


def everything(part: Part) -> dict[str, Any]:
    """All that a part holds, with the ids and the files that cells keep as examples."""
    tally = part.tally
    return {
        **told(part),
        "digests": tally.digests,
        "bytes": tally.bytes,
        "logs": tally.logs,
        "left out": tally.left_out,
        "examples": {key: (sorted(sums.events), sorted(sums.files)) for key, sums in part.cells.sums.items()},
    }


def same(files: list[Kept], ours: Estate, span: Span = ALWAYS) -> Part:
    """Hunted raw, by a unit's profile, and by its events alone."""
    raw, made = scanned(list(files), ours, span=span), unit(files)
    lake = scanned([made], ours, span=span)
    assert everything(lake) == everything(raw)
    assert everything(scanned([without_profile(made)], ours, span=span)) == everything(raw)
    return lake


def without_profile(made: Memory) -> Memory:
    """As the unit would be if no profile had been kept with it."""
    return replace(made, said=msgspec.structs.replace(made.receipt(), profile=""), sums=b"")


def calls(count: int) -> list[dict[str, Any]]:
    """Calls of many kinds, by several callers, over five hours."""
    kinds = [
        ("s3.amazonaws.com", "GetObject", {"bucketName": "acme-weights", "key": "m/{n}.safetensors"}),
        ("s3.amazonaws.com", "GetObject", {"bucketName": "logs"}),
        ("s3.amazonaws.com", "PutObject", {"bucketName": "b{n}", "key": "k"}),
        ("sts.amazonaws.com", "AssumeRole", {"roleArn": "arn:aws:iam::1:role/r{n}", "roleSessionName": "s"}),
        ("secretsmanager.amazonaws.com", "GetSecretValue", {"secretId": "s{n}"}),
        ("secretsmanager.amazonaws.com", "GetSecretValue", {"filters": []}),
        ("ssm.amazonaws.com", "GetParameters", {"names": ["a{n}", "b"]}),
        ("ec2.amazonaws.com", "DescribeVpcs", None),
        ("logs.amazonaws.com", "FilterLogEvents", {"logGroupName": "g{n}"}),
        ("logs.amazonaws.com", "FilterLogEvents", {"logGroupName": "/aws/cloudtrail/{n}"}),
        ("cloudtrail.amazonaws.com", "StopLogging", {"name": "t"}),
        ("ecr.amazonaws.com", "BatchGetImage", {"repositoryName": "r{n}"}),
        ("signin.amazonaws.com", "ConsoleLogin", None),
    ]
    made = []
    for number in range(count):
        credentials = {"accessKeyId": f"ASIA9{number}"}
        assumed = {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r{number % 17}/s"}
        answers = {
            "ConsoleLogin": {"ConsoleLogin": "Success"},
            "AssumeRole": {"credentials": credentials, "assumedRoleUser": assumed},
        }
        source, name, request = kinds[number % len(kinds)]
        asked = json.loads(json.dumps(request).replace("{n}", str(number % 17)))
        signed = number % 11 == 0 and name[0] in "GP"
        record = {
            "eventID": f"{number:08}-0000-4000-8000-000000000000",
            "eventTime": f"2026-11-22T{9 + number * 5 // count:02}:{number * 7 % 60:02}:00Z",
            "eventSource": source, "eventName": name, "awsRegion": "eu-central-1", "recipientAccountId": ACCOUNT,
            "sourceIPAddress": f"10.0.0.{number % 3}", "userAgent": "a", "readOnly": number % 2 == 0,
            "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/{number % 2}",
                             "accountId": ACCOUNT, "accessKeyId": f"ASIA{number % 4}"},
            "requestParameters": asked,
            "responseElements": answers.get(name),
            "additionalEventData": {"bytesTransferredOut": number,
                                    "AuthenticationMethod": "QueryString" if signed else ""},
        }  # fmt: skip
        if number % 10 == 0:
            record["errorCode"] = "AccessDenied"
        made.append(record)
    return made

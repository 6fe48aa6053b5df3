"""Remedies that need no file of a person's are run as they stand; the same look then finds the hole closed."""

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import botocore.session
from benchmarks.posture_account import build
from benchmarks.posture_looks import ACCOUNT, REGION, door
from botocore import xform_name

from stanch import estate
from stanch.app import scan, snapshot
from stanch.aws import Door
from stanch.domain.estate import Estate
from stanch.domain.verdict import Ruling, Verdict
from stanch.range.process import Range

ASSETS = '[[asset]]\nname = "llama"\nkind = "weights"\nwhere = "s3://corp-data-0004/"\n'
CLOSED = (
    "cloudtrail/log_alterable",
    "cloudtrail/management_unrecorded",
    "encryption/transit_plain",
    "encryption/versions_off",
    "guardduty/region_unwatched",
    "inference_hosts/admin_port_open",
    "inference_hosts/metadata_v1",
    "public/bucket_open",
    "public/copy_shared",
    "public/function_open",
)
NEEDED = ("cloudtrail", "ec2/disks", "ec2/hosts", "ec2/network", "functions", "guardduty", "iam", "s3", "sts")
UNKNOWN_TO_THE_RANGE = {"enable-snapshot-block-public-access"}
SERVICES = {"s3api": "s3"}


def looked(aws: Door, folder: Path) -> list[Verdict]:
    todo, closed = snapshot.planned(aws, Estate(), role=None, regions=(), only=NEEDED)
    made = snapshot.look(todo, closed, folder / "snapshot", lambda _: None)
    return list(scan.scan(made, estate.read(ASSETS, "page"), scan.asked(CLOSED)).verdicts)


def shorthand(text: str) -> Any:
    """The CLI's short form of an object: `A=b,C=[{D=e}]`, by way of JSON."""
    quoted = re.sub(r"([\w./-]+)(?==)", r'"\1"', text)
    valued = re.sub(r'=([^\[{,\]}"]+)', lambda one: f":{json.dumps(one[1])}", quoted).replace("=", ":")
    return json.loads("{" + valued + "}")


def typed(shape: Any, words: Sequence[str]) -> Any:
    if shape.type_name == "boolean":
        return True
    (word,) = words
    if shape.type_name in ("string", "timestamp"):
        return word
    if shape.type_name in ("integer", "long"):
        return int(word)
    return made(shape, json.loads(word) if word[0] in "[{" else shorthand(word))


def made(shape: Any, value: Any) -> Any:
    """Words made what the shape asks for: the short form knows texts alone."""
    if shape.type_name == "structure":
        return {key: made(shape.members[key], one) for key, one in value.items()}
    if shape.type_name == "list":
        return [made(shape.member, one) for one in value]
    return value == "true" if shape.type_name == "boolean" and isinstance(value, str) else value


def run(aws: Door, command: Sequence[str]) -> None:
    """One command of the CLI, as it reads it."""
    _, service, verb, *rest = command
    name = SERVICES.get(service, service)
    model = botocore.session.get_session().get_service_model(name)
    operation = next(one for one in model.operation_names if xform_name(one, "-") == verb)
    members = {f"--{xform_name(key, '-')}": (key, shape) for key, shape in input_of(model, operation).items()}
    params: dict[str, Any] = {}
    for option in re.split(r"\x00(?=--)", "\x00".join(rest)):
        flag, *words = option.split("\x00")
        if flag != "--region":
            key, shape = members[flag]
            params[key] = typed(shape, words)
    aws.call(name, operation, **params)


def input_of(model: Any, operation: str) -> dict[str, Any]:
    shape = model.operation_model(operation).input_shape
    return dict(shape.members) if shape else {}


def failing(found: Iterable[Verdict]) -> dict[str, Verdict]:
    """The first hole of each check, the one with an asset before others."""
    told: dict[str, Verdict] = {}
    for one in sorted(found, key=lambda verdict: (not verdict.assets, verdict.resource)):
        if one.ruling is Ruling.FAIL:
            told.setdefault(one.check, one)
    return told


def test_a_hole_is_closed_by_its_own_commands(tmp_path: Path) -> None:
    with Range() as made_range:
        aws = door(made_range.endpoint)
        assert (aws.account, aws.region) == (ACCOUNT, REGION)
        build(aws)
        holes = failing(looked(aws, tmp_path))
        assert set(holes) == set(CLOSED)
        for hole in holes.values():
            assert hole.remedy is not None
            for command in hole.remedy.commands:
                if command[2] not in UNKNOWN_TO_THE_RANGE:
                    assert "file://" not in shlex.join(command)
                    run(aws, command)
        after = {(one.check, one.resource): one for one in looked(aws, tmp_path)}
        left = [after[hole.check, hole.resource] for hole in holes.values()]
        assert [(one.check, one.why) for one in left if one.ruling is not Ruling.PASS] == []

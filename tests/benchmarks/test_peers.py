"""A peer that finds less is no peer: DuckDB, the naive evaluator and our hunt find the same planted attacks."""

import gzip
import json
from dataclasses import dataclass
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchmarks.alone import Missing
from benchmarks.figures import Figure, of_figures

from benchmarks import floor, hunting, peers, trail, variants
from stanch.cli.hunt import hunt
from stanch.estate.values import size

PER_FILE = 250
EVENTS = 2 * PER_FILE
ATTACKER = {"type": "IAMUser", "arn": f"arn:aws:iam::{trail.ACCOUNT}:user/eve", "accountId": trail.ACCOUNT}
PLANTED: list[dict[str, Any]] = [
    {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "requestParameters": {"name": "main"}},
    {"eventSource": "cloudtrail.amazonaws.com", "eventName": "DeleteTrail", "errorCode": "AccessDenied"},
    {"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "requestParameters": {"userName": "ann"}},
    {"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "requestParameters": {"userName": "eve"}},
    {"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "requestParameters": None},
    {"eventSource": "guardduty.amazonaws.com", "eventName": "CreateIPSet", "requestParameters": {"activate": True}},
    {"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "requestParameters": {"maxCount": 40}},
    {"eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy",
     "requestParameters": {"bucketName": "acme-weights", "note": "EVERYONE"}},
]  # fmt: skip
RULES: dict[str, tuple[dict[str, Any], str, int]] = {
    "one_call": ({"s": {"eventName": "StopLogging"}}, "s", 1),
    "a_list_of_calls": (
        {"s": {"eventSource": "cloudtrail.amazonaws.com", "eventName": ["stoplogging", "DeleteTrail"]}}, "s", 2),
    "but_for_another": (
        {"s": {"eventName": "CreateAccessKey"}, "own": {"requestParameters.userName": "eve"}}, "s and not own", 2),
    "a_beginning": (
        {"s": {"requestParameters.bucketName|startswith": "acme-w", "eventName": "PutBucketPolicy"}}, "s", 1),
    "an_end": ({"s": {"userIdentity.arn|endswith": ":user/eve"}}, "s", len(PLANTED)),
    "a_middle": ({"s": {"requestParameters.note|contains": "very"}}, "s", 1),
    "cased": ({"s": {"requestParameters.note|contains|cased": "very"}}, "s", 0),
    "a_pattern": ({"s": {"eventName|re": "^(Stop|Delete)(Logging|Trail)$"}}, "s", 2),
    "a_number": ({"s": {"eventName": "RunInstances", "requestParameters.maxCount": 40}}, "s", 1),
    "a_truth": ({"s": {"eventName": "CreateIPSet", "requestParameters.activate": True}}, "s", 1),
    "nothing_there": ({"s": {"eventName": "CreateAccessKey", "requestParameters.userName": None}}, "s", 1),
    "something_there": ({"s": {"eventSource": "cloudtrail.amazonaws.com", "errorCode|exists": True}}, "s", 1),
    "any_of": ({"a": {"eventName": "StopLogging"}, "b": {"eventName": "RunInstances"}}, "1 of *", 2),
    "never": ({"s": {"eventName": "NoSuchCall"}}, "s", 0),
}  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """A trail, by folder and number of files, and its events."""

    folder: str
    files: int
    events: int


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Two files of the generated trail, and a third with the attacks."""
    folder = tmp_path_factory.mktemp("trail")
    trail.write(folder, EVENTS, PER_FILE)
    records = [
        {"eventVersion": "1.11", "eventID": f"planted-{number}", "eventTime": "2026-11-01T00:10:00Z",
         "awsRegion": trail.REGION, "sourceIPAddress": "203.0.113.66", "userAgent": "aws-cli/2.17",
         "recipientAccountId": trail.ACCOUNT, "userIdentity": ATTACKER, **planted}
        for number, planted in enumerate(PLANTED)
    ]  # fmt: skip
    (folder / "planted.json.gz").write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return Ground(str(folder), 3, EVENTS + len(PLANTED))


def matches(ground: Ground, rules: Path) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Of ours, DuckDB and the naive evaluator: the events that each rule matches."""
    asked = (ground.folder, ground.files)
    runs = (
        hunting.only_rules(*asked, 1, str(rules)),
        peers.duckdb(*asked, 1, str(rules)),
        peers.naive(ground.folder, ground.events * ground.files, ground.files, str(rules)),  # a file a process
    )
    assert [run["events"] for run in runs] == [ground.events] * 3
    loaded, said, _ = (run["detections"] for run in runs)
    assert said >= loaded - 1  # SQL has no simple word for a wildcard inside a text, which one of SigmaHQ's has
    ours, theirs, slow = (run["matched"] for run in runs)
    return ours, theirs, slow


def test_the_same_planted_attacks_are_found(ground: Ground, tmp_path: Path) -> None:
    for name, (selections, condition, _) in RULES.items():
        rule = {"title": name, "logsource": {"product": "aws", "service": "cloudtrail"},
                "detection": {**selections, "condition": condition}}  # fmt: skip
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(rule))
    ours, duckdb, naive = matches(ground, tmp_path)
    assert ours == {name: count for name, (_, _, count) in RULES.items() if count}
    assert duckdb == ours
    assert naive == ours


@pytest.mark.skipif(not variants.COMMUNITY.is_dir(), reason="../shared/data/sigma-aws, SigmaHQ's rules, is absent")
def test_so_it_is_with_the_rules_that_are_measured(ground: Ground, tmp_path: Path) -> None:
    variants.write(tmp_path / "rules", 80)
    ours, duckdb, naive = matches(ground, tmp_path / "rules")
    assert len(ours) > 3
    assert duckdb == ours
    assert naive == ours


@pytest.mark.parametrize("name", floor.READERS)
def test_each_reader_of_the_floor_reads_every_record(ground: Ground, name: str) -> None:
    if "simdjson" in name and find_spec("simdjson") is None:
        with pytest.raises(Missing, match="pysimdjson is not installed"):
            floor.read(name, ground.folder, 2, 1)
    else:
        assert floor.read(name, ground.folder, 2, 1)["events"] == EVENTS


def test_the_tables_say_what_each_ratio_is_to() -> None:
    table = of_figures("Hunt", [Figure("own", [400e3], [0.5], [0.4], aim=0.45), Figure("none", missing="no rules")])
    title, heads, own, none = table.text().splitlines()
    assert (title, heads.split()) == ("Hunt", ["kev/s", "from", "-", "to", "of", "F", "of", "the", "fastest", "aim"])
    assert "0.500 (0.500 - 0.500)" in own
    assert own.split()[-2:] == ["0.400", "0.45"]
    assert none.endswith("not measured: no rules")


def test_without_the_floor_an_aim_is_judged_by_the_fastest() -> None:
    figure = Figure("own", [400e3], [], [0.4], aim=0.45)
    assert figure.met is False
    assert "0.45 missed" in figure.cells()


def test_what_is_measured_is_bounded_as_the_command_is() -> None:
    assert size(signature(hunt).parameters["max_inflated"].default) == hunting.LIMIT

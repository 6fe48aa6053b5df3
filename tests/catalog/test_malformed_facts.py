"""One policy that nobody can read makes one thing unknown; every check goes on, and it stands in the coverage."""

import json
from pathlib import Path
from typing import Any

import pytest

from stanch.app import scan
from stanch.app.posture import Seen as Judging
from stanch.contracts.collector import Thing
from stanch.domain.estate import Estate
from stanch.estate import snapshot
from stanch.estate.snapshot import Seen
from tests.posturing import ACCOUNT, MOMENT, posture

ROLE = f"arn:aws:iam::{ACCOUNT}:role"
WEIGHTS = "arn:aws:s3:::weights"
READS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                 "Action": "sts:AssumeRole"}]}  # fmt: skip


def role(name: str, **facts: Any) -> dict[str, Any]:
    known = {"Arn": f"{ROLE}/{name}", "RoleName": name, "AssumeRolePolicyDocument": TRUST,
             "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": READS}]}  # fmt: skip
    return {"kind": "iam/role", "arn": f"{ROLE}/{name}", "data": {**known, **facts}}


@pytest.mark.parametrize(
    "facts",
    [
        {"RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Perhaps"}]}}]},
        {"RolePolicyList": [{"PolicyName": "p", "PolicyDocument": "%7B"}]},
        {"RolePolicyList": 7},
        {"AssumeRolePolicyDocument": {"Statement": [7]}},
        {"AttachedManagedPolicies": [{"PolicyName": "no ARN"}]},
        {"InstanceProfileList": [{"Arn": None}]},
        {"Tags": [{"Value": "without a key"}]},
    ],
    ids=str,
)
def test_who_is_healthy_is_told_beside_one_that_nobody_can_read(facts: dict[str, Any]) -> None:
    bucket = {"kind": "s3/bucket", "arn": WEIGHTS, "data": {"Policy": None}}
    about = posture([bucket, role("serving"), role("spoilt", **facts)])
    assert isinstance(about, Judging)
    assert not about.malformed
    sure = {one.principal: one.answer for one in about.who_can("s3:GetObject", f"{WEIGHTS}/x")}
    assert sure[f"{ROLE}/serving"] == "must"
    assert any(way.principal == f"{ROLE}/serving" for way in about.ways_to(WEIGHTS))
    told = [(gap.of, gap.code, gap.account) for gap in about.malformed]
    assert told == [(f"{ROLE}/spoilt", "Malformed", ACCOUNT)]


def test_a_bucket_policy_that_nobody_can_read_is_a_gap_of_that_bucket() -> None:
    spoilt = {"kind": "s3/bucket", "arn": WEIGHTS, "data": {"Policy": {"Statement": [{"Effect": "Perhaps"}]}}}
    about = posture([spoilt, role("serving")])
    assert isinstance(about, Judging)
    assert {one.principal for one in about.who_can("s3:GetObject", f"{WEIGHTS}/x")} == {f"{ROLE}/serving"}
    assert [gap.of for gap in about.malformed] == [WEIGHTS]


def test_a_scan_tells_what_it_could_not_read_and_what_an_older_stanch_kept_no_hash_of(tmp_path: Path) -> None:
    spoilt = role("spoilt", RolePolicyList=7)
    things = tuple(Thing(one["kind"], one["arn"], one["data"]) for one in (role("serving"), spoilt))
    folder = snapshot.write(tmp_path / "s", [Seen(ACCOUNT, None, "iam", things)], MOMENT)
    index = json.loads((folder / "index.json").read_text())
    del index["unknowns"]
    (folder / "index.json").write_text(json.dumps(index))
    result = scan.scan(snapshot.read(folder), Estate(), scan.asked(["trust"]))
    told = {one.path: one.why for one in result.coverage.files_skipped}
    assert "is 7; write a list" in told[f"{ROLE}/spoilt"]
    assert "kept no hash of it" in told["unknowns.jsonl"]
    assert not result.complete

"""Evaluations a second: requests of one account against the policies that a large organisation puts in their way.

usage: python -m benchmarks.iam_evaluations [--rounds N] [--json FILE]

Each request meets eleven policies of seven kinds, parsed and asked before, as in an account's graph. Processor time,
the
median of rounds. Floor: to look, for each of the same statements, only whether it names the action, by `fnmatch`.
Growth: the same with as many more statements in the identity policy as are said.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from time import process_time
from typing import Any

from stanch.app.iam_evaluate import read_case
from stanch.iam import Caller, Decision, Policy, Request, evaluate, parse

AIM = 20_000
PEER = 5_532
"""iam-simulate (TypeScript), policies cached, on the same kind of machine."""

SIZES = (1, 10, 100)
HOME = "111122223333"
ROLE = f"arn:aws:iam::{HOME}:role/ml/serving"
CONTEXT = {
    "aws:PrincipalArn": ROLE,
    "aws:PrincipalOrgID": "o-acme",
    "aws:PrincipalTag/team": "ml",
    "aws:RequestedRegion": "eu-central-1",
    "aws:SecureTransport": "true",
    "aws:SourceIp": "10.1.2.3",
}


def _allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def layers(size: int) -> dict[str, Any]:
    """Documents as a case has them; the identity's grows with `size`."""
    services = ("sqs", "sns", "lambda", "ecr", "logs")
    reading = [
        _allow([f"{service}:Get*", f"{service}:List*"], f"arn:aws:{service}:eu-central-1:{HOME}:app-{number}/*")
        for number in range(size)
        for service in services
    ]
    weights = ["arn:aws:s3:::weights/*", "arn:aws:s3:::${aws:PrincipalTag/team}/*"]
    ours = {"StringEquals": {"aws:PrincipalTag/team": "ml"}, "Bool": {"aws:SecureTransport": "true"}}
    regions = {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}
    strangers = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-acme"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    elsewhere = {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}}
    partner = {"AWS": "arn:aws:iam::444455556666:role/partner"}
    full = {"name": "FullAWSAccess", "policy": _document(_allow("*"))}
    fence = {"name": "Regions", "policy": _document(_deny("*", Condition=regions))}
    return {
        "identity": [
            {"name": "Reading", "policy": _document(*reading)},
            {"name": "Weights", "policy": _document(_allow(["s3:GetObject", "s3:PutObject"], weights, Condition=ours))},
            {"name": "Never", "policy": _document(_deny("iam:*"), _deny("s3:*", "arn:aws:s3:::secret/*"))},
        ],
        "boundary": [{"name": "Limit", "policy": _document(_allow(["s3:*", "logs:*", "kms:*"]))}],
        "resource_policy": _document(
            _deny("s3:*", ["arn:aws:s3:::weights", "arn:aws:s3:::weights/*"], Principal="*", Condition=elsewhere),
            _allow("s3:GetObject", "arn:aws:s3:::weights/*", Principal=partner),
        ),
        "scps": [
            {"level": "root", "policies": [full]},
            {"level": "ml", "policies": [full, fence]},
            {"level": HOME, "policies": [full]},
        ],
        "rcps": [
            {
                "level": "root",
                "policies": [{"name": "Ours", "policy": _document(_deny("s3:*", Principal="*", Condition=strangers))}],
            }
        ],
        "vpce": [{"name": "Endpoint", "policy": _document(_allow("*", Principal="*"))}],
        "session": _document(_allow("s3:*")),
    }


def requests() -> list[dict[str, Any]]:
    """450 requests, as a case has them: three actions on 150 objects of three buckets."""
    return [
        {
            "principal": f"arn:aws:sts::{HOME}:assumed-role/serving/i-0abc",
            "action": action,
            "resource": f"arn:aws:s3:::{bucket}/model-{number:05}.safetensors",
            "resource_account": HOME,
            "context": CONTEXT,
        }
        for number in range(50)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        for bucket in ("weights", "secret", "other")
    ]


def measured(size: int, rounds: int) -> dict[str, Any]:
    """Evaluations a second, the floor's, and those of whole cases read as JSON."""
    documents = layers(size)
    lines = [json.dumps({"id": number, "request": r, **documents}).encode() for number, r in enumerate(requests())]
    cases = [read_case(line) for line in lines]
    results = {case.decide().result for case in cases}
    if results != {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}:
        raise RuntimeError(f"the requests tell too little: all are {results}")
    patterns = [
        pattern.lower()
        for policy in _policies(cases[0].layers)
        for s in policy.statements
        for pattern in s.actions or ()
    ]
    actions = [case.request.action.lower() for case in cases]
    return {
        "statements": sum(len(policy.statements) for policy in _policies(cases[0].layers)),
        "evaluations_per_second": _rate(
            lambda: [evaluate(case.request, **case.layers) for case in cases], len(cases), rounds
        ),
        "floor_per_second": _rate(lambda: [[fnmatchcase(a, p) for p in patterns] for a in actions], len(cases), rounds),
        "cases_per_second": _rate(lambda: [read_case(line).decide() for line in lines], len(cases), rounds),
    }


def bare(rounds: int) -> float:
    """Evaluations a second of the smallest request that is: one identity policy of one statement."""
    policy: Policy = parse(_document(_allow("s3:*")))
    caller = Caller("user", HOME, f"arn:aws:iam::{HOME}:user/bob")
    asked = [Request(caller, r["action"], r["resource"], HOME) for r in requests()]
    answers: Callable[[], list[Decision]] = lambda: [evaluate(request, identity=[policy]) for request in asked]  # noqa: E731
    return _rate(answers, len(asked), rounds)


def _policies(given: Any) -> list[Policy]:
    if isinstance(given, Policy):
        return [given]
    if isinstance(given, dict | list | tuple):
        return [policy for each in (given.values() if isinstance(given, dict) else given) for policy in _policies(each)]
    return _policies(given.policy) if hasattr(given, "policy") else []


def _rate(work: Callable[[], object], count: int, rounds: int) -> float:
    work()
    seconds = []
    for _ in range(rounds):
        began = process_time()
        for _ in range(4):
            work()
        seconds.append(process_time() - began)
    return 4 * count / statistics.median(seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args(arguments)
    rows = [measured(size, wanted.rounds) for size in SIZES]
    smallest = bare(wanted.rounds)
    print(f"{'statements':>10} {'evaluations/s':>14} {'floor/s':>10} {'of floor':>9} {'cases/s, read too':>18}")
    for row in rows:
        ours, floor = row["evaluations_per_second"], row["floor_per_second"]
        read_too = row["cases_per_second"]
        print(f"{row['statements']:>10} {ours:>14,.0f} {floor:>10,.0f} {ours / floor:>9.2f} {read_too:>18,.0f}")
    first = rows[0]["evaluations_per_second"]
    print(f"one statement, one policy: {smallest:,.0f}/s")
    print(f"aim {AIM:,}/s: {'met' if first >= AIM else 'MISSED'}, {first / AIM:.1f} times")
    print(f"peer {PEER:,}/s: {first / PEER:.1f} times")
    if wanted.json:
        wanted.json.write_text(json.dumps({"rows": rows, "bare": smallest, "aim": AIM, "peer": PEER}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

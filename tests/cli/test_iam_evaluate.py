"""`stanch iam evaluate`: the promised shape in, the promised shape out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from stanch.cli.face import Exit, Format, WrongUse
from stanch.cli.iam_evaluate import evaluate

HOME = "111122223333"
USER, OBJECT = f"arn:aws:iam::{HOME}:user/bob", "arn:aws:s3:::weights/a"
ALL = {"Version": "2012-10-17", "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}]}
NONE = {"Version": "2012-10-17", "Statement": []}
ATTACHED = [{"name": "Admin", "policy": ALL}]

Decide = Callable[..., tuple[int, list[dict[str, Any]], str]]


def case(id_: Any = "1", *, request: dict[str, Any] | None = None, **layers: Any) -> dict[str, Any]:
    asked = {
        "principal": USER,
        "action": "s3:GetObject",
        "resource": OBJECT,
        "resource_account": HOME,
        "context": {},
        "wildcard_only": False,
        **(request or {}),
    }
    absent = dict.fromkeys(("session", "boundary", "resource_policy", "vpce"))
    return {"id": id_, "request": asked, "identity": [], **absent, "scps": [], "rcps": [], **layers}


@pytest.fixture
def decide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Decide:
    def run(*cases: dict[str, Any] | str, format_: Format = Format.JSON) -> tuple[int, list[dict[str, Any]], str]:
        file = tmp_path / "cases.jsonl"
        file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in cases))
        with pytest.raises(typer.Exit) as left:
            evaluate(str(file), format_)
        said = capsys.readouterr()
        if format_ is Format.TABLE:
            return left.value.exit_code, [], said.out
        return left.value.exit_code, [json.loads(line) for line in said.out.splitlines()], said.err

    return run


def test_prints_a_decision_a_line_in_the_promised_shape(decide: Decide) -> None:
    code, lines, err = decide(case("a", identity=ATTACHED), case(2), "")
    assert (code, err) == (Exit.DONE, "")
    assert lines == [
        {
            "kind": "decision",
            "id": "a",
            "result": "Allowed",
            "blocked_by": [],
            "because": ["identity policy Admin, Statement[0] (Everything) allows s3:GetObject"],
        },
        {
            "kind": "decision",
            "id": 2,
            "result": "ImplicitlyDenied",
            "blocked_by": ["identity"],
            "because": [f"no identity policy allows s3:GetObject on {OBJECT}"],
        },
    ]


def results(decided: tuple[int, list[dict[str, Any]], str]) -> list[tuple[str, list[str]]]:
    return [(line["result"], line["blocked_by"]) for line in decided[1]]


def test_reads_every_layer(decide: Decide) -> None:
    closed = {
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
    }
    refused = [{"name": "none", "policy": NONE}]
    level = {"level": "root", "policies": refused}
    fenced = {"name": "closed", "policy": closed}
    decided = decide(
        case(identity=ATTACHED, session=NONE),
        case(identity=ATTACHED, boundary=refused),
        case(identity=ATTACHED, boundary=refused + ATTACHED),
        case(identity=ATTACHED, scps=[level]),
        case(identity=ATTACHED, rcps=[level]),
        case(identity=ATTACHED, rcps=[{"level": "root", "policies": [fenced]}]),
        case(identity=ATTACHED, vpce=refused),
        case(identity=ATTACHED, resource_policy=closed),
        case(identity=ATTACHED, boundary=[], vpce=[]),
    )
    assert results(decided) == [
        ("ImplicitlyDenied", ["session"]),
        ("ImplicitlyDenied", ["pb"]),
        ("Allowed", []),
        ("ImplicitlyDenied", ["scp"]),
        ("Allowed", []),
        ("ExplicitlyDenied", ["rcp"]),
        ("ImplicitlyDenied", ["vpce"]),
        ("ExplicitlyDenied", ["resource"]),
        ("Allowed", []),
    ]


def test_reads_every_kind_of_principal(decide: Decide) -> None:
    grants = {"AWS": f"arn:aws:iam::{HOME}:role/x/r", "Service": "ec2.amazonaws.com"}
    opened = {
        "Statement": {"Effect": "Allow", "Principal": grants, "Action": "*", "Resource": "*"},
    }
    callers: list[Any] = [
        *(f"arn:aws:sts::{HOME}:assumed-role/r/s", f"arn:aws:iam::{HOME}:role/x/r", "ec2.amazonaws.com"),
        *(f"arn:aws:iam::{HOME}:root", HOME, {"type": "Anonymous"}, USER),
    ]
    decided = decide(*(case(request={"principal": caller}, resource_policy=opened) for caller in callers))
    assert [result for result, _ in results(decided)] == ["Allowed"] * 5 + ["ImplicitlyDenied"] * 2


def test_a_context_key_that_is_absent_is_absent_and_values_may_be_lists_numbers_and_booleans(decide: Decide) -> None:
    condition = {
        "StringEquals": {"aws:PrincipalArn": USER},
        "Bool": {"aws:SecureTransport": "true"},
        "NumericLessThan": {"s3:max-keys": "10"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]},
    }
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    identity = [{"name": "x", "policy": {"Version": "2012-10-17", "Statement": statement}}]
    context = {"aws:PrincipalArn": [USER], "aws:SecureTransport": True, "s3:max-keys": 9, "aws:TagKeys": ["a", "b"]}
    decided = decide(
        case(request={"context": context}, identity=identity),
        case(request={"context": {**context, "aws:PrincipalArn": None}}, identity=identity),
    )
    assert [result for result, _ in results(decided)] == ["Allowed", "ImplicitlyDenied"]


def test_an_action_without_resource_is_asked_on_a_star(decide: Decide) -> None:
    some = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": OBJECT}}
    wildcard = {"action": "s3:ListAllMyBuckets", "wildcard_only": True}
    decided = decide(
        case(request=wildcard, identity=[{"name": "x", "policy": some}]), case(request=wildcard, identity=ATTACHED)
    )
    assert [result for result, _ in results(decided)] == ["ImplicitlyDenied", "Allowed"]


def test_what_is_not_known_is_told(decide: Decide) -> None:
    code, lines, _ = decide(case(identity=ATTACHED, scps="unknown"), case(identity=ATTACHED, resource_policy="unknown"))
    assert code == Exit.DONE
    assert [(line["result"], line["hangs_on"]) for line in lines] == [("Unknown", ["scp"]), ("Unknown", ["resource"])]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "truncated"),
        ("[1]", "Expected `object`"),
        ('{"id": 1}', "missing required field `request`"),
        ("[" * 100_000, "Expected `object`"),
        ('{"request": {"action": "s3:x", "context": {"a": ' + "[" * 100_000 + "}}", "give one JSON object"),
        (json.dumps(case(request={"action": 7})), "$.request.action"),
        (json.dumps(case(request={"principal": "bob"})), "request.principal: 'bob' is no principal"),
        (json.dumps(case(request={"principal": {"type": "Martian"}})), "Anonymous"),
        (json.dumps(case(request={"context": {"a": {"b": 1}}})), "request.context.'a' is no value"),
        (json.dumps(case(identity=[{"name": "x", "policy": {"Statement": [{}]}}])), "identity[0]: Statement[0].Effect"),
        (json.dumps(case(scps=[{"level": "l", "policies": [{"policy": 1}]}])), "scps[0].policies[0]: document"),
        (json.dumps(case(resource_policy={"Statement": "x"})), "resource_policy: Statement[0]: is a string"),
        (json.dumps(case(vpce="none")), "vpce: Expected `array`, got `str`; give policies"),
        ("\x00\xff", "malformed"),
    ],
)
def test_a_line_that_is_no_case_is_one_clear_line_and_the_others_are_decided(
    decide: Decide, line: str, said: str
) -> None:
    code, lines, err = decide(case("before", identity=ATTACHED), line, case("after", identity=ATTACHED))
    assert code == Exit.PARTIAL
    assert [each["id"] for each in lines] == ["before", "after"]
    assert ", line 2: " in err
    assert said in err
    assert len(err.splitlines()) == 1
    assert len(err) < 600


def test_an_unknown_action_is_decided_literally_with_one_warning(decide: Decide) -> None:
    asked = {"action": "nothing:Known"}
    code, lines, err = decide(*[case(request=asked, identity=ATTACHED)] * 3, case(request={"action": "Get"}))
    assert code == Exit.DONE
    assert [line["result"] for line in lines] == ["Allowed"] * 3 + ["ImplicitlyDenied"]
    assert err.count("taken literally") == len(err.splitlines()) == 2


def test_a_policy_that_could_not_hang_there_is_decided_literally_with_one_warning(decide: Decide) -> None:
    named = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
    code, lines, err = decide(*[case(identity=[{"name": "Odd", "policy": named}])] * 2)
    assert code == Exit.DONE
    assert [line["result"] for line in lines] == ["Allowed"] * 2
    (line,) = err.splitlines()
    assert line.startswith("identity policy Odd: Statement[0]: names a principal; leave it out")
    assert line.endswith("(AWS would refuse the policy); it is taken literally")


def test_people_get_a_table(decide: Decide) -> None:
    _, _, out = decide(case("first", identity=ATTACHED), case("second", scps="unknown"), format_=Format.TABLE)
    assert "first" in out
    assert "Allowed" in out
    assert "hangs on scp" not in out  # nothing allows it, whatever the organisation says


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="is no file; give a file of cases"):
        evaluate(str(tmp_path / "none.jsonl"))

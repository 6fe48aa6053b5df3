"""What rules demand of eventSource and eventName, and what remains of them when both are known."""

from typing import Any

import pytest
from tests.engine.sigma.asking import matched, rule_text

from stanch.engine import sigma
from stanch.engine.fields import RecordFields
from stanch.engine.sigma.dispatch import PAIRS, demands, settled
from stanch.engine.sigma.tree import Const, Has, Node, Text

S3 = {"eventSource": "s3.amazonaws.com"}


def condition_of(selections: dict[str, Any], condition: str = "s") -> Node:
    (rule,) = sigma.read_rules(rule_text(selections, condition), "test.yml", "test")
    assert rule.condition is not None
    return rule.condition


def matcher(*selections: Any) -> sigma.Matcher:
    texts = [rule_text({"selection": selection}) for selection in selections]
    return sigma.compile(
        [rule for at, text in enumerate(texts) for rule in sigma.read_rules(text, f"{at}.yml", str(at))]
    )


@pytest.mark.parametrize(
    ("selections", "condition", "names"),
    [
        ({"s": {"eventName": "GetObject"}}, "s", {"getobject"}),
        ({"s": {"eventName": ["GetObject", "PutObject"]}}, "s", {"getobject", "putobject"}),
        ({"s": {"eventName|cased": "GetObject"}}, "s", {"getobject"}),
        ({"s": {"eventName|contains": "Object"}}, "s", None),
        ({"s": {"eventName|startswith": "Get"}}, "s", None),
        ({"s": {"eventName": ["GetObject", "Put*"]}}, "s", None),
        ({"s": {"eventName": "A"}, "t": {"eventName": "B"}}, "s or t", {"a", "b"}),
        ({"s": {"eventName": "A"}, "t": {"awsRegion": "B"}}, "s or t", None),
        ({"s": {"eventName": ["A", "B"]}, "t": {"eventName": ["B", "C"]}}, "s and t", {"b"}),
        ({"s": {"eventName": "A"}, "t": {"eventName": "B"}}, "s and not t", {"a"}),
        ({"s": {"eventName": "A"}}, "not s", None),
        ({"s": ["GetObject"]}, "s", None),
        ({"s": {"eventName": [True, "A"]}}, "s", None),
    ],
)
def test_a_rule_demands_the_names_it_cannot_do_without(
    selections: dict[str, Any], condition: str, names: set[str] | None
) -> None:
    assert demands(condition_of(selections, condition), "eventName") == (None if names is None else frozenset(names))


def test_nothing_remains_of_a_rule_on_source_and_name_alone() -> None:
    condition = condition_of({"s": {**S3, "eventName|startswith": "Get"}})
    assert settled(condition, {"eventSource": "S3.amazonaws.com", "eventName": "GetObject"}) == Const(True)
    assert settled(condition, {"eventSource": "s3.amazonaws.com", "eventName": "PutObject"}) == Const(False)


def test_the_rest_of_a_condition_remains() -> None:
    condition = condition_of({"s": {**S3, "awsRegion": "eu-central-1", "eventName|exists": True}})
    rest = settled(condition, {"eventSource": "s3.amazonaws.com", "eventName": "GetObject"})
    assert rest == Has("awsRegion", Text(("eu-central-1",)))


def test_rules_are_named_in_the_order_they_were_given() -> None:
    rules = matcher({"eventName": "GetObject"}, {"awsRegion": "x"}, S3, {"eventName": "PutObject"})
    event = {**S3, "eventName": "GETOBJECT", "awsRegion": "x"}
    assert [rule.id for rule in matched(rules, event)] == ["0", "1", "2"]


@pytest.mark.parametrize("name", [["GetObject"], ["x", "getobject"], [["GetObject"], 5]])
def test_a_name_that_is_no_string_hides_no_rule(name: Any) -> None:
    rules = matcher({"eventName": "GetObject"}, {**S3, "eventName": "GetObject"}, {"eventName": "5"})
    found = [rule.id for rule in matched(rules, {**S3, "eventName": name})]
    assert found[:2] == ["0", "1"]


def test_a_record_without_source_and_name_meets_the_rules_that_ask_for_their_absence() -> None:
    rules = matcher({"eventName": None}, {"eventSource|exists": False}, {"eventName": ""}, {"eventName|neq": "x"})
    assert [rule.id for rule in matched(rules, {})] == ["0", "1", "3"]
    assert [rule.id for rule in matched(rules, {"eventName": ""})] == ["1", "2", "3"]


def test_more_names_than_are_kept_settled_stay_exact() -> None:
    rules = matcher({"eventName|endswith": "7"})
    found = sum(len(rules.match("s", str(at), RecordFields({"eventName": str(at)}))) for at in range(PAIRS + 1000))
    assert found == sum(str(at).endswith("7") for at in range(PAIRS + 1000))


def test_two_rules_with_one_id_are_refused() -> None:
    rules = sigma.read_rules(rule_text({"selection": S3}), "a.yml", "a")
    with pytest.raises(sigma.RuleError, match="a: two rules have this id"):
        sigma.compile(rules * 2)


class Unasked:
    """Fields that nobody may look at."""

    def values(self, name: str) -> list[Any]:
        raise AssertionError(f"{name} was asked for")

    def everything(self) -> list[Any]:
        raise AssertionError("everything was asked for")


def test_a_thousand_rules_on_other_names_never_look_at_the_event() -> None:
    others = [{"eventName": f"Name{at}", "awsRegion": "x"} for at in range(500)]
    sources = [{"eventSource": f"service{at}.amazonaws.com", "eventName|contains": "e", "a": 1} for at in range(500)]
    rules = matcher(*others, *sources, {**S3, "eventName": "GetObject"})
    assert [rule.id for rule in rules.match("s3.amazonaws.com", "GetObject", Unasked())] == ["1000"]
    assert rules.match("sts.amazonaws.com", "GetObject", Unasked()) == []

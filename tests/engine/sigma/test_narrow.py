"""What is known of a class of events rules most rules out, and never one that an event of the class would match."""

import json
import pickle
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.engine.sigma.asking import accepted, key, matched, rule_text
from tests.engine.sigma.generated import FIELDS, events, rules

from stanch.engine import sigma
from stanch.engine.fields import RecordFields
from stanch.engine.sigma.needles import absent

S3 = {"eventSource": "s3.amazonaws.com", "eventName": "GetObject"}


class OnlyThese:
    """Fields of a class of events: to ask for any that is not known is an error."""

    def __init__(self, event: dict[str, Any], names: Iterable[str]) -> None:
        self._fields = RecordFields(event)
        self.names = frozenset(names)

    def values(self, name: str) -> Any:
        assert name in self.names, f"{name} was asked for"
        return self._fields.values(name)

    def everything(self) -> list[Any]:
        raise AssertionError("everything was asked for")


def matcher(*selections: Any, condition: str = "s1") -> sigma.Matcher:
    texts = [rule_text({"s1": selection}, condition) for selection in selections]
    return sigma.compile([rule for at, text in enumerate(texts) for rule in sigma.read_rules(text, "a.yml", str(at))])


def narrowed(matcher: sigma.Matcher, event: dict[str, Any], *names: str) -> sigma.Narrowed:
    known = OnlyThese(event, names)
    return matcher.narrowed(key(event, "eventSource"), key(event, "eventName"), known, known.names.__contains__)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    drawn=st.lists(rules(), min_size=1, max_size=4),
    some=st.lists(events(), min_size=1, max_size=4),
    known=st.sets(st.sampled_from(FIELDS)),
)
def test_a_class_of_events_matches_what_its_events_match(
    drawn: list[tuple[dict[str, Any], str]], some: list[dict[str, Any]], known: set[str]
) -> None:
    texts = [text for each in drawn if (text := accepted(each))]
    assume(texts)
    whole = sigma.compile(
        [rule for at, text in enumerate(texts) for rule in sigma.read_rules(text, "a.yml", f"rule{at}")]
    )
    for event in some:
        left = narrowed(whole, event, *known)
        fields = RecordFields(event) if left.wants is None else OnlyThese(event, left.wants)
        assert left.match(fields) == matched(whole, event)
        assert left or not left.match(fields)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(drawn=rules(), some=st.lists(events(), min_size=1, max_size=6))
def test_an_event_without_any_needle_matches_nothing(
    drawn: tuple[dict[str, Any], str], some: list[dict[str, Any]]
) -> None:
    text = accepted(drawn)
    assume(text)
    whole = sigma.compile(sigma.read_rules(str(text), "a.yml", "rule"))
    for event in some:
        left = narrowed(whole, event)
        if left.needles is not None and absent(
            left.needles, json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
        ):
            assert not matched(whole, event)


def test_needles_are_what_a_request_must_hold_in_any_spelling() -> None:
    asked = {"requestParameters|contains": "Suspended", "requestParameters.bucketName|endswith": "-1.5"}
    left = narrowed(matcher(S3 | asked), S3, *S3)
    assert left.needles == frozenset({"suspended"})
    assert not absent(left.needles, b'{"Status": "SUSPENDED"}')
    assert absent(left.needles, b'{"Status": "Enabled"}')
    assert not absent(left.needles, b'{"Status": "\\u0053uspended"}')
    assert not absent(left.needles, b'{"Status": "\xff"}')
    assert narrowed(matcher(S3 | {"requestParameters.n": ["1.5", "x"]}), S3, *S3).needles is None
    assert narrowed(matcher(S3 | asked, S3), S3, *S3).needles is None


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(drawn=rules(), some=st.lists(events(), min_size=2, max_size=6), known=st.sets(st.sampled_from(FIELDS)))
def test_one_answer_serves_every_event_of_the_class(
    drawn: tuple[dict[str, Any], str], some: list[dict[str, Any]], known: set[str]
) -> None:
    text = accepted(drawn)
    assume(text)
    whole = sigma.compile(sigma.read_rules(str(text), "a.yml", "rule"))
    tops = {name.split(".")[0] for name in known} | {"eventName", "eventSource"}
    model = some[0]
    left = narrowed(whole, model, *known)
    for event in some[1:]:
        same = {**{name: value for name, value in event.items() if name not in tops}}
        same |= {name: model[name] for name in tops if name in model}
        assert left.match(RecordFields(same)) == matched(whole, same)


def test_a_rule_that_a_known_field_refutes_is_ruled_out() -> None:
    rules = matcher({**S3, "awsRegion": "eu-central-1", "requestParameters.key|contains": "weights"})
    event = {**S3, "awsRegion": "us-east-1"}
    assert not narrowed(rules, event, "awsRegion")
    assert narrowed(rules, event)


def test_a_rule_that_the_known_fields_prove_is_asked_no_more() -> None:
    rules = matcher({**S3, "awsRegion": "us-east-1"})
    left = narrowed(rules, {**S3, "awsRegion": "us-east-1"}, "awsRegion")
    assert left.wants == frozenset()
    assert [rule.id for rule in left.match(OnlyThese({}, ()))] == ["0"]


def test_only_the_fields_that_decide_are_wanted() -> None:
    rules = matcher({**S3, "a": 1, "b": 2}, {"b": 2, "c|fieldref": "d"}, {"eventName": "PutObject", "e": 1})
    assert narrowed(rules, {**S3, "a": 1}, "a").wants == frozenset("bcd")
    assert narrowed(rules, {**S3, "a": 2}, "a").wants == frozenset("bcd")
    assert narrowed(rules, {**S3, "b": 3}, "b").wants == frozenset()


def test_a_negated_test_of_an_unknown_field_stays_unknown() -> None:
    rules = matcher({"errorCode": "AccessDenied"}, condition="not s1")
    left = narrowed(rules, S3)
    assert left.match(RecordFields(S3))
    assert not left.match(RecordFields({**S3, "errorCode": "AccessDenied"}))


def test_keywords_want_the_whole_event() -> None:
    left = narrowed(matcher(["weights"]), S3, "eventName")
    assert left
    assert left.wants is None
    assert left.match(RecordFields({**S3, "requestParameters": {"key": "my-weights"}}))


def test_a_comparison_of_two_fields_is_known_when_both_are() -> None:
    rules = matcher({"a|fieldref": "b"})
    assert narrowed(rules, {"a": "x", "b": "y"}, "a").wants == frozenset("ab")
    assert not narrowed(rules, {"a": "x", "b": "y"}, "a", "b")


def test_pairs_of_one_kind_are_answered_alike() -> None:
    rules = matcher({"userIdentity.type": "Root"}, {**S3, "a": 1}, {"eventName|startswith": "Put", "b": 1})
    kinds = [rules.kind("ec2.amazonaws.com", name) for name in ("RunInstances", "StopInstances", "PutThings")]
    assert kinds[0] == kinds[1] != kinds[2]
    assert rules.kind("s3.amazonaws.com", "GetObject") not in kinds


def test_rules_travel_to_another_process() -> None:
    text = rule_text({"s1": {**S3, "a|re": "x+", "b|cidr": "10.0.0.0/8", "c|contains": "w"}}, "s1")
    (rule,) = sigma.read_rules(text, "a.yml", "a")
    twin = pickle.loads(pickle.dumps(rule))  # noqa: S301 - our own bytes
    assert (twin.detection, twin.logsource, twin.condition) == (rule.detection, rule.logsource, rule.condition)
    event = {**S3, "a": "axx", "b": "10.1.1.1", "c": "weights"}
    assert [found.id for found in matched(sigma.compile([twin]), event)] == ["a"]

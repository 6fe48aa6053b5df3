"""What a rule file may say, and the one line it gets when it says something else."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.sigma.asking import rule_text

from stanch.domain.finding import Technique
from stanch.domain.severity import Severity
from stanch.engine import sigma

SELECTION = {"selection": {"eventName": "GetObject"}}


def read_one(**more: Any) -> sigma.Rule:
    (rule,) = sigma.read_rules(rule_text(SELECTION, **more), "rules/a.yml", "exfiltration/a")
    return rule


def refusal(text: str) -> str:
    with pytest.raises(sigma.RuleError) as caught:
        sigma.read_rules(text, "rules/a.yml", "exfiltration/a")
    message = str(caught.value)
    assert message.startswith("rules/a.yml: ")
    assert message.count("rules/a.yml") == 1
    assert "<unicode string>" not in message
    assert message.isprintable()
    return message


def test_a_rule_says_what_it_is() -> None:
    rule = read_one(
        level="high",
        stanch={
            "confidence": 0.95,
            "playbook": "stolen_credentials",
            "techniques": ["attack:T1530@19", "atlas:AML.T0025@5.6"],
        },
    )
    assert rule.id == rule.detection.id == "exfiltration/a"
    assert (rule.detection.title, rule.detection.severity, rule.detection.confidence) == ("A test", Severity.HIGH, 0.95)
    assert rule.detection.playbook == "stolen_credentials"
    assert rule.detection.techniques == (Technique("attack", "T1530", "19"), Technique("atlas", "AML.T0025", "5.6"))
    assert (rule.logsource.product, rule.logsource.service, rule.logsource.category) == ("aws", "cloudtrail", None)
    assert rule.generates
    assert rule.correlation is None


def test_a_community_rule_gets_its_confidence_by_level_and_techniques_by_tag() -> None:
    detection = read_one(
        level="critical",
        tags=["attack.exfiltration", "attack.t1537", "attack.T1078.004", "cve.2024-1", "atlas.aml.t0025"],
    ).detection
    assert detection.confidence == 0.85
    assert detection.playbook is None
    assert [str(technique) for technique in detection.techniques] == [
        "attack:T1537@unversioned",
        "attack:T1078.004@unversioned",
        "atlas:AML.T0025@unversioned",
    ]


def test_a_rule_without_a_level_is_medium() -> None:
    assert read_one().detection.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ("loud", "must be a mapping"),
        ({"confidense": 1}, "unknown confidense; allowed are confidence, playbook, by_hand, techniques"),
        ({"confidence": 1.5}, "must be a number from 0 to 1"),
        ({"confidence": True}, "must be a number from 0 to 1"),
        ({"confidence": float("nan")}, "must be a number from 0 to 1"),
        ({"playbook": "../x"}, "must be a playbook's id"),
        ({"techniques": "attack:T1530@19"}, "must be a list"),
        ({"techniques": ["T1530"]}, "must be framework:id@version"),
        ({"techniques": [5]}, "must be framework:id@version"),
    ],
)
def test_a_bad_word_under_stanch_is_refused(own: Any, why: str) -> None:
    assert why in refusal(rule_text(SELECTION, stanch=own))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no rule"),
        ("---\n---\n", "holds no rule"),
        ("just words", "must be a YAML mapping"),
        ("- a\n- b", "must be a YAML mapping"),
        ("a: [", "did not find"),
        ("title: \x00", "control characters are not allowed"),
        ("{}", "must have a title"),
        ("title: x", "must have a log source"),
        ("? [a]\n: b", "a key must be a word"),
        (rule_text(SELECTION).replace("title", "t1tle"), "must have a title"),
        (rule_text(SELECTION).replace("condition: selection", "condition: selektion"), "'selektion' not defined"),
        (rule_text(SELECTION, "selection |count() > 5"), "deprecated"),
        (rule_text(SELECTION, "2 of them"), "its condition is not understood from character 3 on"),
        (rule_text(SELECTION, "selection and ("), "its condition is not understood from character 16 on"),
        (rule_text(SELECTION, "1 of sel_*"), "doesn't match any detection"),
        (rule_text(SELECTION, ["selection", 5]), ""),  # type: ignore[list-item]
        (rule_text({"selection": {}}), "Detection is empty"),
        (rule_text({"selection": []}), ""),
        (rule_text({"selection": {"a|contians": "x"}}), "Unknown modifier"),
        (rule_text({"selection": {"a|re": "(?=x)y"}}), "'(?=x)y' is invalid: invalid perl operator: (?="),
        (rule_text({"selection": {"a|re": "("}}), "invalid"),
        (rule_text({"selection": {"a|re": 5}}), ""),
        (rule_text({"selection": {"a|cidr": "10.0.0.1/8"}}), "Invalid CIDR"),
        (rule_text({"selection": {"a|expand": "%admins%"}}), "%admins% has no list"),
        (rule_text({"selection": {"a|re|expand": "%admins%"}}), "`admins:` with its values into placeholders.yml"),
        (rule_text({"selection": {"a": 9007199254740993}}), "too large to compare exactly"),
        (rule_text({"selection": {"a|gt": "x"}}), "incompatible"),
        (rule_text({"selection": [""]}), "matches every event"),
        (rule_text({"selection": {"|gt": 5}}), "cannot be a keyword"),
        (rule_text({"selection": {"|fieldref": "a"}}), "cannot be a keyword"),
        (rule_text({**SELECTION, "timeframe": "5m"}), "write a correlation"),
        (rule_text(SELECTION, "not " * 3000 + "selection"), "nested too deeply"),
        ("[" * 100_000, "nested deeper"),
        (rule_text(SELECTION) + "x: " + "{a: " * 50_000 + "}" * 50_000, "nested deeper"),
        (rule_text(SELECTION, level="dreadful"), "not a valid Sigma rule level"),
        (rule_text(SELECTION) + ("---\n" + rule_text(SELECTION)) * 2, "two rules are called exfiltration/a#a_test"),
        ("x" * (1 << 18) + "x", "split it"),
        (f"a: &a [x]\nb: &b [{'*a,' * 99}]\nc: &c [{'*b,' * 99}]\nd: [{'*c,' * 99}]", "billion laughs"),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(text: str, why: str) -> None:
    assert why in refusal(text)


def test_a_field_written_twice_in_one_selection_is_refused() -> None:
    text = rule_text(SELECTION).replace(
        "    eventName: GetObject\n", "    eventName: GetObject\n    eventName: PutObject\n"
    )
    assert "Duplicate key 'eventName'" in refusal(text)


def test_a_message_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in refusal(rule_text({"selection": {"a|\x1b[2J\n\u202e": "x"}}))


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    [
                        "title",
                        "logsource",
                        "detection",
                        "condition",
                        "selection",
                        "correlation",
                        "rules",
                        "type",
                        "timespan",
                        "level",
                        "tags",
                        "stanch",
                        "product",
                        "a|re",
                        "action",
                        "filter",
                    ]
                ),
                inner,
                max_size=6,
            ),
        ),
        max_leaves=15,
    )
)
def test_any_yaml_is_read_or_refused_and_nothing_else(document: Any) -> None:
    try:
        sigma.read_rules(yaml.safe_dump(document), "a.yml", "a")
    except sigma.RuleError as error:
        assert str(error).startswith("a.yml: ")  # noqa: PT017 - both outcomes are right

"""The engine and the slow evaluator give the same answer on every rule and every event there is."""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sigma.rule import SigmaRule
from tests.engine.sigma import slow
from tests.engine.sigma.asking import matched, parsed_by_pysigma, rule_text
from tests.engine.sigma.generated import events, rules

from stanch.engine import sigma

SHARED = Path(__file__).parents[4] / "shared" / "data"
LOGS = SHARED / "cloudtrail"
COMMUNITY = SHARED / "sigma-aws"
NEEDS_LOGS = pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/cloudtrail, the recorded logs, is absent")
NEEDS_RULES = pytest.mark.skipif(not COMMUNITY.is_dir(), reason="../shared/data/sigma-aws, SigmaHQ's rules, is absent")


@cache
def recorded() -> list[dict[str, Any]]:
    return [event for path in sorted(LOGS.rglob("*.json")) for event in json.loads(path.read_text())["Records"]]


@cache
def vocabulary() -> tuple[list[str], list[str]]:
    """The most frequent paths and the short texts of the recorded logs."""
    paths: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    pending: list[tuple[str, Any]] = [("", event) for event in recorded()]
    while pending:
        path, here = pending.pop()
        if isinstance(here, dict):
            pending.extend((f"{path}.{name}".lstrip("."), value) for name, value in here.items())
        elif isinstance(here, list):
            pending.extend((path, value) for value in here)
        else:
            paths[path] += 1
            texts[str(here)[:80]] += 1
    names = [name for name, _ in paths.most_common(60) if "|" not in name]
    return [*["eventName", "eventSource"] * 8, *names], [text for text, _ in texts.most_common(400)]


def compiled(texts: list[str]) -> tuple[sigma.Matcher, list[tuple[str, SigmaRule]]]:
    fast = [rule for at, text in enumerate(texts) for rule in sigma.read_rules(text, "generated.yml", f"rule{at}")]
    return sigma.compile(fast), [(f"rule{at}", parsed_by_pysigma(text)) for at, text in enumerate(texts)]


def accepted(drawn: tuple[dict[str, Any], str]) -> str | None:
    """The rule's text, unless the engine refuses it: what is refused is never evaluated wrongly."""
    text = rule_text(*drawn)
    try:
        sigma.read_rules(text, "generated.yml", "rule")
    except sigma.RuleError:
        return None
    return text


def compare(matcher: sigma.Matcher, slowly: list[tuple[str, SigmaRule]], event: dict[str, Any]) -> int:
    fast = [rule.id for rule in matched(matcher, event)]
    assert fast == [name for name, rule in slowly if slow.matches(rule, event)], event
    return len(fast)


@NEEDS_LOGS
@NEEDS_RULES
def test_community_rules_on_recorded_logs_agree() -> None:
    texts = [path.read_text() for path in sorted(COMMUNITY.rglob("*.yml"))]
    matcher, slowly = compiled(texts)
    assert len(texts) == 57
    assert sum(compare(matcher, slowly, event) for event in recorded()) > 100


@NEEDS_LOGS
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_generated_rules_on_recorded_logs_agree(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(rules(*vocabulary()), min_size=3, max_size=3))
    texts = [text for each in drawn if (text := accepted(each))]
    assume(texts)
    matcher, slowly = compiled(texts)
    for event in recorded()[data.draw(st.integers(0, 6)) :: 7]:
        compare(matcher, slowly, event)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(rules(), min_size=1, max_size=3), some=st.lists(events(), min_size=1, max_size=6))
def test_generated_rules_on_generated_events_agree(
    drawn: list[tuple[dict[str, Any], str]], some: list[dict[str, Any]]
) -> None:
    texts = [text for each in drawn if (text := accepted(each))]
    assume(texts)
    matcher, slowly = compiled(texts)
    for event in some:
        compare(matcher, slowly, event)

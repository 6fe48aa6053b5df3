"""The engine and the slow evaluator give the same answer on every rule and every event there is."""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sigma.rule import SigmaRule
from tests.engine.sigma import slow
from tests.engine.sigma.asking import accepted, matched, parsed_by_pysigma, rule_text
from tests.engine.sigma.generated import LISTS, events, expanding, rules

from stanch import app
from stanch.engine import sigma

SHARED = Path(__file__).parents[4] / "shared" / "data"
LOGS = SHARED / "cloudtrail"
COMMUNITY = SHARED / "sigma-aws"
NEEDS_LOGS = pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/cloudtrail, the recorded logs, is absent")
NEEDS_RULES = pytest.mark.skipif(not COMMUNITY.is_dir(), reason="../shared/data/sigma-aws, SigmaHQ's rules, is absent")


@cache
def recorded() -> list[dict[str, Any]]:
    """All real events: attacks that were carried out, calls that attackers make, and tests of public detections."""
    events = [event for path in sorted(LOGS.rglob("*.json")) for event in json.loads(path.read_text())["Records"]]
    with (SHARED / "panther-tests.dev.jsonl").open() as tests:
        events += [test["event"] for test in map(json.loads, tests) if "AWS.CloudTrail" in (test["logtypes"] or ())]
    return events


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
    assert len(recorded()) == 944
    assert sum(compare(matcher, slowly, event) for event in recorded()) == 367


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


@NEEDS_LOGS
def test_our_own_rules_on_recorded_logs_agree() -> None:
    folder = app.CATALOG / "detections"
    slowly: list[tuple[str, SigmaRule]] = []
    for path in sorted(folder.rglob("*.yml")):
        documents = [each for each in yaml.safe_load_all(path.read_text()) if "correlation" not in each]
        parsed = [parsed_by_pysigma(yaml.safe_dump(each)) for each in documents]
        slowly += [(rule.title, rule) for rule in parsed]
    ours = [rule for rule in app.rules()[0] if rule.condition is not None]
    assert len(ours) == len(slowly)
    matcher = sigma.compile(ours)
    found = 0
    for event in recorded()[::4]:
        fast = sorted(rule.detection.title for rule in matched(matcher, event))
        assert fast == sorted(title for title, rule in slowly if slow.matches(rule, event)), event
        found += len(fast)
    assert found > 100


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(both=expanding(), some=st.lists(events(), min_size=1, max_size=6))
def test_placeholders_mean_their_values_written_out(
    both: tuple[dict[str, Any], dict[str, Any]], some: list[dict[str, Any]]
) -> None:
    short, long = (rule_text({"s": selection}, "s") for selection in both)
    lists = sigma.placeholders_of(yaml.safe_dump(LISTS), "placeholders.yml")
    rules, refused = sigma.read_folder([sigma.RuleFile("rule0", "generated.yml", short)], lists)
    assert refused == []
    matcher = sigma.compile(rules)
    for event in some:
        compare(matcher, [("rule0", parsed_by_pysigma(long))], event)

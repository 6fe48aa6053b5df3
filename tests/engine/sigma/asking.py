"""Short questions to a rule: every answer is given twice, by the engine and by the slow evaluator, and must agree."""

from typing import Any

import yaml
from sigma.collection import SigmaCollection
from sigma.rule import SigmaRule
from tests.engine.sigma import slow

from stanch.engine import sigma
from stanch.engine.fields import RecordFields

Selections = dict[str, Any]


def rule_text(selections: Selections, condition: str | list[str] = "selection", **more: Any) -> str:
    """A whole rule file around some selections."""
    return yaml.safe_dump(
        {
            "title": "A test",
            "logsource": {"product": "aws", "service": "cloudtrail"},
            "detection": {**selections, "condition": condition},
            **more,
        },
        allow_unicode=True,
        sort_keys=False,
    )


def key(event: dict[str, Any], field: str) -> str:
    """What dispatch is told of a record: the field as a string, else ""."""
    value = event.get(field)
    return value if isinstance(value, str) else ""


def matched(matcher: sigma.Matcher, event: dict[str, Any]) -> list[sigma.Rule]:
    return matcher.match(key(event, "eventSource"), key(event, "eventName"), RecordFields(event))


def parsed_by_pysigma(text: str) -> SigmaRule:
    (rule,) = [rule for rule in SigmaCollection.from_yaml(text).rules if isinstance(rule, SigmaRule)]
    return rule


def accepted(drawn: tuple[Selections, str]) -> str | None:
    """The rule's text, unless the engine refuses it: what is refused is never evaluated wrongly."""
    text = rule_text(*drawn)
    try:
        sigma.read_rules(text, "generated.yml", "rule")
    except sigma.RuleError:
        return None
    return text


def fires(selections: Selections, event: dict[str, Any], condition: str | list[str] = "selection") -> bool:
    """Whether a rule of these selections matches the event."""
    text = rule_text(selections, condition)
    fast = bool(matched(sigma.compile(sigma.read_rules(text, "test.yml", "test")), event))
    assert fast == slow.matches(parsed_by_pysigma(text), event), "the engine and the slow evaluator disagree"
    return fast


def selects(selection: Any, event: dict[str, Any]) -> bool:
    """Whether one selection matches the event."""
    return fires({"selection": selection}, event)

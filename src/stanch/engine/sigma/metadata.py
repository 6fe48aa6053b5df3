"""What a rule says of itself: Sigma's own level and tags, and stanch's words in the top-level mapping `stanch`.

stanch:
  confidence: 0.9                 # 0 to 1: how sure a match is evil; without it, by level
  playbook: stolen_credentials    # the playbook that answers it
  by_hand: narrow the trust       # what a person must still do after that playbook
  techniques: ["attack:T1530@19", "atlas:AML.T0025@5.6"]
"""

import re
from collections.abc import Mapping
from typing import Any

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule, SigmaRuleTag

from stanch.contracts.detection import Detection
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

UNVERSIONED = "unversioned"
"""The version of a technique that a tag names: Sigma's tags carry none."""

CONFIDENCE = {
    Severity.INFORMATIONAL: 0.2,
    Severity.LOW: 0.35,
    Severity.MEDIUM: 0.5,
    Severity.HIGH: 0.7,
    Severity.CRITICAL: 0.85,
}
"""How sure a rule is that does not say so: never enough to act on by itself (0.9)."""

_KEYS = ("confidence", "playbook", "by_hand", "techniques")
_TECHNIQUE = re.compile(r"(?P<framework>attack|atlas):(?P<id>[A-Z0-9][A-Z0-9.]*)@(?P<version>[0-9][0-9.]*)")
_ATTACK_TAG = re.compile(r"t[0-9]{4}(?:\.[0-9]{3})?")
_ATLAS_TAG = re.compile(r"aml\.t[0-9]{4}(?:\.[0-9]{3})?")
_PLAYBOOK = re.compile(r"[a-z0-9][a-z0-9_/]*")


class MetadataError(ValueError):
    """The mapping `stanch` says something that cannot be meant; the message says what is allowed."""


def detection_of(rule: SigmaRule | SigmaCorrelationRule, id: str) -> Detection:  # noqa: A002 - the domain's word
    """The detection a rule is; raises MetadataError."""
    own = rule.custom_attributes.get("stanch") or {}
    if not isinstance(own, Mapping):
        raise MetadataError(f"`stanch` must be a mapping of {', '.join(_KEYS)}")
    unknown = [str(key) for key in own if key not in _KEYS]
    if unknown:
        raise MetadataError(f"`stanch` has unknown {', '.join(unknown)}; allowed are {', '.join(_KEYS)}")
    severity = Severity.of(str(rule.level)) if rule.level is not None else Severity.MEDIUM
    return Detection(
        id=id,
        title=rule.title,
        severity=severity,
        confidence=_confidence(own, severity),
        techniques=_techniques(own, rule.tags),
        playbook=_playbook(own),
        by_hand=_by_hand(own),
    )


def _confidence(own: Mapping[str, Any], severity: Severity) -> float:
    given = own.get("confidence")
    if given is None:
        return CONFIDENCE[severity]
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise MetadataError(f"`confidence` is {given!r}; it must be a number from 0 to 1")
    return float(given)


def _playbook(own: Mapping[str, Any]) -> str | None:
    given = own.get("playbook")
    if given is None:
        return None
    if not isinstance(given, str) or not _PLAYBOOK.fullmatch(given):
        raise MetadataError(f"`playbook` is {given!r}; it must be a playbook's id, as in stolen_credentials")
    return given


def _by_hand(own: Mapping[str, Any]) -> str | None:
    given = own.get("by_hand")
    if given is not None and not isinstance(given, str):
        raise MetadataError(f"`by_hand` is {given!r}; it must be what a person must still do, in words")
    return given


def _techniques(own: Mapping[str, Any], tags: list[SigmaRuleTag]) -> tuple[Technique, ...]:
    given = own.get("techniques")
    if given is None:
        return tuple(technique for tag in tags if (technique := _tagged(tag)) is not None)
    if not isinstance(given, list):
        raise MetadataError('`techniques` must be a list, as in ["attack:T1530@19"]')
    return tuple(_technique(each) for each in given)


def _technique(given: Any) -> Technique:
    found = _TECHNIQUE.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise MetadataError(f"technique {given!r} must be framework:id@version, as in attack:T1530@19")
    return Technique(found["framework"], found["id"], found["version"])


def _tagged(tag: SigmaRuleTag) -> Technique | None:
    name = tag.name.lower()
    if tag.namespace == "attack" and _ATTACK_TAG.fullmatch(name):
        return Technique("attack", name.upper(), UNVERSIONED)
    if tag.namespace == "atlas" and _ATLAS_TAG.fullmatch(name):
        return Technique("atlas", name.upper(), UNVERSIONED)
    return None

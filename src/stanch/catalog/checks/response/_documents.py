"""An Automation document runs its steps in their order, unless one names another; `aws:approve` waits a week by itself.

Systems Manager Automation runbook reference, "aws:approve", "aws:pause", "aws:sleep" and "aws:branch".
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from stanch.catalog.checks._things import mapped, mappings
from stanch.catalog.checks.response._steps import A_YEAR, ISOLATING, RESPONSE, Playbook, Step, isolates

_A_WEEK = 7 * 86400
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_CALLS_BY_NAME = ("aws:executeAutomation", "aws:executeScript", "aws:invokeLambdaFunction", "aws:runCommand")
_LONGEST = 1 << 17


def playbook_of(name: str, content: object) -> Playbook | None:
    """The steps of an Automation document; None for a document of another kind, and for what nobody can read."""
    told = mapped(_read(content) if isinstance(content, str) else content)
    steps = mappings(told.get("mainSteps"))
    if not steps:
        return None
    answers = bool(RESPONSE.search(f"{name} {told.get('description', '')}"))
    names = [str(step.get("name")) for step in steps]
    following = [*names[1:], ""]
    found = {name: _step(name, step, after, answers) for name, step, after in zip(names, steps, following, strict=True)}
    return Playbook(names[0], found)


def _read(text: str) -> Any:
    try:
        return yaml.safe_load(text) if len(text) < _LONGEST else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _step(name: str, told: Mapping[str, Any], after: str, answers: bool) -> Step:
    action, inputs = str(told.get("action")), mapped(told.get("inputs"))
    waits, person = _waiting(action, told, inputs)
    return Step(name, _nexts(action, told, inputs, after), waits, person, _isolates(name, action, inputs, answers))


def _nexts(action: str, told: Mapping[str, Any], inputs: Mapping[str, Any], after: str) -> tuple[str, ...]:
    named = [told.get("nextStep")]
    if action == "aws:branch":
        named += [one.get("NextStep") for one in mappings(inputs.get("Choices"))] + [inputs.get("Default")]
    failing = str(told.get("onFailure")).removeprefix("step:")
    found = [one for one in named if isinstance(one, str)]
    if not found and told.get("isEnd") not in (True, "true"):
        found = [after]
    return (*found, *([failing] if str(told.get("onFailure")).startswith("step:") else []))


def _waiting(action: str, told: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[int, bool]:
    limit = told.get("timeoutSeconds")
    seconds = int(limit) if isinstance(limit, int | str) and str(limit).isdecimal() and len(str(limit)) < 9 else None
    if action == "aws:approve":
        return _A_WEEK if seconds is None else seconds, True
    if action == "aws:pause":
        return A_YEAR if seconds is None else seconds, True
    found = _DURATION.fullmatch(str(inputs.get("Duration"))) if action == "aws:sleep" else None
    if found is None:
        return 0, False
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return min(A_YEAR, ((days * 24 + hours) * 60 + minutes) * 60 + rest), False


def _isolates(name: str, action: str, inputs: Mapping[str, Any], answers: bool) -> bool:
    if action == "aws:executeAwsApi":
        return isolates(f"{inputs.get('Service')}:{inputs.get('Api')}", in_response=answers)
    if action == "aws:changeInstanceState":
        return answers and inputs.get("DesiredState") in ("stopped", "terminated")
    called = f"{name} {inputs.get('DocumentName', '')} {inputs.get('FunctionName', '')}"
    return action in _CALLS_BY_NAME and bool(ISOLATING.search(called))

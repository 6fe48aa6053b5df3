"""No emulator refuses a wrong transition: the definition is linted, and the linter itself is tried on broken ones."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from stanch.responder.handler import _CASE
from tests.responder.asl import faults
from tests.responder.deployed import ASL

TEXT = ASL.read_text(encoding="utf-8")
MACHINE: dict[str, Any] = json.loads(TEXT)
SUBSTITUTIONS = {"ConsistencySeconds", "Invoke", "InvokeAndWait", "Publish", "ResponderFunction", "Topic"}


def edited(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    machine = copy.deepcopy(MACHINE)
    edit(machine["States"] | {"": machine})
    return machine


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "a start that is not there": lambda s: s[""].update(StartAt="Nowhere"),
    "a catch that leads nowhere": lambda s: s["Plan"]["Catch"][0].update(Next="Nowhere"),
    "a next state that is not there": lambda s: s["Plan"].update(Next="Nowhere"),
    "a default that is not there": lambda s: s["Waiting?"].update(Default="Nowhere"),
    "a state without a catch": lambda s: s["Settle"].pop("Catch"),
    "a step without a catch": lambda s: steps_of(s).pop("Catch"),
    "a retry without jitter": lambda s: s["Plan"]["Retry"][0].pop("JitterStrategy"),
    "a task that may hang": lambda s: s["Ask"].pop("TimeoutSecondsPath"),
    "a state with no way on": lambda s: s["Notify"].pop("Next"),
}


def steps_of(states: dict[str, Any]) -> dict[str, Any]:
    groups = states["Act"]["ItemProcessor"]["States"]["Groups"]
    step: dict[str, Any] = groups["ItemProcessor"]["States"]["Steps"]["ItemProcessor"]["States"]["Step"]
    return step


def test_the_workflow_has_no_fault() -> None:
    assert list(faults(MACHINE)) == []


@pytest.mark.parametrize("name", BROKEN)
def test_the_lint_finds(name: str) -> None:
    assert list(faults(edited(BROKEN[name])))


def linted(machine: dict[str, Any]) -> set[str]:
    from cfnlint.api import lint  # type: ignore[import-untyped]  # it takes long to import

    given = dict.fromkeys(SUBSTITUTIONS, "arn:aws:states:::x")
    role = "arn:aws:iam::111122223333:role/x"
    properties = {"RoleArn": role, "Definition": machine, "DefinitionSubstitutions": given}
    template = {"Resources": {"W": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    found = lint(json.dumps(template), regions=["eu-central-1"])
    return {f"{match.rule.id}: {match.message}" for match in found}


def test_cfn_lint_accepts_its_shape_and_refuses_a_broken_one() -> None:
    assert linted(MACHINE) == set()
    assert any(one.startswith("E3601") for one in linted(edited(BROKEN["a start that is not there"])))
    assert any(one.startswith("E3601") for one in linted(edited(lambda s: s["Plan"]["Catch"][0].pop("ErrorEquals"))))


def test_the_language_is_that_of_step_functions() -> None:
    filled = re.sub(r"\$\{(Invoke|InvokeAndWait|Publish)\}", "arn:aws:states:::lambda:invoke", TEXT)
    AmazonStateLanguageParser.parse(filled)


def test_it_names_only_the_substitutions_that_the_template_gives() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == SUBSTITUTIONS


def test_it_builds_no_arn_for_one_partition() -> None:
    assert "arn:" not in TEXT


def test_every_verb_that_it_calls_is_one_of_the_function() -> None:
    called = set(re.findall(r'"verb": "(\w+)"', TEXT))
    assert called == {*_CASE, "ask", "step", "triage"}

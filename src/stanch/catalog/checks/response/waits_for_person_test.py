"""Edges of the check `response/waits_for_person`."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.posturing import ACCOUNT, posture, verdicts
from tests.trusting import thing

from stanch.catalog.checks.response import _documents, _machines
from stanch.catalog.checks.response._steps import Playbook, Step, quickest
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

HERE = f"eu-central-1:{ACCOUNT}"
HIDDEN = {"$unseen": "any:Call: AccessDenied"}
MACHINE, DOCUMENT = f"arn:aws:states:{HERE}:stateMachine:m", f"arn:aws:ssm:{HERE}:document/d"
ISOLATE = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ec2:modifyNetworkInterfaceAttribute", "End": True}
ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sns:publish.waitForTaskToken",
    "TimeoutSeconds": 1800,
    "Next": "Isolate",
}


def machine(states: Any, start: str = "Ask", name: str = "m", **more: Any) -> dict[str, Any]:
    definition = {"StartAt": start, "States": states, **more}
    return thing("stepfunctions/state-machine", MACHINE, {"name": name, "definition": definition})


def said(line: Any) -> Any:
    found = verdicts("response/waits_for_person", posture([line]))
    return found[0] if found else None


def test_the_minutes_are_those_that_the_question_may_stand() -> None:
    verdict = said(machine({"Ask": ASK, "Isolate": ISOLATE}))
    assert (verdict.ruling, verdict.severity) == (Ruling.FAIL, Severity.LOW)
    assert "Ask waits for a person, up to 30 minutes, before Isolate" in verdict.why
    assert "10 minutes" in said(machine({"Ask": {**ASK, "HeartbeatSeconds": 600}, "Isolate": ISOLATE})).why
    forever = {key: value for key, value in ASK.items() if key != "TimeoutSeconds"}
    assert "up to a year" in said(machine({"Ask": forever, "Isolate": ISOLATE})).why


def test_a_way_without_asking_is_enough() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.grave", "BooleanEquals": True, "Next": "Isolate"}],
        "Default": "Ask",
    }
    states = {"Grave": choice, "Ask": ASK, "Isolate": ISOLATE}
    assert said(machine(states, "Grave")).ruling is Ruling.PASS
    assert said(machine({**states, "Grave": {**choice, "Choices": []}}, "Grave")).ruling is Ruling.FAIL


@pytest.mark.parametrize(
    ("states", "ruling"),
    [
        ({"Ask": {"Type": "Wait", "Seconds": 300, "Next": "Isolate"}, "Isolate": ISOLATE}, Ruling.PASS),
        ({"Ask": {"Type": "Wait", "Seconds": 301, "Next": "Isolate"}, "Isolate": ISOLATE}, Ruling.FAIL),
        (
            {"Ask": {**ASK, "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}, "Isolate": ISOLATE},
            Ruling.FAIL,
        ),
        ({"Ask": {**ASK, "Resource": f"arn:aws:states:{HERE}:activity:approval"}, "Isolate": ISOLATE}, Ruling.FAIL),
        ({"Ask": {**ASK, "Resource": "arn:aws:states:::sns:publish"}, "Isolate": ISOLATE}, Ruling.PASS),
        ({"Ask": {**ASK, "Next": "Gone"}, "Isolate": ISOLATE}, None),
        ({"Ask": {**ASK, "Next": "End"}, "End": {"Type": "Succeed"}}, None),
        ({"Ask": {**ASK, "Next": "Ask"}}, None),
        ({"Ask": 7}, None),
        ({}, None),
    ],
)
def test_what_counts_as_waiting(states: Any, ruling: Ruling | None) -> None:
    verdict = said(machine(states))
    assert (verdict.ruling if verdict else None) is ruling


def test_a_callback_of_a_machine_is_no_person() -> None:
    scan = {**ASK, "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken", "TimeoutSeconds": 60, "Next": "Isolate"}
    assert said(machine({"Scan": scan, "Isolate": ISOLATE}, "Scan")).ruling is Ruling.PASS


@pytest.mark.parametrize(
    ("name", "state", "isolates"),
    [
        ("Quarantine", {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}, True),
        ("Go", {"Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "isolate-host"}}, True),
        ("Go", {"Resource": f"arn:aws:lambda:{HERE}:function:revoke-sessions"}, True),
        ("Build", {"Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"FunctionName": "container"}}, False),
        ("Go", {"Resource": "arn:aws:states:::aws-sdk:iam:updateAccessKey"}, True),
        ("Stop", {"Resource": "arn:aws:states:::aws-sdk:ec2:stopInstances"}, False),
        (
            "Go",
            {
                "Resource": "arn:aws:states:::aws-sdk:ssm:startAutomationExecution",
                "Parameters": {"DocumentName": "Contain-Host"},
            },
            True,
        ),
    ],
)
def test_what_counts_as_isolating(name: str, state: Any, isolates: bool) -> None:
    book = _machines.playbook_of("nightly", {"StartAt": name, "States": {name: {"Type": "Task", "End": True, **state}}})
    assert book is not None
    assert (quickest(book) is not None) is isolates


def test_daily_work_isolates_only_in_a_playbook_for_incidents() -> None:
    stop = {"Stop": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ec2:stopInstances", "End": True}}
    assert said(machine(stop, "Stop", "nightly-savings")) is None
    assert said(machine(stop, "Stop", "incident-response")).ruling is Ruling.PASS


def test_branches_and_maps_are_part_of_the_way() -> None:
    inner = {"StartAt": "Isolate", "States": {"Isolate": ISOLATE}}
    parallel = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "Ask", "States": {"Ask": {**ASK, "Next": "Isolate"}, "Isolate": ISOLATE}}],
    }
    assert said(machine({"All": {**parallel, "End": True}}, "All")).ruling is Ruling.FAIL
    assert said(machine({"All": {**parallel, "Branches": [inner], "End": True}}, "All")).ruling is Ruling.PASS
    asks = {"StartAt": "Ask", "States": {"Ask": {**ASK, "Next": None, "End": True}}}
    after = {"Each": {"Type": "Map", "ItemProcessor": asks, "Next": "Isolate"}, "Isolate": ISOLATE}
    assert said(machine(after, "Each")).ruling is Ruling.PASS, "a map may have nothing to go through"


def steps(*told: Any, **content: Any) -> dict[str, Any]:
    return thing(
        "ssm/document", DOCUMENT, {"Name": "d", "Content": {"schemaVersion": "0.3", "mainSteps": list(told), **content}}
    )


APPROVE = {"name": "Approve", "action": "aws:approve", "inputs": {}}
CUT = {
    "name": "Cut",
    "action": "aws:executeAwsApi",
    "inputs": {"Service": "ec2", "Api": "ModifyNetworkInterfaceAttribute"},
}


@pytest.mark.parametrize(
    ("told", "ruling"),
    [
        ([APPROVE, CUT], Ruling.FAIL),
        ([CUT, APPROVE], Ruling.PASS),
        ([{**APPROVE, "isEnd": True}, CUT], None),
        (
            [
                {
                    "name": "Pick",
                    "action": "aws:branch",
                    "inputs": {"Choices": [{"NextStep": "Approve"}], "Default": "Cut"},
                },
                APPROVE,
                CUT,
            ],
            Ruling.PASS,
        ),
        (
            [{"name": "Pick", "action": "aws:branch", "inputs": {"Choices": [{"NextStep": "Approve"}]}}, APPROVE, CUT],
            Ruling.FAIL,
        ),
        (
            [
                {"name": "Try", "action": "aws:runCommand", "nextStep": "End", "onFailure": "step:Cut"},
                {"name": "End", "isEnd": True},
                CUT,
            ],
            Ruling.PASS,
        ),
        ([{"name": "Pause", "action": "aws:pause"}, CUT], Ruling.FAIL),
        ([{"name": "Sleep", "action": "aws:sleep", "inputs": {"Duration": "PT10M"}}, CUT], Ruling.FAIL),
        ([{"name": "Sleep", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}, CUT], Ruling.PASS),
        (
            [
                {
                    "name": "Run",
                    "action": "aws:executeAutomation",
                    "inputs": {"DocumentName": "AWSSupport-ContainEC2Instance"},
                }
            ],
            Ruling.PASS,
        ),
        (
            [{"name": "Run", "action": "aws:executeAwsApi", "inputs": {"Service": "ec2", "Api": "DescribeInstances"}}],
            None,
        ),
    ],
)
def test_documents_wait_too(told: Any, ruling: Ruling | None) -> None:
    verdict = said(steps(*told))
    assert (verdict.ruling if verdict else None) is ruling


def test_a_document_in_yaml_is_read_and_a_broken_one_is_none() -> None:
    text = """\
schemaVersion: '0.3'
mainSteps:
- {name: A, action: 'aws:approve', timeoutSeconds: 600}
- {name: B, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: modify_network_interface_attribute}}
"""
    verdict = said(thing("ssm/document", DOCUMENT, {"Name": "d", "Content": text}))
    assert "A waits for a person, up to 10 minutes, before B" in verdict.why
    for odd in ("{", "a: &a [*a]", "- - -", "!!python/object:os.system x", "[" * 5000):
        assert said(thing("ssm/document", DOCUMENT, {"Name": "d", "Content": odd})) is None


def test_what_was_not_seen_is_unknown() -> None:
    assert said(thing("ssm/document", DOCUMENT, {"Name": "d", "Content": HIDDEN})).ruling is Ruling.UNKNOWN
    assert said(thing("stepfunctions/state-machine", MACHINE, HIDDEN)).ruling is Ruling.UNKNOWN


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 50)), max_size=20),
    st.sets(st.integers(0, 6)),
)
def test_the_quickest_way_waits_no_longer_than_any_other(edges: Any, ends: Any) -> None:
    nexts: dict[str, list[str]] = {str(n): [] for n in range(7)}
    waits = {str(n): 0 for n in range(7)}
    for one, other, seconds in edges:
        nexts[str(one)].append(str(other))
        waits[str(one)] = seconds
    book = Playbook("0", {n: Step(n, tuple(nexts[n]), waits[n], isolates=int(n) in ends) for n in nexts})
    best = {"0": 0}
    for _ in range(7):
        for n in list(best):
            for other in nexts[n] if int(n) not in ends else ():
                best[other] = min(best.get(other, 10**9), best[n] + waits[n])
    shortest = min((best[str(n)] for n in ends if str(n) in best), default=None)
    way = quickest(book)
    assert (way.seconds if way else None) == shortest


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ("StartAt", "States", "Type", "Next", "Branches", "mainSteps", "inputs", "name", "action")
                ),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_any_definition_is_read_or_is_none(value: Any) -> None:
    for made in (_machines.playbook_of("m", {"StartAt": "a", "States": value}), _documents.playbook_of("d", value),
                 _documents.playbook_of("d", {"mainSteps": value})):  # fmt: skip
        way = quickest(made) if made else None
        assert way is None or way.steps[-1].isolates

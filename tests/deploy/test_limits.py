"""What AWS would refuse at deployment is told before, with its place."""

import json
from typing import Any

import pytest

from stanch.deploy import limits
from stanch.deploy.fill import FOLDER
from stanch.deploy.render import Rendered
from stanch.deploy.workflow import dead_ends

POLICY = """
Resources:
  {name}:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: x
      PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: [{actions}], Resource: "*"}}]}}
"""


def told(**files: str) -> list[str]:
    return [str(fault) for fault in limits.faults({name.replace("_", "."): text for name, text in files.items()})]


def test_a_policy_that_is_too_long_is_told_with_its_length() -> None:
    actions = ", ".join(f"'iam:Action{number:05}'" for number in range(400))
    (fault,) = told(a_yaml=POLICY.format(name="Wide", actions=actions))
    assert fault.startswith("a.yaml: Wide.PolicyDocument: ")
    assert fault.endswith("AWS takes 6144")


def test_ten_policies_are_attached_to_a_role_and_no_more() -> None:
    one = POLICY.format(name="P0", actions="'s3:ListBucket'")
    rest = "".join(
        POLICY.format(name=f"P{number}", actions="'s3:ListBucket'").replace("\nResources:", "")
        for number in range(1, 11)
    )
    assert told(a_yaml=one + rest) == ["a.yaml: Resources: 11 managed policies on one role: AWS takes 10"]


def test_a_partition_written_out_is_told() -> None:
    text = 'Resources:\n  A: {Type: "AWS::SNS::Topic", Properties: {TopicName: "arn:aws-cn:sns:::x"}}\n'
    assert told(a_yaml=text) == ["a.yaml: names one partition: arn:aws-cn:..."]


def test_a_parameter_that_the_template_does_not_take_is_told(rendered: Rendered) -> None:
    files = dict(rendered.files)
    given = [*json.loads(files["foundation.prod.json"]), {"ParameterKey": "NoSuch", "ParameterValue": "1"}]
    given = [{**one, "ParameterValue": "sometimes"} if one["ParameterKey"] == "TrailKind" else one for one in given]
    files["foundation.prod.json"] = json.dumps(given)
    assert [fault.where for fault in limits.faults(files)] == ["TrailKind", "NoSuch"]


@pytest.mark.parametrize(("length", "faults"), [(limits.LONGEST_PATTERN - 20, 0), (limits.LONGEST_PATTERN + 1, 1)])
def test_an_event_pattern_has_an_end(length: int, faults: int) -> None:
    pattern = f'{{EventPattern: {{source: ["{"x" * length}"]}}}}'
    text = f'Resources:\n  R: {{Type: "AWS::Events::Rule", Properties: {pattern}}}\n'
    assert len(told(a_yaml=text)) == faults


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("StartAt",), "StartAt"),
        (("States", "Triage", "Catch", 0, "Next"), "Triage.Catch[0]"),
        (("States", "Triage", "Next"), "Triage.Next"),
        (("States", "Contain?", "Choices", 0, "Next"), "Contain?.Choices[0]"),
        (("States", "Contain?", "Default"), "Contain?.Default"),
    ],
)
def test_a_workflow_that_leads_nowhere_is_told_with_the_place(path: tuple[str | int, ...], place: str) -> None:
    machine = json.loads((FOLDER / "workflow.asl.json").read_text(encoding="utf-8"))
    assert list(dead_ends(machine)) == []
    *above, last = path
    node: Any = machine
    for key in above:
        node = node[key]
    node[last] = "NoSuchState"
    assert (place, "there is no state 'NoSuchState'") in list(dead_ends(machine))


def test_a_state_that_nothing_leads_to_is_told() -> None:
    inner = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": inner, "End": True}}}
    assert list(dead_ends(machine)) == [("M.B", "no state leads here")]

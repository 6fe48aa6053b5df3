"""AWS refuses what is too long at the moment of deployment; what can be counted is counted before.

The quotas are those of the services' user guides; each is a constant here, beside what it bounds or in its own module.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.deploy import freeze, privileges, selectors
from stanch.deploy.reading import parsed
from stanch.deploy.workflow import dead_ends

INLINE_BYTES = 51_200
"""A template handed over in the call itself."""
LARGEST_BYTES = 1_000_000
"""A template in S3."""
MOST_RESOURCES = 500
MOST_PARAMETERS = 200
LONGEST_PATTERN = 2048
"""Characters of an event pattern."""
LARGEST_WORKFLOW = 1_048_576
"""Bytes of a state machine's definition."""
_NAMES = {"RoleName": 64, "ManagedPolicyName": 128, "TrailName": 128, "AnalyzerName": 255, "BucketName": 63}
_PARTITION = re.compile(r"arn:aws[a-z-]*:")


@dataclass(frozen=True, slots=True)
class Fault:
    """What AWS would refuse: in which file, where, and why."""

    file: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {f'{self.where}: ' if self.where else ''}{self.what}"


def faults(files: Mapping[str, str]) -> list[Fault]:
    """All that is too long, misses or names one partition, in rendered files by name."""
    found: list[Fault] = []
    templates = {name: parsed(text) for name, text in files.items() if name.endswith(".yaml")}
    for name, text in files.items():
        found += [Fault(name, "", what) for what in _of_text(name, text)]
    for name, data in templates.items():
        found += [Fault(name, where, what) for where, what in _of_template(data)]
    for name, text in files.items():
        template = templates.get(name.split(".")[0] + ".yaml")
        if template and name.endswith(".json"):
            found += [Fault(name, where, what) for where, what in _of_parameters(json.loads(text), template)]
    return found


def asked(template: Mapping[str, Any], given: Iterable[str]) -> list[str]:
    """The parameters that a person must give: no default, and not in the parameter file."""
    known = set(given)
    return [
        name for name, told in template.get("Parameters", {}).items() if "Default" not in told and name not in known
    ]


def too_large_to_send(files: Mapping[str, str]) -> list[str]:
    """The templates that must lie in S3 to be deployed."""
    return [name for name, text in files.items() if name.endswith(".yaml") and len(text.encode()) > INLINE_BYTES]


def _of_text(name: str, text: str) -> Iterator[str]:
    if name.endswith(".yaml"):
        if len(text.encode()) > LARGEST_BYTES:
            yield f"{len(text.encode())} bytes: CloudFormation takes {LARGEST_BYTES}"
        if "!Filled" in text:
            yield "a place was not filled"
    literal = _PARTITION.search(text)
    if literal:
        yield f"names one partition: {literal[0]}..."


def _of_template(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    resources = template["Resources"]
    yield from _more("Resources", len(resources), MOST_RESOURCES, "resources")
    yield from _more("Parameters", len(template.get("Parameters", {})), MOST_PARAMETERS, "parameters")
    policies = [name for name, one in resources.items() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    yield from _more("Resources", len(policies), privileges.MOST_POLICIES, "managed policies on one role")
    for name, resource in resources.items():
        for where, what in _of_resource(resource["Type"], resource.get("Properties", {})):
            yield f"{name}.{where}", what


def _of_resource(kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, most in _NAMES.items():
        value = properties.get(name)
        text = value.get("Fn::Sub", "") if isinstance(value, dict) else value
        if isinstance(text, str):
            yield from _more(name, len(re.sub(r"\$\{[^}]*\}", "x" * 14, text)), most, "characters")
    if kind == "AWS::IAM::ManagedPolicy":
        length = privileges.size(properties["PolicyDocument"]["Statement"])
        yield from _more("PolicyDocument", length, privileges.MOST_CHARACTERS, "characters")
    elif kind == "AWS::CloudTrail::Trail":
        count = selectors.values_of(properties["AdvancedEventSelectors"])
        yield from _more("AdvancedEventSelectors", count, selectors.MOST_VALUES, "values")
    elif kind == "AWS::Organizations::Policy":
        yield from _more("Content", len(_dense(properties["Content"])), freeze.MOST_CHARACTERS, "characters")
    elif kind == "AWS::Events::Rule":
        yield from _more("EventPattern", len(_dense(properties["EventPattern"])), LONGEST_PATTERN, "characters")
    elif kind == "AWS::StepFunctions::StateMachine":
        yield from _more("Definition", len(_dense(properties["Definition"]).encode()), LARGEST_WORKFLOW, "bytes")
        yield from ((f"Definition.{where}", what) for where, what in dead_ends(properties["Definition"]))


def _of_parameters(given: list[dict[str, str]], template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    declared = template.get("Parameters", {})
    for one in given:
        name, value = one["ParameterKey"], one["ParameterValue"]
        if name not in declared:
            yield name, "the template has no such parameter"
            continue
        allowed = [str(each) for each in declared[name].get("AllowedValues", [])]
        if allowed and value not in allowed:
            yield name, f"{value} is none of {', '.join(allowed)}"
        pattern = declared[name].get("AllowedPattern")
        if pattern and not re.fullmatch(pattern, value):
            yield name, f"{value} is not as {pattern} asks"


def _more(where: str, count: int, most: int, of: str) -> Iterator[tuple[str, str]]:
    if count > most:
        yield where, f"{count} {of}: AWS takes {most}"


def _dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))

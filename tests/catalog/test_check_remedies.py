"""A remedy is copied into a shell: its operation and its options must be what the AWS CLI knows, its template YAML."""

import functools
import shlex
from collections.abc import Sequence
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name

from stanch import app
from stanch.domain.verdict import Remedy, Ruling
from stanch.engine.shelf import Unit
from tests.catalog import pages
from tests.posturing import posture, verdicts

CHECKS = app.shelf("checks", ".py")
BY_HAND = {"s3", "configure", "cloudtrail validate-logs", "ecr get-login-password", "eks update-kubeconfig"}
"""What the CLI adds of its own to the services' operations."""
GLOBAL = {"--region", "--query", "--output", "--profile", "--cli-input-json"}
ALIASES = {"s3api": "s3"}
RENAMED = {"sns subscribe": {"--notification-endpoint"}, "cloudfront create-invalidation": {"--paths"}}
"""Options that the CLI calls otherwise than the service does, so that they do not hide its own."""


class Template(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, `!Ref` and its like, read as text."""


Template.add_multi_constructor("!", lambda _, suffix, node: f"{suffix} {node.value}")


def read(template: str) -> Any:
    """A template as data."""
    return yaml.load(template, Template)  # noqa: S506 - it is a SafeLoader


@functools.cache
def operations(service: str) -> dict[str, set[str]]:
    """The operations of a service as the CLI spells them, each with its options."""
    model = botocore.session.get_session().get_service_model(ALIASES.get(service, service))
    found: dict[str, set[str]] = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        members: dict[str, Any] = dict(shape.members) if shape else {}
        options = {f"--{xform_name(member, '-')}" for member in members}
        options |= {f"--no-{xform_name(key, '-')}" for key, one in members.items() if one.type_name == "boolean"}
        found[xform_name(name, "-")] = options
    return found


def unknown(command: Sequence[str]) -> list[str]:
    """What of a command the CLI does not know."""
    _, service, verb, *rest = command
    if service in BY_HAND or f"{service} {verb}" in BY_HAND:
        return []
    known = operations(service)
    if verb not in known:
        return [verb]
    options = known[verb] | GLOBAL | RENAMED.get(f"{service} {verb}", set())
    return [word for word in rest if word.startswith("--") and word not in options]


def remedies(unit: Unit) -> list[Remedy]:
    """The remedies of the page's failing example."""
    example = pages.example(pages.sections(unit.page)["Example that fails"])
    found = verdicts(unit.id, posture(example.records, example.estate))
    return [one.remedy for one in found if one.ruling is Ruling.FAIL and one.remedy]


@pytest.mark.parametrize("unit", CHECKS, ids=[unit.id for unit in CHECKS])
def test_every_command_of_a_remedy_is_one_of_the_cli(unit: Unit) -> None:
    for remedy in remedies(unit):
        for command in remedy.commands:
            if command[0] == "aws":
                assert unknown(command) == [], shlex.join(command)


@pytest.mark.parametrize("unit", CHECKS, ids=[unit.id for unit in CHECKS])
def test_the_template_of_a_remedy_is_yaml(unit: Unit) -> None:
    for remedy in remedies(unit):
        assert not remedy.template or isinstance(read(remedy.template), dict), remedy.template

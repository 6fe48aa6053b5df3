"""A CloudFormation template is YAML that people review: filling it must keep its comments and trust no value.

A template names what the estate says by `key: !Filled name` and, for entries of a mapping, by `<<: !Filled name`. Both
are replaced by YAML that a serialiser wrote, so no name in an estate can become structure.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

_PLACE = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z0-9_<]+): !Filled (?P<name>[a-z_]+)$", re.MULTILINE)
_SHORT = {"Fn::GetAtt", "Fn::Sub", "Ref"}
_WIDTH = 118
FOLDER = files("stanch.deploy")


class UnfilledError(Exception):
    """A template names a value that nobody gave, or a value was given that no template names: a defect of ours."""


class _Dumper(yaml.SafeDumper):
    """Lists stand below their key's indent, and nothing is written as an anchor."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists, as people do."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        """An alias would be a place to look up."""
        return True


def _mapping(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    """A reference in the short form that people write: `!Sub`, `!Ref`, `!GetAtt`."""
    if len(value) == 1:
        ((name, of),) = value.items()
        if name == "Fn::GetAtt":
            of = ".".join(of)
        if name in _SHORT and isinstance(of, str):
            return dumper.represent_scalar("!" + name.removeprefix("Fn::"), of)
    return dumper.represent_dict(value)


_Dumper.add_representer(dict, _mapping)


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with each place filled. Raises UnfilledError unless names and values are the same set."""
    named = {match["name"] for match in _PLACE.finditer(template)}
    if named != set(values):
        raise UnfilledError(f"named and not given: {named - set(values)}; given and not named: {set(values) - named}")
    return _PLACE.sub(lambda match: _place(match["indent"], match["key"], values[match["name"]]), template)


def template(name: str) -> str:
    """The text of one of the package's templates, as it lies there."""
    return (FOLDER / "templates" / f"{name}.yaml").read_text(encoding="utf-8")


def literal(text: str) -> str:
    """The text as `Fn::Sub` must read it to give it back unchanged."""
    return text.replace("${", "${!")


def _place(indent: str, key: str, value: Any) -> str:
    whole = value if key == "<<" else {key: value}
    if not whole:  # no entries to merge
        return f"{indent}# (none)"
    text = yaml.dump(whole, Dumper=_Dumper, sort_keys=False, width=_WIDTH - len(indent))
    return "\n".join(indent + line if line else line for line in text.rstrip("\n").split("\n"))

"""CloudFormation's YAML has tags of its own (`!Ref`, `!Sub`); read as data they are the functions they stand for."""

from typing import Any

import yaml

_BARE = {"Ref", "Condition"}


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with CloudFormation's tags."""


def parsed(text: str) -> Any:
    """A template as data, short tags in their long form; raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with more tags


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in _BARE else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the third kind of node
    return {name: value}


_Loader.add_multi_constructor("!", _function)
# A version in a policy is a string, and PyYAML would read 2012-10-17 as a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

"""A template as CloudFormation would resolve it: references, substitutions and conditions, nothing else."""

import json
import re
from collections.abc import Mapping
from typing import Any

from stanch.deploy.reading import parsed
from stanch.deploy.render import Rendered

ACCOUNT = "111122223333"
REGION = "eu-central-1"
_NOTHING = object()


def template(rendered: Rendered, name: str, **given: str) -> dict[str, Any]:
    """The resources of one template under the parameters of prod and those given."""
    whole = parsed(rendered.files[f"{name}.yaml"])
    values = {key: str(told["Default"]) for key, told in whole["Parameters"].items() if "Default" in told}
    listed = json.loads(rendered.files[f"{name}.prod.json"])
    values |= {one["ParameterKey"]: one["ParameterValue"] for one in listed} | given
    values |= {
        "AWS::Partition": "aws",
        "AWS::AccountId": ACCOUNT,
        "AWS::Region": REGION,
        "AWS::StackName": f"stanch-{name}",
    }
    resolver = _Resolver(values, whole.get("Conditions", {}))
    kept = {
        key: one
        for key, one in whole["Resources"].items()
        if "Condition" not in one or resolver.holds(one["Condition"])
    }
    found: dict[str, Any] = resolver.resolve(kept)
    return found


class _Resolver:
    def __init__(self, values: Mapping[str, str], conditions: Mapping[str, Any]) -> None:
        self._values = values
        self._conditions = conditions

    def holds(self, name: str) -> bool:
        return bool(self._condition(self._conditions[name]))

    def _condition(self, node: Any) -> bool:
        ((kind, of),) = node.items()
        if kind == "Condition":
            return self.holds(of)
        if kind == "Fn::Equals":
            left, right = (self.resolve(each) for each in of)
            return bool(left == right)
        if kind == "Fn::Not":
            return not self._condition(of[0])
        parts = [self._condition(each) for each in of]
        return all(parts) if kind == "Fn::And" else any(parts)

    def resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [one for one in map(self.resolve, node) if one is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((kind, of),) = node.items()
            if kind == "Ref":
                return _NOTHING if of == "AWS::NoValue" else self._values.get(of, f"<{of}>")
            if kind == "Fn::GetAtt":
                return f"<{'.'.join(of)}>"
            if kind == "Fn::If":
                return self.resolve(of[1] if self.holds(of[0]) else of[2])
            if kind == "Fn::Sub":
                return self._substituted(of)
        pairs = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in pairs.items() if value is not _NOTHING}

    def _substituted(self, of: Any) -> str:
        text, more = (of[0], self.resolve(of[1])) if isinstance(of, list) else (of, {})
        known = {**self._values, **more}
        found = re.sub(r"\$\{([^!}][^}]*)\}", lambda match: known.get(match[1], f"<{match[1]}>"), text)
        return found.replace("${!", "${")

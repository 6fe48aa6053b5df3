"""CloudTrail logs who read an object only where a data event was asked for, and each one costs: the assets, no more.

Reads: the estate's assets and its perimeter.
Blind to: assets that are known by a tag only, and kinds without data events of their own (a host's disk): told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from stanch.deploy.fill import literal
from stanch.domain.estate import Asset, AssetKind, Estate

MOST_VALUES = 500
"""Values of all conditions of one trail's advanced event selectors (CloudTrail quotas)."""
_TYPES = {
    ("lambda", "function"): "AWS::Lambda::Function",
    ("sagemaker", "endpoint"): "AWS::SageMaker::Endpoint",
    ("bedrock", "knowledge-base"): "AWS::Bedrock::KnowledgeBase",
    ("bedrock", "agent-alias"): "AWS::Bedrock::AgentAlias",
    ("bedrock", "guardrail"): "AWS::Bedrock::Guardrail",
    ("dynamodb", "table"): "AWS::DynamoDB::Table",
}
_HOSTS = {AssetKind.INFERENCE_HOST, AssetKind.LOGS}
"""No data events: a host is seen in flow logs; reads of logs would be logged into the logs that are read."""


@dataclass(frozen=True, slots=True)
class Selectors:
    """The trail's advanced event selectors, and the assets whose reads they do not show, each with the reason."""

    events: tuple[dict[str, Any], ...]
    left_out: tuple[str, ...]


def selectors(estate: Estate) -> Selectors:
    """Management events, and the data events of the estate's assets."""
    left_out: list[str] = []
    below: list[str] = []
    exact: list[str] = []
    others: dict[str, list[str]] = {}
    for asset in estate.assets:
        kind = _type(asset)
        if asset.bucket and asset.kind is not AssetKind.LOGS:
            whole = not asset.prefix or asset.prefix.endswith("/")
            (below if whole else exact).append(f"{asset.bucket}/{asset.prefix}")
        elif kind:
            others.setdefault(kind, []).extend(_arns(asset, estate))
        elif asset.kind not in _HOSTS:
            left_out.append(f"{asset.name} ({asset.where}): CloudTrail has no data events that can be bound to it")
    below = _shortest(below)
    exact = [one for one in dict.fromkeys(exact) if not one.startswith(tuple(below))]
    events = [_selector("Management events", "Management")]
    events += _objects("Objects below the assets' prefixes", "StartsWith", below)
    events += _objects("Objects that are assets", "Equals", exact)
    events += [
        _selector(f"Assets of kind {kind}", "Data", kind, "StartsWith", _shortest(arns))
        for kind, arns in sorted(others.items())
    ]
    return Selectors(tuple(events), tuple(left_out))


def values_of(events: Iterable[dict[str, Any]]) -> int:
    """How many values the conditions of these selectors have together, as CloudTrail counts them."""
    fields = (field for event in events for field in event["FieldSelectors"])
    return sum(len(values) for field in fields for name, values in field.items() if name != "Field")


def _objects(name: str, operator: str, paths: list[str]) -> list[dict[str, Any]]:
    arns = [f"arn:${{AWS::Partition}}:s3:::{literal(path)}" for path in paths]
    return [_selector(name, "Data", "AWS::S3::Object", operator, arns)] if arns else []


def _selector(
    name: str, category: str, kind: str | None = None, operator: str = "", arns: Iterable[str] = ()
) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [{"Field": "eventCategory", "Equals": [category]}]
    if kind:
        fields.append({"Field": "resources.type", "Equals": [kind]})
        fields.append({"Field": "resources.ARN", operator: [{"Fn::Sub": arn} for arn in arns]})
    return {"Name": name, "FieldSelectors": fields}


def _type(asset: Asset) -> str | None:
    parts = asset.where.split(":", 5)
    if parts[0] != "arn":
        return None
    word = parts[5].replace("/", ":").split(":")[0]
    return _TYPES.get((parts[2], word))


def _arns(asset: Asset, estate: Estate) -> Iterator[str]:
    """What an ARN pattern begins with, in each account and region of the perimeter that it leaves open."""
    _, _, service, region, account, resource = asset.where.split(":", 5)
    begins = resource.replace("?", "*").split("*")[0]
    regions = estate.perimeter.regions if _open(region) else (region,)
    accounts = estate.perimeter.accounts if _open(account) else (account,)
    for one, owner in product(regions, accounts):
        yield f"arn:${{AWS::Partition}}:{service}:{one}:{owner}:{literal(begins)}"


def _open(part: str) -> bool:
    return "*" in part or "?" in part


def _shortest(prefixes: Iterable[str]) -> list[str]:
    """The prefixes that no other one covers, sorted."""
    kept: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept

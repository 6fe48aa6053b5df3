"""A function is an identity with code: whoever may invoke or rewrite it acts as its role, from wherever it runs.

Blind to: the code, policies of single versions of a function, of all but the latest of a layer, reserved concurrency,
    destinations of asynchronous calls.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.masking import variables

SCOPE = Scope.REGION
PERMISSIONS = (
    "lambda:GetLayerVersionPolicy",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListFunctions",
    "lambda:ListLayers",
)

_NO_POLICY = ("ResourceNotFoundException: The resource you requested does not exist", "ResourceNotFoundException: No ")


def collect(look: Look) -> Iterator[Thing]:
    """Every function with its policies, addresses, aliases and sources of events; layers and who else may use them."""
    account = account_in(look, "lambda")
    listed = look.list("lambda", "ListFunctions", "Functions", of=account)
    sources = _sources(look, account) if items(listed) else {}
    yield from look.each(partial(_function, look, sources), items(listed))
    yield from look.each(partial(_layer, look), items(look.list("lambda", "ListLayers", "Layers", of=account)))


def _sources(look: Look, account: str) -> Any:
    """Event source mappings by the function they feed, without version or alias; or a marker."""
    found = look.list("lambda", "ListEventSourceMappings", "EventSourceMappings", of=account)
    if unseen(found):
        return found
    by_function: dict[str, list[Any]] = {}
    for mapping in found:
        arn = ":".join(str(mapping.get("FunctionArn")).split(":")[:7])
        by_function.setdefault(arn, []).append(mapping)
    return by_function


def _function(look: Look, sources: Any, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["FunctionArn"])
    of_it = {"of": arn, "FunctionName": listed["FunctionName"]}
    policy = look.ask("lambda", "GetPolicy", none=_NO_POLICY, **of_it)
    data = {
        **listed,
        "Environment": _environment(look, arn, listed.get("Environment")),
        "Policy": document(policy),
        "Urls": look.list("lambda", "ListFunctionUrlConfigs", "FunctionUrlConfigs", **of_it),
        "Aliases": _aliases(look, of_it),
        "EventSources": sources if unseen(sources) else sources.get(arn, []),
    }
    return Thing("lambda/function", arn, data)


def _environment(look: Look, arn: str, told: Mapping[str, Any] | None) -> Any:
    """The variables without their values; Lambda lists them only for who may use their key."""
    if told is None:
        return None
    error = told.get("Error")
    if error:
        code, why = str(error.get("ErrorCode")), str(error.get("Message"))
        return look.failed("kms:Decrypt", code, of=arn, why=why)
    return {"Variables": variables(told.get("Variables") or {})}


def _aliases(look: Look, of_it: Mapping[str, Any]) -> Any:
    """Each alias with its policy: it has one of its own, which opens the function as well as the function's does."""
    found = look.list("lambda", "ListAliases", "Aliases", **of_it)
    if unseen(found):
        return found
    told = []
    for alias in found:
        asked = {**of_it, "of": str(alias["AliasArn"]), "Qualifier": alias["Name"]}
        policy = look.ask("lambda", "GetPolicy", none=_NO_POLICY, **asked)
        told.append({**alias, "Policy": document(policy)})
    return told


def _layer(look: Look, listed: Mapping[str, Any]) -> Thing:
    """A layer is code that runs in others' functions; the policy of its latest version says in whose."""
    arn = str(listed["LayerArn"])
    asked = {"of": arn, "LayerName": listed["LayerName"], "VersionNumber": listed["LatestMatchingVersion"]["Version"]}
    policy = look.ask("lambda", "GetLayerVersionPolicy", none=_NO_POLICY, **asked)
    return Thing("lambda/layer", arn, {**listed, "Policy": document(policy)})

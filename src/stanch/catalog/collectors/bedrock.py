"""A custom or imported model is a copy of someone's weights in Amazon's hands, and its job tells from which bucket.

Blind to: agents, knowledge bases, prompts, and the inference profiles that Amazon defines for everyone.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, part
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "bedrock:GetCustomModel",
    "bedrock:GetGuardrail",
    "bedrock:GetImportedModel",
    "bedrock:GetModelImportJob",
    "bedrock:GetModelInvocationLoggingConfiguration",
    "bedrock:ListCustomModels",
    "bedrock:ListGuardrails",
    "bedrock:ListImportedModels",
    "bedrock:ListInferenceProfiles",
    "bedrock:ListModelImportJobs",
    "bedrock:ListProvisionedModelThroughputs",
)

_DESCRIBED = (
    ("custom-model", "ListCustomModels", "modelSummaries", "modelArn", "GetCustomModel", "modelIdentifier"),
    ("imported-model", "ListImportedModels", "modelSummaries", "modelArn", "GetImportedModel", "modelIdentifier"),
    ("model-import-job", "ListModelImportJobs", "modelImportJobSummaries", "jobArn", "GetModelImportJob",
     "jobIdentifier"),
    ("guardrail", "ListGuardrails", "guardrails", "arn", "GetGuardrail", "guardrailIdentifier"),
)  # fmt: skip
"""Kinds that a list only names: kind, list, its key, the ARN in it, the description, and what it is asked by."""


def collect(look: Look) -> Iterator[Thing]:
    """What is logged of invocations, the account's own models, import jobs, guardrails, profiles and throughput."""
    account = account_in(look, "bedrock")
    logging = look.ask("bedrock", "GetModelInvocationLoggingConfiguration", of=account)
    yield Thing("bedrock/account", account, {"ModelInvocationLogging": part(logging, "loggingConfig")})
    makes: list[Callable[[], Thing]] = []
    for kind, listing, key, arn, operation, name in _DESCRIBED:
        found = items(look.list("bedrock", listing, key, of=account))
        makes += [partial(_described, look, kind, str(one[arn]), operation, name) for one in found]
    yield from look.each(lambda make: make(), makes)
    listed = partial(look.list, "bedrock", of=account)
    for one in items(listed("ListProvisionedModelThroughputs", "provisionedModelSummaries")):
        yield Thing("bedrock/provisioned-model", str(one["provisionedModelArn"]), one)
    for one in items(listed("ListInferenceProfiles", "inferenceProfileSummaries", typeEquals="APPLICATION")):
        yield _profile(one)


def _described(look: Look, kind: str, arn: str, operation: str, name: str) -> Thing:
    return Thing(f"bedrock/{kind}", arn, look.ask("bedrock", operation, of=arn, **{name: arn}))


def _profile(told: Mapping[str, Any]) -> Thing:
    return Thing("bedrock/inference-profile", str(told["inferenceProfileArn"]), told)

"""A model registry shares weights by the policy of a whole group: who may read one version may read all of them.

Blind to: training and processing jobs, user profiles and spaces of a domain, pipelines, feature stores, what
    an MLflow server holds.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items
from stanch.catalog.collectors._place import account_in, batches
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.masking import variables

SCOPE = Scope.REGION
PERMISSIONS = (
    "sagemaker:BatchDescribeModelPackage",
    "sagemaker:DescribeDomain",
    "sagemaker:DescribeEndpoint",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:DescribeMlflowTrackingServer",
    "sagemaker:DescribeModel",
    "sagemaker:DescribeNotebookInstance",
    "sagemaker:GetModelPackageGroupPolicy",
    "sagemaker:ListDomains",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListEndpoints",
    "sagemaker:ListMlflowTrackingServers",
    "sagemaker:ListModelPackageGroups",
    "sagemaker:ListModelPackages",
    "sagemaker:ListModels",
    "sagemaker:ListNotebookInstances",
)

_DESCRIBED = (
    ("endpoint", "ListEndpoints", "Endpoints", "EndpointArn", "DescribeEndpoint", "EndpointName"),
    ("endpoint-config", "ListEndpointConfigs", "EndpointConfigs", "EndpointConfigArn", "DescribeEndpointConfig",
     "EndpointConfigName"),
    ("model", "ListModels", "Models", "ModelArn", "DescribeModel", "ModelName"),
    ("notebook-instance", "ListNotebookInstances", "NotebookInstances", "NotebookInstanceArn",
     "DescribeNotebookInstance", "NotebookInstanceName"),
    ("domain", "ListDomains", "Domains", "DomainArn", "DescribeDomain", "DomainId"),
    ("mlflow-tracking-server", "ListMlflowTrackingServers", "TrackingServerSummaries", "TrackingServerArn",
     "DescribeMlflowTrackingServer", "TrackingServerName"),
)  # fmt: skip
"""Kinds that a list only names: kind, list, its key, the ARN in it, the description, and what it is asked by."""
_NO_POLICY = ("ValidationException: Cannot find resource policy",)
_PACKAGES = 100
"""How many versions are described in one call."""


def collect(look: Look) -> Iterator[Thing]:
    """Endpoints, configurations, models, notebooks, domains, MLflow servers; groups of model packages with versions."""
    account = account_in(look, "sagemaker")
    makes: list[Callable[[], Iterator[Thing]]] = []
    for kind, listing, key, arn, operation, name in _DESCRIBED:
        found = items(look.list("sagemaker", listing, key, of=account))
        makes += [partial(_described, look, kind, str(one[arn]), operation, {name: one[name]}) for one in found]
    groups = look.list("sagemaker", "ListModelPackageGroups", "ModelPackageGroupSummaryList", of=account)
    makes += [partial(_group, look, group) for group in items(groups)]
    listed = look.list("sagemaker", "ListModelPackages", "ModelPackageSummaryList", of=account, ModelPackageType="Both")
    makes += [partial(_packages, look, some) for some in batches(list(items(listed)), _PACKAGES)]
    for things in look.each(lambda make: list(make()), makes):
        yield from things


def _described(look: Look, kind: str, arn: str, operation: str, asked: Mapping[str, Any]) -> Iterator[Thing]:
    told = look.ask("sagemaker", operation, of=arn, **asked)
    yield Thing(f"sagemaker/{kind}", arn, told if unseen(told) else _without_values(told))


def _group(look: Look, listed: Mapping[str, Any]) -> Iterator[Thing]:
    arn, name = str(listed["ModelPackageGroupArn"]), listed["ModelPackageGroupName"]
    asked = {"of": arn, "none": _NO_POLICY, "ModelPackageGroupName": name}
    policy = look.ask("sagemaker", "GetModelPackageGroupPolicy", **asked)
    yield Thing("sagemaker/model-package-group", arn, {**listed, "ResourcePolicy": document(policy, "ResourcePolicy")})


def _packages(look: Look, listed: list[Mapping[str, Any]]) -> Iterator[Thing]:
    arns = [str(one["ModelPackageArn"]) for one in listed]
    of = arns[0] if len(arns) == 1 else f"{arns[0]} and {len(arns) - 1} more"
    operation = "BatchDescribeModelPackage"
    answer = look.ask("sagemaker", operation, of=of, ModelPackageArnList=arns)
    for arn, one in zip(arns, listed, strict=True):
        told = answer
        if not unseen(answer):
            told = (answer.get("ModelPackageSummaries") or {}).get(arn)
            error = (answer.get("BatchDescribeModelPackageErrorMap") or {}).get(arn)
            if told is None:
                error = error or {"ErrorCode": "Missing", "ErrorResponse": "it is gone since it was listed"}
                code, why = str(error["ErrorCode"]), str(error["ErrorResponse"])
                told = look.failed(f"sagemaker:{operation}", code, of=arn, why=why)
        specification = told if unseen(told) else _without_values(told.get("InferenceSpecification"))
        yield Thing("sagemaker/model-package", arn, {**one, "InferenceSpecification": specification})


def _without_values(told: Any) -> Any:
    """The same with the environment of every container kept as names alone."""
    if isinstance(told, list):
        return [_without_values(one) for one in told]
    if not isinstance(told, Mapping):
        return told
    return {
        key: variables(value) if key == "Environment" and isinstance(value, Mapping) else _without_values(value)
        for key, value in told.items()
    }

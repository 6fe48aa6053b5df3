"""A task definition says which image runs, which ports it opens, as which role, and often which secrets it was handed.

Blind to: task definitions that nothing runs now, tasks themselves, the state of container instances.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, part
from stanch.catalog.collectors._place import account_in, batches
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.masking import arguments, masked_in, sealed

SCOPE = Scope.REGION
PERMISSIONS = (
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeTasks",
    "ecs:ListClusters",
    "ecs:ListServices",
    "ecs:ListTasks",
)

_CLUSTERS, _SERVICES, _TASKS = 100, 10, 100
"""How many ECS describes in one call."""
_INCLUDE = ["CONFIGURATIONS", "SETTINGS", "TAGS"]


def collect(look: Look) -> Iterator[Thing]:
    """Every cluster and service, and each task definition that a service or a running task uses."""
    listed = look.list("ecs", "ListClusters", "clusterArns", of=account_in(look, "ecs"))
    arns = [str(arn) for arn in items(listed)]
    clusters = {arn: told for some in batches(arns, _CLUSTERS) for arn, told in _clusters(look, some)}
    used: set[str] = set()
    inside = look.each(partial(_inside, look), clusters)
    for (arn, cluster), (services, definitions, tasks) in zip(clusters.items(), inside, strict=True):
        used |= definitions
        names = services if unseen(services) else [service["serviceArn"] for service in services]
        data = cluster if unseen(cluster) else {**cluster, "Services": names, "RunningTasks": tasks}
        yield Thing("ecs/cluster", arn, data)
        for service in items(services):
            # What it did last is a log, and would make every snapshot differ.
            kept = {key: value for key, value in service.items() if key != "events"}
            yield Thing("ecs/service", str(service["serviceArn"]), kept)
    yield from look.each(partial(_definition, look), sorted(used))


def _clusters(look: Look, arns: list[str]) -> Iterator[tuple[str, Any]]:
    """Each cluster's ARN with what ECS tells of it, or a marker."""
    of = arns[0] if len(arns) == 1 else account_in(look, "ecs")
    answer = look.ask("ecs", "DescribeClusters", of=of, clusters=arns, include=_INCLUDE)
    if unseen(answer):
        yield from ((arn, answer) for arn in arns)
        return
    _note_failures(look, "DescribeClusters", answer)
    yield from ((str(told["clusterArn"]), told) for told in answer.get("clusters") or ())


def _inside(look: Look, cluster: str) -> tuple[Any, set[str], Any]:
    """The services of a cluster or a marker, every task definition in use, and the running tasks' count or a marker."""
    services = _members(look, cluster, "Services", "service", _SERVICES)
    tasks = _members(look, cluster, "Tasks", "task", _TASKS)
    used = {str(one["taskDefinition"]) for one in items(services) if one.get("taskDefinition")}
    used |= {str(one["taskDefinitionArn"]) for one in items(tasks)}
    return services, used, tasks if unseen(tasks) else len(tasks)


def _members(look: Look, cluster: str, what: str, key: str, at_once: int) -> Any:
    """Every service or task of a cluster, described; or a marker."""
    listed = look.list("ecs", f"List{what}", f"{key}Arns", of=cluster, cluster=cluster)
    if unseen(listed):
        return listed
    found: list[Mapping[str, Any]] = []
    for arns in batches(listed, at_once):
        asked = {"cluster": cluster, f"{key}s": arns}
        answer = look.ask("ecs", f"Describe{what}", of=cluster, **asked)
        if unseen(answer):
            return answer
        _note_failures(look, f"Describe{what}", answer)
        found += answer.get(f"{key}s") or ()
    return found


def _note_failures(look: Look, operation: str, answer: Mapping[str, Any]) -> None:
    for failure in answer.get("failures") or ():
        gone = "it is gone since it was listed" if failure.get("reason") == "MISSING" else str(failure.get("detail"))
        look.failed(f"ecs:{operation}", str(failure.get("reason")), of=str(failure.get("arn")), why=gone)


def _definition(look: Look, arn: str) -> Thing:
    told = part(look.ask("ecs", "DescribeTaskDefinition", of=arn, taskDefinition=arn), "taskDefinition")
    if not unseen(told):
        told = {**told, "containerDefinitions": [_container(one) for one in told.get("containerDefinitions") or ()]}
    return Thing("ecs/task-definition", arn, told)


def _container(told: Mapping[str, Any]) -> dict[str, Any]:
    """A container without the values of its variables, and with the secrets in its other texts masked."""
    spoken = {key: arguments(told[key]) for key in ("command", "entryPoint") if key in told}
    kept = {key: masked_in(value) for key, value in told.items() if key not in {"image", "environment", *spoken}}
    variables = [
        {"name": one.get("name", ""), **sealed(str(one.get("value", "")), str(one.get("name", "")))}
        for one in told.get("environment") or ()
    ]
    return {**kept, **spoken, "image": told.get("image"), "environment": variables}

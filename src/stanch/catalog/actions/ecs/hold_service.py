"""A service starts a new task for each one that stops; only a desired count of 0, which nothing raises again, ends it.

Blind to: tasks that were started by hand or by a schedule with the same image and role.
"""

from typing import Any

from stanch.catalog.actions._settle import MINUTES, settled
from stanch.catalog.actions.ecs._place import within
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("service",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = (
    "ecs:DescribeServices",
    "ecs:UpdateService",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:RegisterScalableTarget",
)

SUSPENDED = {
    "DynamicScalingInSuspended": True,
    "DynamicScalingOutSuspended": True,
    "ScheduledScalingSuspended": True,
}
_DIMENSION = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a service that runs one task on each host: it knows no desired count."""
    cluster, name = within(resource)
    service = _service(aws, resource)
    if service.get("schedulingStrategy") == "DAEMON":
        raise Refused(f"{name} runs one task on each host of {cluster}: isolate the hosts instead")
    before = _state(aws, resource)
    return Plan(
        before=before,
        calls=tuple(_calls(f"{cluster}/{name}", before)),
        undo=f"ecs:UpdateService {cluster}/{name}: desired count {before['desired']}, and its scaling as it was",
        breaks=(
            f"all {service.get('runningCount', 0)} tasks of {name} end, with what they have in memory and on disk",
            "NOT cut: the credentials of its task role, which live on in whoever took them (iam/revoke_sessions)",
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"desired": int, "scaling": {three flags} | None}`, None where nothing scales it."""
    return _state(aws, Arn.parse(step.resource))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The scaling first: it would raise the count again."""
    resource, before = Arn.parse(step.resource), step.before or {}
    now = _state(aws, resource)
    # What scales the service may have moved the count since the plan: that is nobody's decision. A count of 0 may be
    # ours, from a run that died: then there is something to go on with.
    if now["desired"] and now["scaling"] not in (before["scaling"], SUSPENDED if before["scaling"] else None):
        raise Overtaken(f"somebody changed the scaling of {step.resource} since the plan was made")
    if now["scaling"] not in (None, SUSPENDED):
        _suspend(aws, resource, SUSPENDED)
    if now["desired"]:
        _want(aws, resource, 0)
    settled(lambda: _state(aws, resource)["desired"] == 0, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back until the last task has stopped."""
    resource = Arn.parse(step.resource)
    holds = settled(lambda: not _left(aws, resource), wait, MINUTES)
    left = _left(aws, resource)
    return Proof(
        holds, Method.STATE, tuple(left) or (f"{resource.name}: 0 tasks wanted, 0 running, nothing scales it",)
    )


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The count first, so that the scaling finds what it left."""
    resource, before = Arn.parse(step.resource), step.before or {}
    now = _state(aws, resource)
    if now["desired"] != before["desired"]:
        _want(aws, resource, before["desired"])
    if before["scaling"] and now["scaling"] not in (None, before["scaling"]):
        _suspend(aws, resource, before["scaling"])
    settled(lambda: _state(aws, resource) == before, wait)


def _calls(where: str, before: dict[str, Any]) -> list[str]:
    calls = []
    if before["scaling"] not in (None, SUSPENDED):
        calls.append(f"application-autoscaling:RegisterScalableTarget service/{where}: scaling suspended")
    if before["desired"]:
        calls.append(f"ecs:UpdateService {where}: desired count {before['desired']} -> 0")
    return calls


def _service(aws: Aws, resource: Arn) -> dict[str, Any]:
    cluster, name = within(resource)
    found: list[dict[str, Any]] = aws.call("ecs", "DescribeServices", cluster=cluster, services=[name])["services"]
    active = [service for service in found if service.get("status") != "INACTIVE"]
    if not active:
        raise AwsAbsent("ecs:DescribeServices", "MISSING", f"{cluster} has no active service {name}")
    return active[0]


def _state(aws: Aws, resource: Arn) -> dict[str, Any]:
    target = _target(aws, resource)
    flags = (target or {}).get("SuspendedState") or {}
    return {
        "desired": int(_service(aws, resource)["desiredCount"]),
        "scaling": None if target is None else {flag: bool(flags.get(flag)) for flag in SUSPENDED},
    }


def _target(aws: Aws, resource: Arn) -> dict[str, Any] | None:
    where = "/".join(("service", *within(resource)))
    asked: dict[str, Any] = {**_DIMENSION, "ResourceIds": [where]}
    found = aws.pages("application-autoscaling", "DescribeScalableTargets", "ScalableTargets", **asked)
    return next((target for target in found if target["ResourceId"] == where), None)


def _suspend(aws: Aws, resource: Arn, flags: dict[str, bool]) -> None:
    where = "/".join(("service", *within(resource)))
    # Its bounds are left out, and stay as they are.
    asked: dict[str, Any] = {**_DIMENSION, "ResourceId": where, "SuspendedState": flags}
    aws.call("application-autoscaling", "RegisterScalableTarget", **asked)


def _want(aws: Aws, resource: Arn, count: int) -> None:
    cluster, name = within(resource)
    aws.call("ecs", "UpdateService", cluster=cluster, service=name, desiredCount=count)


def _left(aws: Aws, resource: Arn) -> list[str]:
    """What still runs or may run again, in words."""
    service, scaling = _service(aws, resource), _state(aws, resource)["scaling"]
    counts = {word: int(service.get(f"{word}Count", 0)) for word in ("desired", "running", "pending")}
    left = [f"{resource.name}: {count} tasks {word}" for word, count in counts.items() if count]
    return left if scaling in (None, SUSPENDED) else [*left, f"{resource.name} is scaled by Application Auto Scaling"]

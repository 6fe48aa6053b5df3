"""A stopped task is gone, with its memory and its disk; whoever was inside its containers is out.

Blind to: the next task of the same service, which ECS starts at once from the same image with the same role.
"""

from typing import Any

from stanch.catalog.actions._responder import refuse_own_place
from stanch.catalog.actions._settle import MINUTES, settled
from stanch.catalog.actions.ecs._place import within
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("task",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = ("ecs:DescribeTasks", "ecs:StopTask")

_SERVICE = "service:"
_REASON_LONGEST = 255


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses the task stanch acts from; raises AwsAbsent for one that ECS no longer remembers."""
    cluster, name = within(resource)
    refuse_own_place(resource, case.responder, aws.caller)
    task = _task(aws, resource)
    if task is None:
        raise AwsAbsent("ecs:DescribeTasks", "MISSING", f"{cluster} has no task {name}, or it stopped an hour ago")
    group = str(task.get("group") or "")
    running = task.get("lastStatus") != "STOPPED"
    return Plan(
        before={},
        calls=(f"ecs:StopTask {cluster}/{name}",) if running else (),
        undo=_return(group, str(task.get("taskDefinitionArn", ""))),
        breaks=(
            f"{cluster}/{name} ends: requests it serves are cut off after its stop timeout, usually 30 seconds",
            "what it has in memory and on its own disk is lost to the investigation",
            *_another(group),
            "NOT cut: the credentials of its task role, which live on in whoever took them (iam/revoke_sessions)",
        ),
        settings={"reason": f"stanch {case.incident}"[:_REASON_LONGEST]},
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: a task that stopped cannot be put back, so there is nothing to compare."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Stopping a stopped task changes nothing."""
    resource = Arn.parse(step.resource)
    task = _task(aws, resource)
    if task is not None and task.get("desiredStatus") != "STOPPED":
        cluster, name = within(resource)
        aws.call("ecs", "StopTask", cluster=cluster, task=name, reason=step.settings["reason"])
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back until its last container has ended; ECS forgets a stopped task after an hour."""
    seen: list[str] = []

    def ended() -> bool:
        task = _task(aws, Arn.parse(step.resource))
        seen.append(str((task or {}).get("lastStatus", "forgotten by ECS, as it does with what has stopped")))
        return task is None or seen[-1] == "STOPPED"

    holds = settled(ended, wait, MINUTES)
    return Proof(holds, Method.STATE, (f"{step.resource}: {seen[-1]}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: to start one as it was, the responder would have to hand out its roles (iam:PassRole)."""


def _task(aws: Aws, resource: Arn) -> dict[str, Any] | None:
    cluster, name = within(resource)
    found: list[dict[str, Any]] = aws.call("ecs", "DescribeTasks", cluster=cluster, tasks=[name])["tasks"]
    return found[0] if found else None


def _another(group: str) -> tuple[str, ...]:
    if not group.startswith(_SERVICE):
        return ()
    return (f"NOT cut: the service {group.removeprefix(_SERVICE)} starts another at once (ecs/hold_service stops it)",)


def _return(group: str, definition: str) -> str:
    if group.startswith(_SERVICE):
        return f"none is needed: the service {group.removeprefix(_SERVICE)} has started another"
    return f"by hand: aws ecs run-task with {definition}; a stopped task is not started again"

"""What the host answered before its network was cut still lies with Systems Manager, for thirty days and no longer.

Blind to: whether the host told the truth; its answer is kept as it came.
"""

from datetime import datetime, timedelta
from typing import Any

from stanch.aws.vault import PERMISSIONS as VAULT
from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.evidence import _agent, _vault
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.SEAL
AFFECTS = Affects.NOBODY
PERMISSIONS = (*_agent.PERMISSIONS, "ssm:GetCommandInvocation", *VAULT)

_PAUSES = (2.0,) * 5 + (5.0,) * 22
"""Two minutes: as long as the command may take."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Before anything was asked it is planned wherever the agent answers; Needless once it is clear that none comes."""
    name = resource.name
    settings = _vault.settings(aws, case)
    newest = next(iter(_agent.asked(aws, case.incident, name)), None)
    if newest is None:
        _agent.online(aws, name)
    elif _hopeless(newest, case.now):
        raise Needless(f"{name} did not answer before it was isolated ({newest.get('Status')})")
    return Plan(
        before={},
        calls=(
            f"ssm:GetCommandInvocation: what {name} answered to {case.incident}",
            f"s3:PutObject into {settings['bucket']}, locked until {settings['until'][:10]}",
        ),
        undo="nothing to put back: what was collected is evidence and is kept",
        settings=settings,
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: nothing of the instance is changed, and what was collected stays."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Wait for the answer, two minutes at most, and keep it as it came."""
    settled(lambda: not _coming(aws, step), wait, _PAUSES)
    for one in _agent.asked(aws, step.incident, name_of(step)):
        answer = aws.call("ssm", "GetCommandInvocation", CommandId=one["CommandId"], InstanceId=name_of(step))
        output = str(answer.get("StandardOutputContent") or "")
        if output:
            content, suffix = _agent.unpacked(output)
            _vault.keep(aws, step, "processes", content, suffix)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: an answer is in the bucket, and locked."""
    held = _vault.held(aws, step, "processes")
    told = [_vault.told(kept) for kept in held]
    if not held:
        states = [str(one.get("Status")) for one in _agent.asked(aws, step.incident, name_of(step))]
        told = [f"{name_of(step)} has not answered ({', '.join(states) or 'it was never asked'})"]
    return Proof(bool(held) and all(kept.locked for kept in held), Method.STATE, tuple(told))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: evidence is never deleted."""


def _coming(aws: Aws, step: Step) -> bool:
    newest = next(iter(_agent.asked(aws, step.incident, name_of(step))), None)
    return newest is not None and newest.get("Status") in _agent.UNDER_WAY


def _hopeless(invocation: dict[str, Any], now: datetime) -> bool:
    """Whether the command never reached the host, or has not within the time it had."""
    status, asked = invocation.get("Status"), invocation.get("RequestedDateTime")
    if status in {"Pending", "Delayed"}:
        return isinstance(asked, datetime) and now - asked > timedelta(seconds=_agent.DELIVERY_SECONDS / 2)
    return status == "Cancelled" or invocation.get("StatusDetails") in {
        "DeliveryTimedOut",
        "Undeliverable",
        "Terminated",
    }

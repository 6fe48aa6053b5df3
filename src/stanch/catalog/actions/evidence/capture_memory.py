"""What a thief runs lives in memory only: the host is asked for it before it goes dark, and nobody waits for it.

Blind to: hosts without the agent of Systems Manager, and a kernel that hides processes from its own tools.
"""

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.evidence import _agent
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.EVIDENCE
AFFECTS = Affects.NOBODY
PERMISSIONS = (*_agent.PERMISSIONS, "ssm:SendCommand")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Raises Needless, with the reason, where Systems Manager does not reach the host."""
    name = resource.name
    _agent.online(aws, name)
    return Plan(
        before={},
        calls=(
            f"ssm:SendCommand to {name}: list processes and connections; write memory to its disk if avml is there",
        ),
        undo="nothing to put back: a command cannot be unasked",
        breaks=(f"a few seconds of work for {name}; minutes of disk writing if avml is installed there",),
        settings={"comment": _agent.comment(case.incident, f"{case.now:%Y%m%dT%H%M%SZ}")},
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: no setting of the instance is changed."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Ask once, and return at once: `evidence/collect_processes` fetches what the host answers."""
    if _sent(aws, step) is None:
        aws.call(
            "ssm",
            "SendCommand",
            InstanceIds=[name_of(step)],
            DocumentName="AWS-RunShellScript",
            Comment=step.settings["comment"],
            TimeoutSeconds=_agent.DELIVERY_SECONDS,
            Parameters={"commands": list(_agent.COMMANDS), "executionTimeout": ["120"]},
        )
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: Systems Manager has the command. Whether the host answers is not waited for."""
    holds = settled(lambda: _sent(aws, step) is not None, wait)
    state = _sent(aws, step) or "no command"
    return Proof(holds, Method.STATE, (f"Systems Manager has asked {name_of(step)}: {state}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: evidence is never deleted."""


def _sent(aws: Aws, step: Step) -> str | None:
    """The state of this step's own command, None before it was sent."""
    ours = _agent.asked(aws, step.incident, name_of(step))
    return next((str(one.get("Status")) for one in ours if one.get("Comment") == step.settings["comment"]), None)

"""A notebook is a shell with a role, open to whoever has its URL; stopped, it answers nobody and keeps its disk.

Blind to: credentials of its role that were carried off.
"""

from stanch.catalog.actions._settle import MINUTES, settled
from stanch.catalog.actions.sagemaker._found import found, name_of
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("notebook-instance",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = (
    "sagemaker:DescribeNotebookInstance",
    "sagemaker:StopNotebookInstance",
    "sagemaker:StartNotebookInstance",
)

_DOWN = ("Stopped", "Stopping", "Failed", "Deleting")
_STARTING = ("Pending", "Updating")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Says which script would run when it is started again: an intruder may have left one there."""
    name = name_of(resource, "notebook-instance")
    described = found(aws, "DescribeNotebookInstance", NotebookInstanceName=name)
    if described is None:
        raise AwsAbsent("sagemaker:DescribeNotebookInstance", "RecordNotFound", f"there is no notebook instance {name}")
    running = described["NotebookInstanceStatus"] not in _DOWN
    script = described.get("NotebookInstanceLifecycleConfigName")
    return Plan(
        before={"running": running},
        calls=(f"sagemaker:StopNotebookInstance {name}",) if running else (),
        undo=f"sagemaker:StartNotebookInstance {name}" if running else "none: it was not running",
        breaks=(
            f"{name} answers nobody; pre-signed URLs lead nowhere; what it has in memory is lost, its volume stays",
            f"NOT cut: the credentials of {described.get('RoleArn', 'its role')} (iam/revoke_sessions)",
            *((f"started again, it runs the lifecycle configuration {script}: read it before",) if script else ()),
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"running": bool}`."""
    return {"running": _status(aws, step) not in _DOWN}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One that is just being started can be stopped only when it runs."""
    settled(lambda: _status(aws, step) not in _STARTING, wait, MINUTES)
    if read(aws, step)["running"]:
        aws.call("sagemaker", "StopNotebookInstance", NotebookInstanceName=_name(step))
    settled(lambda: not read(aws, step)["running"], wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back until its instance is gone."""
    holds = settled(lambda: _status(aws, step) in ("Stopped", "Failed"), wait, MINUTES)
    return Proof(holds, Method.STATE, (f"{_name(step)}: {_status(aws, step)}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Started again where it was running; it takes minutes until it answers."""
    settled(lambda: _status(aws, step) != "Stopping", wait, MINUTES)
    if (step.before or {})["running"] and not read(aws, step)["running"]:
        aws.call("sagemaker", "StartNotebookInstance", NotebookInstanceName=_name(step))
    settled(lambda: read(aws, step) == step.before, wait)


def _status(aws: Aws, step: Step) -> str:
    described = found(aws, "DescribeNotebookInstance", NotebookInstanceName=_name(step))
    if described is None:
        raise AwsAbsent("sagemaker:DescribeNotebookInstance", "RecordNotFound", f"{_name(step)} has been deleted")
    return str(described["NotebookInstanceStatus"])


def _name(step: Step) -> str:
    return name_of(Arn.parse(step.resource), "notebook-instance")

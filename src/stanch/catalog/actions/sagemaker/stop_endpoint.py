"""An endpoint has no policy of its own and no count of 0: only deleting it ends the answers; its configuration stays.

Blind to: other endpoints and batch jobs of the same model.
"""

from typing import Any

from stanch.catalog.actions._settle import MINUTES, settled
from stanch.catalog.actions.sagemaker._found import found, name_of
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("endpoint",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = (
    "sagemaker:DescribeEndpoint",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:ListInferenceComponents",
    "sagemaker:ListTags",
    "sagemaker:DeleteEndpoint",
    "sagemaker:CreateEndpoint",
    "sagemaker:AddTags",
)

_BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses what could not be made again as it was: without its configuration, or with components of its own."""
    name = name_of(resource, "endpoint")
    before = _state(aws, resource)
    if before["endpoint"] is None:
        raise AwsAbsent("sagemaker:DescribeEndpoint", "ValidationException", f"there is no endpoint {name}")
    configuration = before["endpoint"]["configuration"]
    if found(aws, "DescribeEndpointConfig", EndpointConfigName=configuration) is None:
        raise Refused(
            f"{name} could not be made again, for {configuration} is deleted: write it down, then delete by hand"
        )
    components = aws.pages("sagemaker", "ListInferenceComponents", "InferenceComponents", EndpointNameEquals=name)
    if components:
        listed = ", ".join(str(component["InferenceComponentName"]) for component in components)
        raise Refused(
            f"{name} serves by components ({listed}): set the copies of each to 0 by hand "
            "(sagemaker:UpdateInferenceComponentRuntimeConfig)"
        )
    return Plan(
        before=before,
        calls=(f"sagemaker:DeleteEndpoint {name}",),
        undo=f"sagemaker:CreateEndpoint {name} from {configuration}, with its tags; it takes minutes until it answers",
        breaks=(
            f"{name} answers nobody any more; who called it is told that there is no such endpoint",
            "lost for good: its automatic scaling, and weights and counts that were changed since it was created",
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"endpoint": {"configuration": name, "tags": {key: value}} | None}`."""
    return _state(aws, Arn.parse(step.resource))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One that is being changed can be deleted only when that is done."""
    resource = Arn.parse(step.resource)
    settled(lambda: _status(aws, resource) not in _BUSY, wait, MINUTES)
    now = _state(aws, resource)["endpoint"]
    if now is None:
        return None
    if now["configuration"] != ((step.before or {})["endpoint"] or {}).get("configuration"):
        raise Overtaken(f"somebody gave {resource.name} another configuration since the plan was made")
    aws.call("sagemaker", "DeleteEndpoint", EndpointName=name_of(resource, "endpoint"))
    settled(lambda: _state(aws, resource)["endpoint"] is None, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back until SageMaker knows it no more."""
    resource = Arn.parse(step.resource)
    holds = settled(lambda: _status(aws, resource) is None, wait, MINUTES)
    return Proof(holds, Method.STATE, (f"{resource.name}: {_status(aws, resource) or 'there is no such endpoint'}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Made again from its configuration, under its name, with its tags."""
    resource, before = Arn.parse(step.resource), (step.before or {})["endpoint"]
    settled(lambda: _status(aws, resource) != "Deleting", wait, MINUTES)
    if before and _state(aws, resource)["endpoint"] is None:
        asked: dict[str, Any] = {"EndpointName": name_of(resource, "endpoint")}
        if before["tags"]:
            asked["Tags"] = [{"Key": key, "Value": value} for key, value in before["tags"].items()]
        aws.call("sagemaker", "CreateEndpoint", EndpointConfigName=before["configuration"], **asked)
    settled(lambda: _state(aws, resource) == step.before, wait)


def _described(aws: Aws, resource: Arn) -> dict[str, Any] | None:
    return found(aws, "DescribeEndpoint", EndpointName=name_of(resource, "endpoint"))


def _status(aws: Aws, resource: Arn) -> str | None:
    described = _described(aws, resource)
    return str(described["EndpointStatus"]) if described else None


def _state(aws: Aws, resource: Arn) -> dict[str, Any]:
    described = _described(aws, resource)
    if described is None or described["EndpointStatus"] == "Deleting":
        return {"endpoint": None}
    tags = aws.pages("sagemaker", "ListTags", "Tags", ResourceArn=str(described["EndpointArn"]))
    own = {str(tag["Key"]): str(tag["Value"]) for tag in tags if not str(tag["Key"]).startswith("aws:")}
    return {"endpoint": {"configuration": str(described["EndpointConfigName"]), "tags": dict(sorted(own.items()))}}

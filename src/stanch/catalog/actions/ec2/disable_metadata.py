"""A host's role credentials come from its metadata service; with that switched off, nobody on the host gets new ones.

Blind to: the credentials already handed out, which live on for up to six hours.
"""

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._responder import refuse_own_place
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _instance
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = ("ec2:DescribeInstances", "ec2:ModifyInstanceMetadataOptions")

_OPTIONS = {
    "endpoint": "HttpEndpoint",
    "endpoint_ipv6": "HttpProtocolIpv6",
    "tokens": "HttpTokens",
    "hop_limit": "HttpPutResponseHopLimit",
    "tags": "InstanceMetadataTags",
}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Raises Needless where the metadata service is off already, and Refused for the host stanch acts from."""
    name = resource.name
    before = _options(aws, name)
    if before["endpoint"] == "disabled":
        raise Needless(f"the metadata service of {name} is off already")
    refuse_own_place(resource, case.responder, aws.caller)
    loose = before["tokens"] != "required"
    return Plan(
        before=before,
        calls=(f"ec2:ModifyInstanceMetadataOptions on {name}: HttpEndpoint disabled",),
        undo=f"ec2:ModifyInstanceMetadataOptions on {name}: every option as it was",
        breaks=(
            f"nothing on {name} gets credentials of its role any more: its AWS calls end when those it holds expire",
            "NOT cut: credentials handed out before (the sessions of its role are a step of their own)",
            *((f"{name} answers without a session token (IMDSv1), and undo brings that back",) if loose else ()),
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"endpoint": "enabled" | "disabled", "endpoint_ipv6", "tokens", "hop_limit": int, "tags"}` in EC2's words."""
    return _options(aws, name_of(step))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Switch it off; every other option stays."""
    name = name_of(step)
    if _options(aws, name)["endpoint"] != "disabled":
        aws.call("ec2", "ModifyInstanceMetadataOptions", InstanceId=name, HttpEndpoint="disabled")
    settled(lambda: _is_off(aws, name), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back, with EC2's own word that it is in force: only a process on the host could try it."""
    name = name_of(step)
    if settled(lambda: _is_off(aws, name), wait):
        return Proof(True, Method.STATE, (f"{name}: the metadata service is off, and EC2 says that this is in force",))
    state = "the change is not in force yet" if _options(aws, name)["endpoint"] == "disabled" else "it is on"
    return Proof(False, Method.STATE, (f"the metadata service of {name}: {state}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Every option as it was, the endpoint among them."""
    name, before = name_of(step), step.before or {}
    if _options(aws, name) != before:
        options = {parameter: before[option] for option, parameter in _OPTIONS.items() if before[option] is not None}
        aws.call("ec2", "ModifyInstanceMetadataOptions", InstanceId=name, **options)
    settled(lambda: _options(aws, name) == before, wait)


def _options(aws: Aws, name: str) -> State:
    options = _instance.described(aws, name).get("MetadataOptions") or {}
    return {option: options.get(parameter) for option, parameter in _OPTIONS.items()}


def _is_off(aws: Aws, name: str) -> bool:
    options = _instance.described(aws, name).get("MetadataOptions") or {}
    return options.get("HttpEndpoint") == "disabled" and options.get("State") != "pending"

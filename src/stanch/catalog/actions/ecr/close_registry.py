"""A registry's policy lets other accounts replicate images into it: ours would then run what strangers built.

Blind to: images that were replicated before, and the policies of single repositories (`close_repository`).
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

APPLIES_TO = ("image-registry",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ecr:GetRegistryPolicy", "ecr:PutRegistryPolicy", "ecr:DeleteRegistryPolicy")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Narrow the registry's policy to our own principals."""
    return _closing.plan(_KEEPER, aws, resource, case)


def read(aws: Aws, step: Step) -> State:
    """`{"policy": text | None}`."""
    return _closing.state(_KEEPER, aws, step)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call; a policy that somebody changed since the plan is not overwritten."""
    _closing.apply(_KEEPER, aws, step, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back and judged: only the stranger's credentials could try it."""
    return _closing.verify(_KEEPER, aws, step, wait)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The policy as it was."""
    _closing.undo(_KEEPER, aws, step, wait)


def _get(aws: Aws, resource: Arn) -> str | None:
    try:
        return str(aws.call("ecr", "GetRegistryPolicy")["policyText"])
    except AwsAbsent as error:
        if error.code != "RegistryPolicyNotFoundException":
            raise
        return None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    aws.call("ecr", "PutRegistryPolicy", policyText=text)


def _delete(aws: Aws, resource: Arn) -> None:
    aws.call("ecr", "DeleteRegistryPolicy")


_KEEPER = _closing.Keeper(_get, _put, _delete, "ecr:PutRegistryPolicy", "ecr:DeleteRegistryPolicy")

"""An attack tool re-attaches what was taken away within seconds; a service control policy keeps it from doing so.

Blind to: the management account, which no such policy binds. The proof is the attachment read back.
"""

from typing import Any

from stanch.catalog.actions._settle import patiently, settled
from stanch.catalog.actions.organizations import _policy
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import Side
from stanch.domain.step import Collateral, Method, Phase, Proof, State, Step
from stanch.iam import CallerError, PolicyError, parse

APPLIES_TO = ("account",)
PHASE = Phase.FREEZE
AFFECTS = Affects.USERS
PERMISSIONS = (
    "organizations:DescribeOrganization",
    "organizations:DescribeAccount",
    "organizations:ListPolicies",
    "organizations:DescribePolicy",
    "organizations:ListPoliciesForTarget",
    "organizations:AttachPolicy",
    "organizations:DetachPolicy",
)

_FILTER = "SERVICE_CONTROL_POLICY"
# Organizations changes one thing at a time.
_BUSY = ("ConcurrentModificationException", "TooManyRequestsException")
_SO_ALREADY = ("DuplicatePolicyAttachmentException", "PolicyNotAttachedException")
_UNUSED = "AWSOrganizationsNotInUseException"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless without a policy or an organisation; refuses where Organizations is not at hand, and to bind stanch."""
    wanted = case.response.freeze_policy
    if not wanted:
        raise Needless("[response] freeze_policy names no service control policy to attach")
    above, account = _account(aws, resource.name, case)
    name, policy = f"{account['Name']} ({resource.name})", _found(above, wanted)
    _refuse_to_bind_the_responder(above, policy["Id"], resource, case)
    if _attached(above, policy["Id"], resource.name):
        raise Needless(f"{policy['Name']} is attached to {name} already")
    return Plan(
        resource=str(account["Arn"]),
        before={"attached": False},
        calls=(f"organizations:AttachPolicy {policy['Name']} ({policy['Id']}) to {name}",),
        undo=f"organizations:DetachPolicy {policy['Name']} from {name}",
        breaks=(f"whatever {policy['Name']} denies is refused to everybody in {name} but those whom it spares",),
        settings={"policy": str(policy["Id"]), "account": resource.name},
        collateral=Collateral.HIGH,
    )


def read(aws: Aws, step: Step) -> State:
    """`{"attached": bool}`: whether the policy is attached to the account itself, not to a unit above it."""
    return {"attached": _attached(aws, step.settings["policy"], step.settings["account"])}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Attach it."""
    _set(aws, step, wait, attached=True)
    return None  # what the policy denies is nothing that a witness should be allowed before


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: the policy is among those of the account."""
    policy, account = step.settings["policy"], step.settings["account"]
    holds = settled(lambda: _attached(aws, policy, account), wait)
    return Proof(holds, Method.STATE, (f"{policy} is {'' if holds else 'not '}attached to {account}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Detach it, unless it was attached before."""
    if not (step.before or {}).get("attached"):
        _set(aws, step, wait, attached=False)


def _account(aws: Aws, account: str, case: Case) -> tuple[Aws, dict[str, Any]]:
    """Where Organizations may be asked, and the account as it knows it."""
    try:
        management = aws.call("organizations", "DescribeOrganization")["Organization"]["MasterAccountId"]
        if management == account:
            raise Refused(
                f"{account} is the management account, which no service control policy binds: "
                "contain its roles and users one by one"
            )
        above = _in(management, aws, case)
        found: dict[str, Any] = above.call("organizations", "DescribeAccount", AccountId=account)["Account"]
    except AwsDenied as error:
        raise Refused(
            f"Organizations is not at hand with these credentials ({error}): attach the policy from the management "
            f"account (aws organizations attach-policy --target-id {account}), or run stanch there"
        ) from error
    except AwsError as error:
        if error.code != _UNUSED:
            raise
        raise Needless("the account is in no organisation") from error
    return above, found


def _in(management: str, aws: Aws, case: Case) -> Aws:
    """The responder in the management account, if its member role is there; else as it is, a delegated administrator.

    The engine opens the same door for the step, whose ARN bears the management account.
    """
    role = case.response.member_role
    if management == aws.account or not role or case.perimeter.account(management) is not Side.INSIDE:
        return aws
    return aws.assuming(str(Arn(aws.partition, "iam", "", management, f"role/{role}")), "stanch")


def _found(aws: Aws, wanted: str) -> dict[str, Any]:
    policies = aws.pages("organizations", "ListPolicies", "Policies", Filter=_FILTER)
    for policy in policies:
        if wanted in {policy["Id"], policy["Name"]}:
            return policy
    raise Refused(f"there is no service control policy {wanted!r}: place it first, see this action's page")


def _refuse_to_bind_the_responder(aws: Aws, policy: str, resource: Arn, case: Case) -> None:
    content = aws.call("organizations", "DescribePolicy", PolicyId=policy)["Policy"]["Content"]
    try:
        document = parse(content)
        bound = {who: _policy.withheld(document, who, aws.region) for who in _acting(aws, resource, case)}
    except (PolicyError, CallerError) as error:
        raise Refused(f"it cannot be decided whether {policy} would bind stanch itself ({error})") from error
    for who, lost in bound.items():
        if lost:
            raise Refused(f"{policy} would bind stanch itself ({who}), so that it could not go on: {lost[0]}")


def _acting(aws: Aws, resource: Arn, case: Case) -> tuple[str, ...]:
    """The ARNs by which stanch acts in the account: its own, and the member role."""
    named = {each for each in (case.responder, aws.caller) if Arn.parse(each).account == resource.name}
    if case.response.member_role:
        named.add(str(Arn(aws.partition, "iam", "", resource.name, f"role/{case.response.member_role}")))
    return tuple(sorted(named))


def _attached(aws: Aws, policy: str, account: str) -> bool:
    listed = aws.pages("organizations", "ListPoliciesForTarget", "Policies", TargetId=account, Filter=_FILTER)
    return any(each["Id"] == policy for each in listed)


def _set(aws: Aws, step: Step, wait: Wait, *, attached: bool) -> None:
    policy, account = step.settings["policy"], step.settings["account"]
    if _attached(aws, policy, account) != attached:
        patiently(lambda: _change(aws, policy, account, attached=attached), _BUSY, wait)
        settled(lambda: _attached(aws, policy, account) == attached, wait)


def _change(aws: Aws, policy: str, account: str, *, attached: bool) -> None:
    operation = "AttachPolicy" if attached else "DetachPolicy"
    try:
        aws.call("organizations", operation, PolicyId=policy, TargetId=account)
    except AwsError as error:
        if error.code not in _SO_ALREADY:
            raise

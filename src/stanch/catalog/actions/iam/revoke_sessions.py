"""A role's sessions outlive every change of its trust; only a Deny on sessions issued before a moment ends them.

Blind to: sessions issued after that moment. Where the trust admits an outsider, who opens the next one at will, a step
is not called verified; where it admits a workload of ours, whoever controls that workload gets fresh credentials.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from stanch.catalog.actions._document import deny_all, same
from stanch.catalog.actions._names import name_of, short
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours, let_in
from stanch.catalog.actions.iam import _deny, _principal
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("role",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = (
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:SimulatePrincipalPolicy",
    "sts:AssumeRole",
)

LEAD_SECONDS = 2
"""How far the cutoff lies ahead of the plan, so that no session opened while the Deny is on its way slips through."""

_SID = "StanchRevokedSessions"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# Reads that change nothing and return little: the first that the role may do becomes what the witness tries.
_PROBES = (("s3", "ListBuckets"), ("iam", "ListAccountAliases"), ("ec2", "DescribeRegions"), ("kms", "ListAliases"))


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses roles that cannot be edited and the responder's own."""
    role = _principal.editable_role(aws, resource, case.responder)
    arn = str(role["Arn"])
    cutoff = (case.now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=LEAD_SECONDS + 1)).strftime(_TIME)
    policy = f"stanch-revoke-{short(case.incident)}"
    denied = f"Deny * on * if aws:TokenIssueTime is before {cutoff}"
    waiting = "until they fetch fresh credentials; an instance may serve the old ones for hours"
    ours = Ours.of(case.perimeter, aws.account)
    strangers = let_in(role["AssumeRolePolicyDocument"], ours)
    return Plan(
        resource=arn,
        before={"policy": _deny.inline_policy(aws, "Role", resource.name, policy)},
        calls=(f"iam:PutRolePolicy on {resource.name}: inline policy {policy}, {denied}",),
        undo=f"iam:DeleteRolePolicy {policy} from {resource.name}",
        breaks=(
            f"every session of {resource.name} issued before {cutoff} is refused everything, whoever holds it",
            f"hosts and jobs that use the role fail {waiting} (restart the workload, or the host)",
            *(f"NOT cut: {who} may open new sessions until iam/narrow_trust has closed the trust" for who in strangers),
        ),
        settings={"cutoff": cutoff, "policy": policy, "ours": ours.to_json()},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"policy": text | None}`: the inline policy of this incident."""
    return {"policy": _deny.inline_policy(aws, "Role", name_of(step), step.settings["policy"])}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Open a session where the trust allows it, then deny all that are older than the cutoff."""
    text = _text(step)
    if _in_force(aws, step):  # a session opened now would be younger than the cutoff: no witness
        return None
    witness = _witness(aws, step)
    _deny.put_inline(aws, "Role", name_of(step), step.settings["policy"], text, wait)
    wait(LEAD_SECONDS + 1)  # past the cutoff: what asks for credentials from now on gets good ones
    return witness


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """The old session is refused; without one, AWS's simulator is asked for a session older and one younger."""
    if not settled(lambda: _in_force(aws, step), wait):
        return Proof(False, Method.STATE, (f"the policy {step.settings['policy']} is not there as it was written",))
    proof = _tried(witness, wait) if witness else _simulated(aws, step, wait)
    trust = aws.call("iam", "GetRole", RoleName=name_of(step))["Role"]["AssumeRolePolicyDocument"]
    strangers = let_in(trust, Ours.read(step.settings["ours"]))
    if strangers:  # old sessions are dead, and the next one is a call away
        open_end = f"the trust still admits {', '.join(strangers)}: iam/narrow_trust closes it, then run this again"
        return replace(proof, holds=False, what=(*proof.what, open_end))
    return proof


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Take the Deny away; the sessions it cut live on until they expire."""
    before = (step.before or {}).get("policy")
    _deny.restore_inline(aws, "Role", name_of(step), step.settings["policy"], before, wait)


def _witness(aws: Aws, step: Step) -> Witness | None:
    try:
        session = aws.assuming(step.resource, "stanch-witness")
    except AwsError:
        return None  # its trust does not name the responder, which is the usual case
    for service, operation in _PROBES:
        attempt = partial(_call, session, service, operation)
        try:
            attempt()
        except AwsError:
            continue
        return Witness(f"a session of {name_of(step)} opened before the Deny calls {service}:{operation}", attempt)
    return None


def _call(session: Aws, service: str, operation: str) -> None:
    session.call(service, operation)


def _tried(witness: Witness, wait: Wait) -> Proof:
    refusal: list[str] = []

    def refused() -> bool:
        try:
            witness.attempt()
        except AwsDenied as error:
            refusal.append(error.code)
            return True
        return False

    if settled(refused, wait):
        return Proof(True, Method.EFFECT, (f"{witness.what}: allowed before, {refusal[-1]} now",))
    hint = "is this machine's clock behind AWS's?"
    return Proof(False, Method.EFFECT, (f"{witness.what}: it is still allowed ({hint})",))


def _simulated(aws: Aws, step: Step, wait: Wait) -> Proof:
    cutoff = datetime.strptime(step.settings["cutoff"], _TIME).replace(tzinfo=UTC)
    older, younger = ((cutoff + timedelta(seconds=by)).strftime(_TIME) for by in (-1, 1))
    decided = _deny.decision(aws, step.resource, older)
    if decided is None:
        told = f"the Deny before {step.settings['cutoff']} is in place; the policy simulator could not be asked"
        return Proof(True, Method.STATE, (told,))
    holds = settled(lambda: _deny.decision(aws, step.resource, older) == "explicitDeny", wait)
    spared = _deny.decision(aws, step.resource, younger)
    return Proof(
        holds,
        Method.SIMULATION,
        (
            f"simulated s3:GetObject with a session issued {older}: {'explicitDeny' if holds else decided}",
            f"simulated s3:GetObject with a session issued {younger}: {spared}",
        ),
    )


def _in_force(aws: Aws, step: Step) -> bool:
    return same(_deny.inline_policy(aws, "Role", name_of(step), step.settings["policy"]), _text(step))


def _text(step: Step) -> str:
    return deny_all(_SID, {"DateLessThan": {"aws:TokenIssueTime": step.settings["cutoff"]}})

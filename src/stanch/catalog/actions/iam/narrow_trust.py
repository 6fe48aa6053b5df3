"""A trust policy that admits an outsider hands out fresh sessions for ever, whatever was revoked before.

Blind to: whoever a provider of ours signs in (a directory, a pinned OIDC subject), whom AWS cannot name. The proof is
the trust read back and decided by our own evaluator: only the stranger holds the credentials to try it with.
"""

from typing import Any

from stanch.catalog.actions._document import compact, living, stable
from stanch.catalog.actions._names import name_of, short
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours, judged, strangers, without_strangers
from stanch.catalog.actions.iam import _principal
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step
from stanch.iam import Policy, PolicyError, parse

APPLIES_TO = ("role",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("iam:GetRole", "iam:UpdateAssumeRolePolicy")

LAG_SECONDS = 4
"""How long STS may go on admitting by the old trust; a revocation that follows must cut later than that."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses roles that cannot be edited and the responder's own; needless where the trust admits no stranger."""
    name = resource.name
    role = _principal.editable_role(aws, resource, case.responder)
    document, dead = living(role["AssumeRolePolicyDocument"])
    try:
        policy = parse(document)
    except PolicyError as error:
        raise Refused(f"the trust of {name} cannot be read ({error}): replace it by hand") from error
    ours = Ours.of(case.perimeter, aws.account)
    unplaced = judged(policy, ours).unplaced
    if not strangers(policy, ours):
        unsaid = f" (nobody said who comes through {', '.join(unplaced)})" if unplaced else ""
        raise Needless(f"the trust of {name} admits nobody outside {', '.join(ours.accounts)}{unsaid}")
    narrowed = without_strangers(policy, ours)
    kept = list(narrowed.statements) or [_nobody(f"StanchNobody{short(case.incident)}")]
    return Plan(
        resource=str(role["Arn"]),
        before={"trust": stable(compact(document))},
        calls=tuple(f"iam:UpdateAssumeRolePolicy on {name}: {change}" for change in narrowed.changes),
        undo=f"iam:UpdateAssumeRolePolicy on {name}: the trust as it was",
        breaks=_breaks(name, strangers(policy, ours), unplaced, dead),
        settings={
            "narrowed": compact({**document, "Statement": kept}),
            "original": compact(document),
            "ours": ours.to_json(),
        },
    )


def read(aws: Aws, step: Step) -> State:
    """`{"trust": text}`: keys and principals in one order, the ids of deleted principals left out."""
    return {"trust": stable(compact(_trust(aws, step)))}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Write the narrowed trust, unless somebody else has written another since the plan."""
    wanted = step.settings["narrowed"]
    now = read(aws, step)["trust"]
    if now == stable(wanted):
        return None
    if now != (step.before or {}).get("trust"):
        raise Overtaken(f"somebody changed the trust of {name_of(step)} since the plan was made")
    _write(aws, step, wanted, wait)
    wait(LAG_SECONDS)
    return None  # the stranger's credentials are not ours to try


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Nobody outside is admitted by the trust as AWS shows it now."""
    ours = Ours.read(step.settings["ours"])
    settled(lambda: not strangers(_policy(aws, step), ours), wait)
    let_in = strangers(_policy(aws, step), ours)
    if let_in:
        return Proof(False, Method.STATE, (f"the trust of {name_of(step)} still admits {', '.join(let_in)}",))
    told = f"the trust of {name_of(step)}, read back and evaluated, admits nobody outside {', '.join(ours.accounts)}"
    return Proof(True, Method.STATE, (told, "no stranger's credentials were at hand to try it with"))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The trust as it was found."""
    before, original = (step.before or {})["trust"], step.settings["original"]
    if read(aws, step)["trust"] != before:
        _write(aws, step, original if stable(original) == before else before, wait)


def _breaks(name: str, let_in: tuple[str, ...], unplaced: tuple[str, ...], dead: tuple[str, ...]) -> tuple[str, ...]:
    told = [f"{who} can open no new session of {name}" for who in let_in]
    told.append("NOT cut: sessions that are open already (iam/revoke_sessions)")
    if unplaced:
        told.append(f"NOT cut: {', '.join(unplaced)}, for nobody said who that is")
    if dead:
        told.append(f"{', '.join(dead)} in the trust is a deleted principal: AWS stores it no more, undo included")
    return tuple(told)


def _nobody(sid: str) -> dict[str, Any]:
    # A policy without a statement may be refused; one that only denies is not, and says whose it is.
    return {"Sid": sid, "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def _write(aws: Aws, step: Step, text: str, wait: Wait) -> None:
    aws.call("iam", "UpdateAssumeRolePolicy", RoleName=name_of(step), PolicyDocument=text)
    settled(lambda: read(aws, step)["trust"] == stable(text), wait)


def _trust(aws: Aws, step: Step) -> dict[str, Any]:
    found = aws.call("iam", "GetRole", RoleName=name_of(step))["Role"]["AssumeRolePolicyDocument"]
    return living(found)[0]


def _policy(aws: Aws, step: Step) -> Policy:
    return parse(_trust(aws, step))

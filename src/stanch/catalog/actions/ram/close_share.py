"""A resource share lends subnets, databases or models to whole accounts, and no policy of theirs shows it.

Blind to: what the borrowers did with it, and copies they made while they had it.
"""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("resource-share",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "ram:GetResourceShareAssociations",
    "ram:DisassociateResourceShare",
    "ram:AssociateResourceShare",
)

# An invitation that an outside account has not accepted yet is `ASSOCIATING`: it may accept at any moment.
_STANDING = {"ASSOCIATED", "ASSOCIATING"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the share back from each account, organisation, unit and principal outside the perimeter."""
    share = str(resource)
    before = _principals(aws, share)
    ours = Ours.of(case.perimeter, aws.account)
    taken = [name for name in before if not _inside(name, ours)]
    if not taken:
        raise Needless(f"{share} lends to nobody outside {', '.join(ours.accounts)}")
    lent = ", ".join(_associated(aws, share, "RESOURCE")) or "nothing"
    return Plan(
        before={"principals": before},
        calls=tuple(f"ram:DisassociateResourceShare on {share}: no longer lent to {name}" for name in taken),
        undo=f"ram:AssociateResourceShare on {share}: {', '.join(taken)} invited again, who must accept again",
        breaks=tuple(f"{name} loses {lent}" for name in taken),
        settings={"taken": taken, "ours": ours.to_json()},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"principals": [account, ARN, ...]}`, sorted; whom an invitation waits for counts."""
    return {"principals": _principals(aws, step.resource)}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for all; whom somebody has let in since the plan is not touched, and the proof says so."""
    standing = [name for name in step.settings["taken"] if name in _principals(aws, step.resource)]
    if standing:
        aws.call("ram", "DisassociateResourceShare", resourceShareArn=step.resource, principals=standing)
    settled(lambda: not set(step.settings["taken"]) & set(_principals(aws, step.resource)), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: only the borrower's credentials could try it."""
    ours = Ours.read(step.settings["ours"])

    def left() -> list[str]:
        return [name for name in _principals(aws, step.resource) if not _inside(name, ours)]

    holds = settled(lambda: not left(), wait)
    return Proof(holds, Method.STATE, (f"{step.resource} lends to {', '.join(left()) or 'nobody outside'}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Invite them again."""
    before = list((step.before or {}).get("principals", ()))
    missing = [name for name in before if name not in _principals(aws, step.resource)]
    if missing:
        aws.call("ram", "AssociateResourceShare", resourceShareArn=step.resource, principals=missing)
    settled(lambda: _principals(aws, step.resource) == before, wait)


def _principals(aws: Aws, share: str) -> list[str]:
    return _associated(aws, share, "PRINCIPAL")


def _associated(aws: Aws, share: str, what: str) -> list[str]:
    asked: dict[str, Any] = {"associationType": what, "resourceShareArns": [share]}
    found = aws.pages("ram", "GetResourceShareAssociations", "resourceShareAssociations", **asked)
    return sorted({str(each["associatedEntity"]) for each in found if each.get("status") in _STANDING})


def _inside(principal: str, ours: Ours) -> bool:
    """An account, an organisation or unit, a role or user by its account; a service acts for whoever owns the share."""
    if not principal.startswith("arn:"):
        return not principal.isdigit() or principal in ours.accounts
    arn = Arn.parse(principal)
    if arn.service == "organizations":
        return ours.holds_unit(principal)
    return arn.account in ours.accounts

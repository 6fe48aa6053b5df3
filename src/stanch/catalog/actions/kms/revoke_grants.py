"""A grant opens what a key encrypts without touching its policy, and no list of policies shows it.

Blind to: whom a grant was made for when it names a service of AWS, and data keys that were decrypted before. KMS does
not say who made a grant: one that the intruder made for a principal of ours is told, not revoked.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.catalog.actions.kms._key import described
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn, role_of_session
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("key",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("kms:DescribeKey", "kms:ListGrants", "kms:RevokeGrant", "kms:CreateGrant")

_TERMS = ("GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints", "Name")
Grant = Mapping[str, Any]


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Revoke the grants to strangers, and those made since the incident began to the incident's own callers."""
    key = described(aws, resource)
    ours = Ours.of(case.perimeter, aws.account)
    found = _grants(aws, key)
    taken = [grant for grant in found if _foreign(grant, ours) or _of_the_intruder(grant, case)]
    if not taken:
        raise Needless(f"no grant of {key} is a stranger's or the intruder's")
    others = [grant for grant in found if grant not in taken and _since(grant, case)]
    return Plan(
        before={"grants": _terms(taken)},
        calls=(
            *(f"kms:RevokeGrant on {key}: {_told(grant)}" for grant in taken),
            *(f"(made since it began, and left: {_told(grant)})" for grant in others),
        ),
        undo=f"kms:CreateGrant on {key} with the same terms; the grants get new ids",
        breaks=tuple(f"{grant['GranteePrincipal']} can no longer {_verbs(grant)} with {key}" for grant in taken),
        settings={"grants": _terms(taken), "kept": sorted(_ids(found) - _ids(taken)), "ours": ours.to_json()},
        resource=key,
    )


def read(aws: Aws, step: Step) -> State:
    """`{"grants": [terms, ...]}`: those of the grants to be revoked that stand, without their ids."""
    return {"grants": _terms(_standing(aws, step))}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call a grant; KMS itself goes on honouring it for some minutes at most."""
    for grant in _standing(aws, step):
        _revoke(aws, step.resource, str(grant["GrantId"]))
    settled(lambda: not _standing(aws, step), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: only the grantee's credentials could try it."""
    ours = Ours.read(step.settings["ours"])

    def left() -> list[Grant]:
        return [*_standing(aws, step), *(grant for grant in _grants(aws, step.resource) if _foreign(grant, ours))]

    holds = settled(lambda: not left(), wait)
    told = tuple(dict.fromkeys(f"{step.resource} is still granted: {_told(grant)}" for grant in left()))
    return Proof(holds, Method.STATE, told or (f"no grant of {step.resource} is a stranger's or the intruder's",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Grant the same again."""
    missing = list((step.before or {}).get("grants", ()))
    for standing in read(aws, step)["grants"]:
        if standing in missing:
            missing.remove(standing)
    for terms in missing:
        aws.call("kms", "CreateGrant", KeyId=step.resource, **terms)
    settled(lambda: read(aws, step) == step.before, wait)


def _grants(aws: Aws, key: str) -> list[Grant]:
    return list(aws.pages("kms", "ListGrants", "Grants", KeyId=key))


def _standing(aws: Aws, step: Step) -> list[Grant]:
    """By their terms, since undo gives them new ids; one of the same terms that was to stay is known by its id."""
    wanted, kept = step.settings["grants"], step.settings["kept"]
    return [g for g in _grants(aws, step.resource) if _terms([g])[0] in wanted and g["GrantId"] not in kept]


def _ids(grants: Iterable[Grant]) -> set[str]:
    return {str(grant["GrantId"]) for grant in grants}


def _terms(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """What a grant says, in a stable order; without empty terms, which KMS leaves out or not as it likes."""
    plain = [{word: grant[word] for word in _TERMS if grant.get(word)} for grant in grants]
    sorted_ = [{**terms, "Operations": sorted(terms.get("Operations", ()))} for terms in plain]
    return sorted(sorted_, key=lambda terms: json.dumps(terms, sort_keys=True))


def _foreign(grant: Grant, ours: Ours) -> bool:
    """Whether the grantee is of an account outside; a service, and the id of a deleted principal, are of none."""
    account = _account(str(grant.get("GranteePrincipal") or ""))
    return account is not None and account not in ours.accounts


def _account(principal: str) -> str | None:
    if principal.isdigit():
        return principal
    parts = principal.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" else None


def _of_the_intruder(grant: Grant, case: Case) -> bool:
    named = {name for actor in case.actors for name in (actor, role_of_session(actor)) if name}
    grantee = str(grant.get("GranteePrincipal") or "")
    return _since(grant, case) and bool({grantee, role_of_session(grantee)} & named)


def _since(grant: Grant, case: Case) -> bool:
    made = grant.get("CreationDate")
    return case.since is not None and made is not None and made >= case.since.replace(microsecond=0)


def _revoke(aws: Aws, key: str, grant: str) -> None:
    try:
        aws.call("kms", "RevokeGrant", KeyId=key, GrantId=grant)
    except AwsAbsent:
        return  # retired or revoked by somebody else since it was listed


def _told(grant: Grant) -> str:
    retiring = grant.get("RetiringPrincipal")
    return f"{grant['GranteePrincipal']} may {_verbs(grant)}" + (f", {retiring} may retire it" if retiring else "")


def _verbs(grant: Grant) -> str:
    return ", ".join(sorted(grant.get("Operations") or ())) or "do nothing"

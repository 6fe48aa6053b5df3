"""What a pod may be in AWS hangs on its cluster's association; a session policy on it takes every permission away.

Blind to: what the pod may do inside the cluster, and credentials it was given before.
"""

from typing import Any

from stanch.catalog.actions._document import deny_all, same
from stanch.catalog.actions._names import short
from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("podidentityassociation",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = ("eks:DescribePodIdentityAssociation", "eks:UpdatePodIdentityAssociation")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Without the association new pods would fall back on the role of their host: so it stays, and denies."""
    cluster, name = _within(resource)
    association = _association(aws, resource)
    whose = f"{association['namespace']}/{association['serviceAccount']}"
    role = association.get("targetRoleArn") or association["roleArn"]
    before = _state(association)
    denied = deny_all(f"Stanch{short(case.incident)}")
    return Plan(
        before=before,
        calls=(
            f"eks:UpdatePodIdentityAssociation {name} of {cluster} ({whose}): a session policy that denies everything",
        ),
        undo=f"eks:UpdatePodIdentityAssociation {name} of {cluster}: {'its own' if before['policy'] else 'no'} policy",
        breaks=(
            f"every pod of {whose} in {cluster} is refused by AWS as soon as it asks for fresh credentials",
            f"NOT cut: the credentials of {role} that pods hold now, for up to six hours (iam/revoke_sessions)",
            f"NOT cut: what they reach inside the cluster; by hand: {_by_hand(association)}",
        ),
        settings={"policy": denied},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"policy": text | None, "disableSessionTags": bool}`."""
    return _state(_association(aws, Arn.parse(step.resource)))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call; EKS takes a session policy only where its session tags are off."""
    wanted = {"policy": step.settings["policy"], "disableSessionTags": True}
    now, before = read(aws, step), step.before or {}
    if not same(now["policy"], wanted["policy"]):
        if not same(now["policy"], before["policy"]) or now["disableSessionTags"] != before["disableSessionTags"]:
            raise Overtaken(f"somebody changed {step.resource} since the plan was made")
        _update(aws, step, wanted)
    settled(lambda: _denies(aws, step), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: only a pod of the cluster could ask for credentials by it."""
    holds = settled(lambda: _denies(aws, step), wait)
    told = "carries the policy that denies everything" if holds else "does not carry the policy that was written"
    return Proof(holds, Method.STATE, (f"{step.resource} {told}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """An empty text takes the policy away where there was none."""
    before = step.before or {}
    now = read(aws, step)
    if not same(now["policy"], before["policy"]) or now["disableSessionTags"] != before["disableSessionTags"]:
        _update(aws, step, {"policy": before["policy"] or "", "disableSessionTags": before["disableSessionTags"]})
    settled(lambda: read(aws, step) == before, wait)


def _association(aws: Aws, resource: Arn) -> dict[str, Any]:
    cluster, name = _within(resource)
    asked = {"clusterName": cluster, "associationId": name}
    found: dict[str, Any] = aws.call("eks", "DescribePodIdentityAssociation", **asked)["association"]
    return found


def _update(aws: Aws, step: Step, change: dict[str, Any]) -> None:
    cluster, name = _within(Arn.parse(step.resource))
    aws.call("eks", "UpdatePodIdentityAssociation", clusterName=cluster, associationId=name, **change)


def _state(association: dict[str, Any]) -> dict[str, Any]:
    return {
        "policy": association.get("policy") or None,
        "disableSessionTags": bool(association.get("disableSessionTags")),
    }


def _denies(aws: Aws, step: Step) -> bool:
    return same(read(aws, step)["policy"], step.settings["policy"])


def _by_hand(association: dict[str, Any]) -> str:
    account, space = association["serviceAccount"], association["namespace"]
    return (
        f"kubectl --namespace {space} get pods --field-selector spec.serviceAccountName={account}, then a "
        "NetworkPolicy that selects them and allows nothing"
    )


def _within(resource: Arn) -> tuple[str, str]:
    """The cluster's name and the association's id."""
    parts = resource.resource.split("/")
    if resource.service != "eks" or len(parts) != 3:
        raise Refused(f"{resource} is no pod identity association: give podidentityassociation/CLUSTER/ID")
    return parts[1], parts[2]

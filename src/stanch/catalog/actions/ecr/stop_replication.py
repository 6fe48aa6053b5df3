"""A registry's replication copies every image that is pushed from now on to the registries that its rules name.

Blind to: images that were replicated before; they belong to the other registry.
"""

import json
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("image-registry",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ecr:DescribeRegistry", "ecr:PutReplicationConfiguration")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take strangers' registries out of the replication rules; a rule of which none is left goes."""
    rules = _rules(aws)
    ours = Ours.of(case.perimeter, aws.account)
    foreign = _foreign(rules, ours)
    if not foreign:
        raise Needless(f"the registry of {aws.account} replicates to nobody outside {', '.join(ours.accounts)}")
    return Plan(
        before={"rules": rules},
        calls=tuple(f"ecr:PutReplicationConfiguration: no longer to {registry}" for registry in foreign),
        undo=f"ecr:PutReplicationConfiguration: to {', '.join(foreign)} again, with the rules as they were",
        breaks=tuple(f"images pushed from now on are not copied to {registry}" for registry in foreign),
        settings={"rules": _without(rules, ours), "ours": ours.to_json()},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"rules": [rule, ...]}` as ECR has them."""
    return {"rules": _rules(aws)}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call; rules that somebody changed since the plan are not overwritten."""
    wanted, now = step.settings["rules"], _rules(aws)
    if now != wanted and now != (step.before or {}).get("rules"):
        raise Overtaken("somebody changed the replication rules since the plan was made")
    _put(aws, wanted)
    settled(lambda: _rules(aws) == wanted, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: no rule names a stranger's registry."""
    ours = Ours.read(step.settings["ours"])
    holds = settled(lambda: not _foreign(_rules(aws), ours), wait)
    who = ", ".join(_foreign(_rules(aws), ours)) or "nobody outside"
    return Proof(holds, Method.STATE, (f"images are replicated to {who}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The rules as they were."""
    before = (step.before or {}).get("rules", [])
    _put(aws, before)
    settled(lambda: _rules(aws) == before, wait)


def _rules(aws: Aws) -> list[dict[str, Any]]:
    found = aws.call("ecr", "DescribeRegistry").get("replicationConfiguration") or {}
    return sorted(found.get("rules") or [], key=lambda rule: json.dumps(rule, sort_keys=True))


def _put(aws: Aws, rules: list[dict[str, Any]]) -> None:
    if _rules(aws) != rules:
        aws.call("ecr", "PutReplicationConfiguration", replicationConfiguration={"rules": rules})


def _without(rules: list[dict[str, Any]], ours: Ours) -> list[dict[str, Any]]:
    left = [{**rule, "destinations": [d for d in rule["destinations"] if _inside(d, ours)]} for rule in rules]
    kept = [rule for rule in left if rule["destinations"]]
    return sorted(kept, key=lambda rule: json.dumps(rule, sort_keys=True))


def _foreign(rules: list[dict[str, Any]], ours: Ours) -> list[str]:
    found = (d for rule in rules for d in rule["destinations"] if not _inside(d, ours))
    return sorted({f"registry {d['registryId']} in {d['region']}" for d in found})


def _inside(destination: dict[str, Any], ours: Ours) -> bool:
    return destination["registryId"] in ours.accounts

"""A host's credentials work in every region, and CloudTrail tells the region that was called, not where the host is.

Reads: the name of the session with which a lineage began, which EC2 makes of the instance's id.
Blind to: a session that somebody named like an instance, where no call in the logs handed it out.
"""

from collections.abc import Mapping, Sequence

from stanch.domain.arn import Arn, ArnError
from stanch.domain.finding import Finding
from stanch.domain.incident import Incident
from stanch.domain.step import Step
from stanch.engine.enrich.caller import instance_named

_INSTANCE = ":instance/"

Hosts = Mapping[str, Sequence[str]]
"""The ARNs under which an incident names an instance, by its id: one for each region that was called."""


def hosts_of(incident: Incident) -> Hosts:
    """Every instance that the findings name: one that called IAM alone here may have called elsewhere in another."""
    named = dict.fromkeys(arn for finding in incident.findings for arn in finding.resources if _INSTANCE in arn)
    found: dict[str, list[str]] = {}
    for arn in named:
        found.setdefault(_id(arn), []).append(arn)
    return found


def host_behind(finding: Finding) -> str | None:
    """The id of the instance with whose credentials it began; None where it began with anything else.

    A session that a known call handed out has that caller for its root, whatever he called it: no host is behind it.
    """
    try:
        root = Arn.parse(finding.actor.root)
    except ArnError:
        return None
    return instance_named(root.resource.rpartition("/")[2]) if root.kind == "session" else None


def named_as(host: str, finding: Finding, hosts: Hosts) -> list[str]:
    """Its ARNs in the account in which the lineage began: a stranger may call his session like a host of ours."""
    account = Arn.parse(finding.actor.root).account
    return [arn for arn in hosts.get(host, ()) if Arn.parse(arn).account == account]


def is_ours(finding: Finding) -> bool:
    """Whether it began in an account of which it names a role to contain: a stranger's host is not ours to isolate."""
    account = Arn.parse(finding.actor.root).account
    return any(f":iam::{account}:role/" in arn for arn in finding.resources)


def at_home(steps: Sequence[Step]) -> list[Step]:
    """The steps without those on a host in regions where it is not, once it was found in one."""
    found: dict[str, set[str]] = {}
    for step in steps:
        if _INSTANCE in step.resource and step.before is not None:
            found.setdefault(_id(step.resource), set()).add(step.resource)
    return [step for step in steps if step.resource in found.get(_id(step.resource), {step.resource})]


def _id(arn: str) -> str:
    return arn.rpartition(_INSTANCE)[2]

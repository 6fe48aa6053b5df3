"""What a stolen credential was used on is not what must be stopped: that is whoever holds it, and the way it came."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stanch.contracts.action import Action
from stanch.contracts.playbook import Playbook
from stanch.domain.arn import Arn, ArnError, role_of_session
from stanch.domain.finding import Finding
from stanch.domain.incident import Incident
from stanch.engine.contain.hosts import Hosts, host_behind, hosts_of, is_ours, named_as
from stanch.engine.contain.spelling import GATEWAY

_HOLDERS = frozenset({"user", "role", "instance"})
"""Who holds credentials: a playbook for one of these is about a thief, any other about what he did."""
_ELSEWHERE = {
    "root": "no policy binds the root user of an account: change its password and delete its access keys by hand",
    "federated-user": "its session is bound by the policies of the user that opened it: name that user instead",
}
_NAME_HOST = "contain it with --resource and its ARN"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for the resources he named: a playbook, or actions; else the playbook for each kind."""

    playbook: str | None = None
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One action to plan on one resource; without an action it is something that nothing can be done about.

    `named` are the ARNs by which it was found: a session's, where `resource` is its role.
    """

    action: str | None
    resource: str
    why: str
    playbook: str | None = None
    named: tuple[str, ...] = ()
    account: str | None = None


def by_hand(
    resources: Iterable[str],
    actions: Mapping[str, Action],
    playbooks: Mapping[str, Playbook],
    chosen: "Choice | None" = None,
) -> Iterator[Target]:
    """For each of these ARNs the actions that apply to it: those chosen, or those of the playbook for its kind."""
    chosen = chosen or Choice()
    for asked in resources:
        try:
            arn = acted_on(asked)
        except ArnError as error:
            yield Target(None, asked, str(error))
            continue
        played = None if chosen.actions else chosen.playbook or _playbook_for(arn.kind, playbooks)
        listed = playbooks[played].ACTIONS if played else chosen.actions or _gentle(arn.kind, actions)
        fitting = [name for name in listed if name in actions and arn.kind in actions[name].APPLIES_TO]
        for name in fitting:
            yield Target(name, str(arn), "asked for by hand", played, named=(asked,))
        if not fitting:
            yield Target(None, str(keyless(Arn.parse(asked))), _no_action(arn.kind, actions, played, chosen.actions))


def _gentle(kind: str, actions: Mapping[str, Action]) -> list[str]:
    """Every action, where no playbook is for this kind; none for what cannot be contained by naming it."""
    return [] if kind in _ELSEWHERE else sorted(actions)


def _playbook_for(kind: str, playbooks: Mapping[str, Playbook]) -> str | None:
    return next((name for name in sorted(playbooks) if kind in playbooks[name].FOR), None)


def _no_action(kind: str, actions: Mapping[str, Action], played: str | None, chosen: Sequence[str]) -> str:
    if chosen:
        fits = "; ".join(f"{name} acts on {', '.join(actions[name].APPLIES_TO)}" for name in chosen if name in actions)
        return f"none of the chosen actions is for a {kind}: {fits}"
    if kind in _ELSEWHERE:
        return _ELSEWHERE[kind]
    if played:
        return f"the playbook {played} has no action for a {kind}"
    kinds = sorted({kind for action in actions.values() for kind in action.APPLIES_TO})
    return f"no action contains a {kind}; there is one for each {', '.join(kinds)}"


def from_findings(
    incident: Incident, actions: Mapping[str, Action], playbooks: Mapping[str, Playbook]
) -> Iterator[Target]:
    """For each finding what stays open by hand, then its playbook's actions on the resources to which they apply.

    A detection knows what was done, not who will do it: its playbook for a stolen key may be played against a session
    or a host. So where that playbook is about a thief, whoever acted is first disarmed by the one for what he holds.
    """
    hosts = hosts_of(incident)
    for finding in incident.findings:
        if not finding.attempt and (finding.by_hand or finding.playbook is None):
            yield Target(None, _touched(finding), finding.by_hand or f"no playbook answers this yet: {finding.title}")
        if finding.playbook is None:
            continue
        if finding.playbook in playbooks:
            if _HOLDERS & {*playbooks[finding.playbook].FOR}:
                yield from _disarmed(finding, hosts, actions, playbooks)
            yield from _played(finding, finding.playbook, playbooks, actions, list(_resources(finding)))
        else:
            yield Target(None, finding.actor.arn, f"there is no playbook {finding.playbook!r} ({finding.detection})")


def _disarmed(
    finding: Finding, hosts: Hosts, actions: Mapping[str, Action], playbooks: Mapping[str, Playbook]
) -> Iterator[Target]:
    """The host behind a lineage, its beginning and its sessions, each by the playbook for its kind."""
    host = host_behind(finding)
    there = named_as(host, finding, hosts) if host else []
    named = (*there, finding.actor.root, finding.actor.arn, *finding.sessions)
    for text, arn in _acted_on(named):
        played = _playbook_for(arn.kind, playbooks)
        if played:
            yield from _played(finding, played, playbooks, actions, [(text, arn)])
    if host and not there and is_ours(finding):
        why = f"no call tells the region of its host {host}, which hands out the next session: {_NAME_HOST}"
        yield Target(None, finding.actor.root, why, finding.playbook)


def _played(
    finding: Finding,
    playbook: str,
    playbooks: Mapping[str, Playbook],
    actions: Mapping[str, Action],
    resources: Sequence[tuple[str, Arn]],
) -> Iterator[Target]:
    for _, arn in resources:
        if arn.kind in _ELSEWHERE:
            yield Target(None, str(arn), _ELSEWHERE[arn.kind], playbook)
    for name in playbooks[playbook].ACTIONS:
        if name not in actions:
            yield Target(None, finding.actor.arn, f"there is no action {name!r} (playbook {playbook})")
            continue
        for text, arn in resources:
            if arn.kind in actions[name].APPLIES_TO:
                yield Target(name, str(arn), finding.title, playbook, (text,), finding.account or None)


def resources_of(incident: Incident) -> set[str]:
    """Every ARN on which containment of this incident may act: what to look for when asking who else uses it."""
    found = {str(arn) for finding in incident.findings for _, arn in _resources(finding)}
    for named in incident.by_hand:
        try:
            found.add(str(acted_on(named)))
        except ArnError:
            continue
    return found


def _touched(finding: Finding) -> str:
    """What to name when a person must act: the thing that was changed, or whoever changed it."""
    return (*(asset.arn for asset in finding.assets), *finding.resources, finding.actor.arn)[0]


def _resources(finding: Finding) -> Iterator[tuple[str, Arn]]:
    """The caller, its lineage (each role on the way and the identity it began with), and what was touched.

    Each as the finding names it, and as the resource that containment changes for it.
    """
    actor = finding.actor
    named = (actor.arn, actor.origin or "", *finding.sessions, *finding.resources, *(a.arn for a in finding.assets))
    return _acted_on(named)


def _acted_on(named: Iterable[str]) -> Iterator[tuple[str, Arn]]:
    for text in dict.fromkeys(named):
        try:
            yield text, acted_on(text)
        except ArnError:
            continue  # "anonymous", "cloudtrail.amazonaws.com": nobody whom a policy of ours could bind


def acted_on(text: str) -> Arn:
    """The resource that containment changes for this ARN: the role of a session, the bucket of an object."""
    arn = keyless(Arn.parse(role_of_session(text) or text))
    if arn.kind == "object":
        return Arn(arn.partition, arn.service, arn.region, arn.account, arn.resource.split("/", 1)[0])
    return arn


def keyless(arn: Arn) -> Arn:
    """The ARN with a gateway's key by its hash: one in clear would stand in the journal for ever."""
    kind, _, key = arn.resource.partition("/")
    if arn.partition != GATEWAY or not key.startswith("sk-"):
        return arn
    return replace(arn, resource=f"{kind}/{hashlib.sha256(key.encode()).hexdigest()}")


def unique(targets: Iterable[Target]) -> list[Target]:
    """One target for each action and resource, the first one's reason with how many others there are.

    What a person must do is said whole: nothing else in the plan says it.
    """
    together: dict[tuple[str | None, str], list[Target]] = {}
    for target in targets:
        together.setdefault((target.action, target.resource), []).append(target)
    return [_one(same) for same in together.values()]


def _one(same: Sequence[Target]) -> Target:
    first = same[0]
    named = tuple(dict.fromkeys(text for target in same for text in target.named))
    reasons = tuple(dict.fromkeys(target.why for target in same))
    others = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return replace(first, named=named, why="; ".join(reasons) if first.action is None else f"{first.why}{others}")

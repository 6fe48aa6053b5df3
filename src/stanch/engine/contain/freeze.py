"""Whoever administers an account takes a quarantine away as fast as it is put on, unless it is held from above.

An account is frozen where the finding's playbook says so, as where a role was backdoored or the log tampered with, and
wherever a caller of the incident is an administrator: declared so in stanch.toml, or by his rights in the snapshot.
"""

from collections.abc import Iterator, Mapping

from stanch.contracts.action import Action
from stanch.contracts.playbook import Playbook
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate, Purpose, Side
from stanch.domain.finding import Finding
from stanch.domain.incident import Incident
from stanch.domain.step import Phase
from stanch.engine.contain.collateral import Around
from stanch.engine.contain.targets import Target, acted_on

_KIND = "account"


def freezes(
    incident: Incident,
    actions: Mapping[str, Action],
    playbooks: Mapping[str, Playbook],
    estate: Estate,
    around: Around,
    partition: str,
) -> Iterator[Target]:
    """What freezes the accounts of an incident; nothing where no policy was placed beforehand for it."""
    freezing = {name for name, one in actions.items() if one.PHASE is Phase.FREEZE and _KIND in one.APPLIES_TO}
    if not estate.response.freeze_policy or not freezing:
        return
    for finding in incident.findings:
        if finding.attempt:
            continue
        played = playbooks.get(finding.playbook or "")
        why = {finding.account: finding.title} if played and freezing & {*played.ACTIONS} else {}
        why |= {
            arn.account: f"{arn.kind} {arn.name} administers the account" for arn in _rulers(finding, estate, around)
        }
        for account, because in why.items():
            if account.isdecimal() and estate.perimeter.account(account) is not Side.OUTSIDE:
                named = str(Arn(partition, "organizations", "", "", f"{_KIND}/{account}"))
                yield from (Target(name, named, because, finding.playbook) for name in sorted(freezing))


def _rulers(finding: Finding, estate: Estate, around: Around) -> Iterator[Arn]:
    """The administrators among the finding's callers."""
    for text in dict.fromkeys((finding.actor.arn, finding.actor.origin or "", *finding.sessions)):
        try:
            arn = acted_on(text)
        except ArnError:
            continue
        if estate.purpose_of((text, str(arn))) is Purpose.ADMIN or around.rules(str(arn)):
            yield arn

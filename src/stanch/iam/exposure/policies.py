"""A policy lets an outsider in when some request of his fits a grant and none of its denials.

The question is asked for each kind of outsider there is: the anonymous, any account, each account and organisation that
the policy names, each service on a stranger's behalf, the users of an identity provider.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stanch.iam.accounts import account_of
from stanch.iam.binding import is_fixed
from stanch.iam.exposure.domains import Domain, fixed, standing
from stanch.iam.exposure.federated import Sighting, seen
from stanch.iam.exposure.meeting import FRESH
from stanch.iam.exposure.openings import closings
from stanch.iam.exposure.outsiders import PLACE_KEYS, SERVICE_KEYS, SOURCE_KEYS, Crowd, Outsider
from stanch.iam.exposure.perimeter import Exposure, Findings, Perimeter
from stanch.iam.exposure.reach import Demand, can_meet
from stanch.iam.exposure.services import Service, runs_own_workloads
from stanch.iam.policy import Condition, Policy, Principal, Statement

_SHOWN = 5  # of many accounts, in one sentence
_ASKED_ONE_BY_ONE = 256
"""Accounts and organisations that conditions name; of more, none is asked, and all are taken to get in."""


def of_policy(
    policy: Policy, perimeter: Perimeter, service: Service, extra: Mapping[str, Domain] | None = None
) -> Exposure:
    """Say who gets in by one policy of one resource.

    extra: keys that each request has by the way it comes, in lower case.
    """
    asked = _Asked(policy, perimeter, service, extra or {})
    findings = Findings()
    for index, statement in enumerate(policy.statements):
        if statement.effect == "Allow":
            named = f"Statement[{index}]" + (f" ({statement.sid})" if statement.sid else "")
            asked.note(statement, named, findings)
    return findings.done()


@dataclass(frozen=True, slots=True)
class _Grant:
    """One Allow: the denials about each thing it opens, and the conditions to be met."""

    statement: Statement
    closings: Sequence[tuple[Statement, ...]]

    def lets_in(self, outsider: Outsider, demands: Sequence[Demand]) -> bool:
        return any(can_meet(outsider, demands, [d for d in group if _hits(d, outsider)]) for group in self.closings)

    @property
    def demands(self) -> list[Demand]:
        return [Demand(condition, self.statement.variables) for condition in self.statement.conditions]


class _Asked:
    def __init__(self, policy: Policy, perimeter: Perimeter, service: Service, extra: Mapping[str, Domain]) -> None:
        self._perimeter, self._service = perimeter, service
        keys = {**(_of_resource(perimeter) if service.fixes_resource else {}), **extra}
        self._crowd = Crowd(perimeter, policy.statements, keys)
        self._denials = [statement for statement in policy.statements if statement.effect == "Deny"]
        self._context = standing(keys)

    def note(self, statement: Statement, where: str, findings: Findings) -> None:
        grant = _Grant(statement, closings(statement, self._denials, self._context))
        listed = statement.principals or ()
        if statement.not_principals is not None or Principal("AWS", "*") in listed:
            self._note_everyone(grant, where, findings)
        for principal in listed:
            match principal.kind:
                case "AWS" if principal.value != "*":
                    self._note_identity(principal.value, grant, where, findings)
                case "Service":
                    self._note_service(principal.value, grant, where, findings)
                case "Federated":
                    self._note_federated(principal.value, grant, where, findings)
                case "CanonicalUser" if principal.value not in self._perimeter.canonical:
                    if grant.lets_in(_other(principal.value), ()):
                        findings.note_canonical(principal.value, where, known=self._perimeter.canonical_known)

    def _note_everyone(self, grant: _Grant, where: str, findings: Findings) -> None:
        findings.counted |= self._is_counted(grant)
        excepted = grant.statement.not_principals or ()
        everyone = [self._crowd.anonymous(), self._crowd.stranger()]
        if _has_key(grant, SOURCE_KEYS):
            everyone.append(self._crowd.service(None))
        anyone = [who for who in everyone if not who.is_spared_by(excepted) and grant.lets_in(who, grant.demands)]
        if anyone:
            who = "anybody" if anyone[0].kind == "anonymous" else "any account of AWS"
            findings.note(where, f"lets in {who}", public=True)
        elif _has_key(grant, SERVICE_KEYS) and grant.lets_in(self._crowd.service(None), grant.demands):
            findings.note(where, "lets in every service of AWS, whoever sends it", outside=["service:*"])
        else:
            self._note_spared(grant, where, findings)
        self._note_named(grant, where, findings)
        self._note_places(grant, [self._crowd.stranger(), self._crowd.service(None)], findings)

    def _note_spared(self, grant: _Grant, where: str, findings: Findings) -> None:
        """Those whom a denial of everyone else exempts by name."""
        listed = {p.value for denial in self._denials for p in denial.not_principals or () if p.kind == "AWS"}
        excepted = {p.value for p in grant.statement.not_principals or () if p.kind == "AWS"}
        for name in sorted(listed - excepted) if not {"*"} & (listed | excepted) else ():
            self._note_identity(name, grant, where, findings)

    def _note_named(self, grant: _Grant, where: str, findings: Findings) -> None:
        """Of those whom Principal does not tell apart, the ones that conditions name."""
        conditions = [c for s in (grant.statement, *self._denials) for c in s.conditions]
        named = _accounts_in(conditions) & self._crowd.accounts
        senders = sorted(named) + [f"org:{one}" for one in sorted(self._crowd.organizations)]
        meant = _accounts_in(grant.statement.conditions) | _organizations_in(grant.statement.conditions)
        stranger = grant.lets_in(self._crowd.stranger(), grant.demands)
        found = senders if len(senders) > _ASKED_ONE_BY_ONE else []
        for sender in senders if not found else ():
            name = sender.removeprefix("org:")
            make = self._crowd.account if name == sender else self._crowd.member
            who = make(name, roams=name in meant)  # a place of ours makes none of ours of whom the grant itself names
            sent = self._crowd.service(None, sender)
            if who.is_spared_by(grant.statement.not_principals or ()):
                continue
            direct = not stranger and grant.lets_in(who, grant.demands)
            if direct or (_has_key(grant, SOURCE_KEYS) and grant.lets_in(sent, grant.demands)):
                found.append(sender)
        if found and not self._is_open_to_services(grant):
            findings.note(where, f"lets in {_named(found)}", outside=found)

    def _is_open_to_services(self, grant: _Grant) -> bool:
        return _has_key(grant, SOURCE_KEYS) and grant.lets_in(self._crowd.service(None), grant.demands)

    def _note_identity(self, name: str, grant: _Grant, where: str, findings: Findings) -> None:
        account = account_of(name)
        if account is None:
            # AIDA..., AROA...: what AWS leaves of a deleted principal. No caller ever has that name again.
            if not name.isalnum() and grant.lets_in(_other(name), ()):
                findings.unplaced.add(name)
            return
        if self._perimeter.has_account(account):
            return
        whole = name == account or name.endswith(":root")
        if grant.lets_in(self._crowd.account(account, () if whole else (name,)), grant.demands):
            findings.note(where, f"lets in account {account}", outside=[account])

    def _note_service(self, name: str, grant: _Grant, where: str, findings: Findings) -> None:
        sent = self._crowd.service(name)
        if self._service.name == "iam" and runs_own_workloads(name):
            pass
        elif grant.lets_in(sent, grant.demands):
            public = name == "*"
            findings.note(where, f"lets in {name}, whoever sends it", public=public, outside=[f"service:{name}"])
        else:
            self._note_places(grant, [sent], findings)
        conditions = [c for s in (grant.statement, *self._denials) for c in s.conditions]
        named = sorted(_accounts_in(conditions) & self._crowd.accounts)
        named += [f"org:{one}" for one in sorted(self._crowd.organizations)]
        if not grant.lets_in(sent, grant.demands):
            found = [who for who in named if grant.lets_in(self._crowd.service(name, who), grant.demands)]
            if found:
                findings.note(where, f"lets in {name} on behalf of {_named(found)}", outside=found)

    def _note_federated(self, provider: str, grant: _Grant, where: str, findings: Findings) -> None:
        if not grant.lets_in(_other(provider), ()):
            return
        sighting: Sighting = seen(provider, grant.statement)
        if sighting.why:
            findings.note(where, sighting.why, public=sighting.public, outside=[f"federated:{sighting.issuer}"])
        findings.unplaced |= set(sighting.unplaced)

    def _note_places(self, grant: _Grant, outsiders: Iterable[Outsider], findings: Findings) -> None:
        """Where a stranger gets in only from somewhere that the perimeter does not know, the place is named."""
        for who in outsiders:
            if grant.lets_in(who, grant.demands) or (who.kind == "service" and not _has_key(grant, SOURCE_KEYS)):
                continue
            if grant.lets_in(self._crowd.visitor(who), grant.demands):
                findings.unplaced |= {place for place in _places(grant) if not self._is_ours(place)}

    def _is_ours(self, place: str) -> bool:
        account = account_of(place)
        return self._perimeter.has_place(place) or (account is not None and self._perimeter.has_account(account))

    def _is_counted(self, grant: _Grant) -> bool:
        """Whether S3 calls a grant to everyone public: it knows fixed values alone, and no pattern of them.

        Source: S3 User Guide, "The meaning of public".
        """
        if not self._service.s3_rules:
            return False
        fixed_ones = [d for d in grant.demands if is_fixed(d.condition, variables=grant.statement.variables)]
        excepted = grant.statement.not_principals or ()
        everyone = (self._crowd.anonymous(), self._crowd.stranger())
        return any(not who.is_spared_by(excepted) and grant.lets_in(who, fixed_ones) for who in everyone)


def _hits(denial: Statement, outsider: Outsider) -> bool:
    if denial.principals is not None:
        return outsider.is_named_in(denial.principals)
    return denial.not_principals is not None and not outsider.is_spared_by(denial.not_principals)


def _of_resource(perimeter: Perimeter) -> dict[str, Domain]:
    organizations = tuple(perimeter.organizations)
    own = organizations[0] if len(organizations) == 1 else f"o-{FRESH}owner"
    known = fixed(own) if len(organizations) == 1 else Domain(stands_for=own)
    return {"aws:resourceaccount": fixed(perimeter.owner), "aws:resourceorgid": known}


def _other(name: str) -> Outsider:
    return Outsider(name, "other", names=(name,))


def _has_key(grant: _Grant, keys: Iterable[str]) -> bool:
    wanted = set(keys)
    return any(condition.key.lower() in wanted for condition in grant.statement.conditions)


def _accounts_in(conditions: Iterable[Condition]) -> set[str]:
    return {account for c in conditions for value in c.values if (account := account_of(value))}


def _organizations_in(conditions: Iterable[Condition]) -> set[str]:
    return {value.partition("/")[0] for c in conditions for value in c.values if value.startswith("o-")}


def _places(grant: _Grant) -> set[str]:
    denials = {id(denial): denial for group in grant.closings for denial in group}
    positive = [c for c in grant.statement.conditions if not c.operator.negated]
    positive += [c for denial in denials.values() for c in denial.conditions if c.operator.negated]
    return {value for c in positive if c.key.lower() in PLACE_KEYS for value in c.values}


def _named(found: Sequence[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    words = [who.replace("org:", "organisation ") if who.startswith("org:") else f"account {who}" for who in found]
    return ", ".join(words[:_SHOWN]) + more

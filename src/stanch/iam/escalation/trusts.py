"""Who may become a role is said twice: by the role's trust, and by the policies of whoever asks.

In one account a trust that names the caller suffices, and one that names the account leaves it to the caller's own
policies; across accounts both are needed. IAM User Guide, "Cross-account policy evaluation logic".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stanch.iam.accounts import account_of
from stanch.iam.conditions import ConditionTest
from stanch.iam.escalation.asker import Asker, answer, as_service, is_personal, of_the_thing
from stanch.iam.escalation.landscape import Landscape
from stanch.iam.escalation.rules import Verdict
from stanch.iam.escalation.standing import Granted, Standing
from stanch.iam.escalation.things import Bits, gathered
from stanch.iam.matching import names_action
from stanch.iam.organization import Identity
from stanch.iam.policy import Condition, Policy, Statement
from stanch.iam.principals import denies

ASSUME = "sts:assumerole"
_NOWHERE = Granted()


@dataclass(slots=True)
class _Naming:
    """The roles whose trust names one principal in one way, under the same conditions."""

    tests: tuple[ConditionTest, ...]
    roles: list[int] = field(default_factory=list)
    bits: Bits = 0
    kept: Granted | None = None

    @property
    def personal(self) -> bool:
        return any(is_personal(test) for test in self.tests)


_Key = tuple[str, str, tuple[Condition, ...], bool]


class Trusts:
    """The trusts of all roles, by whom they name."""

    def __init__(self, landscape: Landscape) -> None:
        self._land = landscape
        self._namings: dict[tuple[str, str], list[_Naming]] = {}
        self._sparing: list[tuple[Statement, int]] = []
        self._read(landscape.identities)
        self._services: dict[tuple[str, str], Granted] = {}

    def open_to(self, number: int, standing: Standing, asker: Asker) -> Granted:
        """The roles of all accounts that a principal may assume."""
        identity, things = self._land.identities[number], self._land.things
        home = things.of_account(identity.account)
        alone, behind_boundary, by_account = self._named(identity, asker)
        may = standing.may(ASSUME, asker)
        direct = standing.may_when_named(ASSUME, asker, bounded=False)
        bounded = standing.may_when_named(ASSUME, asker, bounded=True)
        here = (alone & direct) | (behind_boundary & bounded) | (by_account & may)
        abroad = (alone | behind_boundary | by_account) & may
        found = ((here & home) | (abroad & ~home)).less(self._denied(identity, standing, asker))
        return self._within_rcps(found, asker) if found.possible else found

    def once_named(self, number: int, standing: Standing, asker: Asker) -> Granted:
        """The things of its account that a principal may assume, if their trust named it."""
        identity = self._land.identities[number]
        named = standing.may_when_named(ASSUME, asker, bounded=identity.kind == "role")
        found = named & self._land.things.of_account(identity.account)
        return self._within_rcps(found, asker)

    def admitting(self, services: Iterable[str], account: str) -> Granted:
        """The roles of an account that any of the services may use."""
        found = _NOWHERE
        for service in services:
            for domain in (".amazonaws.com", ".amazonaws.com.cn"):
                found |= self._service(service + domain, account)
        return found

    def _service(self, name: str, account: str) -> Granted:
        key = (name, account)
        if key not in self._services:
            asker = as_service(name, account, -2)
            found = self._holding(("Allow Service", name), asker) | self._holding(("Allow Service", "*"), asker)
            denied = self._holding(("Deny AWS", "*"), asker) | self._holding(("Deny Service", name), asker)
            left = found.less(Verdict(denied=denied.sure, deniable=denied.possible))
            self._services[key] = left & self._land.things.of_account(account)
        return self._services[key]

    def _named(self, identity: Identity, asker: Asker) -> tuple[Granted, Granted, Granted]:
        own = self._holding(("Allow AWS", identity.arn), asker)
        everyone = self._holding(("Allow AWS", "*"), asker)
        sessions = self._holding(("Allow session", _session_of(identity)), asker)
        alone = everyone | Granted(0, sessions.possible)  # under the one name that the trust lists
        by_account = self._holding(("Allow AWS", identity.account), asker)
        return (alone | own, _NOWHERE, by_account) if identity.kind == "user" else (alone, own, by_account)

    def _denied(self, identity: Identity, standing: Standing, asker: Asker) -> Verdict:
        denied = _NOWHERE
        for named in ("*", identity.arn, identity.account):
            denied |= self._holding(("Deny AWS", named), asker)
        denied |= Granted(0, self._holding(("Deny session", _session_of(identity)), asker).possible)
        for statement, place in self._sparing:
            if denies(statement, asker.caller, bounded=standing.fences.boundary is not None):
                tests = (ConditionTest(c, variables=statement.variables) for c in statement.conditions)
                denied |= self._hold(tuple(tests), 1 << place, asker)
        return Verdict(denied=denied.sure, deniable=denied.possible)

    def _within_rcps(self, found: Granted, asker: Asker) -> Granted:
        for account, levels in self._land.organization.rcps.items():
            theirs = self._land.things.of_account(account)
            for named in (named for level in levels for named in level) if theirs & found.possible else ():
                verdict = self._land.document(named).judge(ASSUME, asker)
                found = found.less(Verdict(denied=verdict.denied & theirs, deniable=verdict.deniable & theirs))
        return found

    def _holding(self, key: tuple[str, str], asker: Asker) -> Granted:
        found = _NOWHERE
        for naming in self._namings.get(key, ()):
            if naming.kept is None or naming.personal:
                naming.kept = self._hold(naming.tests, naming.bits, asker)
            found |= naming.kept
        return found

    def _hold(self, tests: tuple[ConditionTest, ...], roles: Bits, asker: Asker) -> Granted:
        sure = possible = roles
        for test in tests:
            if of_the_thing(test):
                sure = 0  # told apart role by role it would say more, and trusts hardly ever ask that
                continue
            held = answer(test, asker, "sts", {})
            if held is False:
                return _NOWHERE
            sure = sure if held else 0
        return Granted(sure, possible)

    def _read(self, identities: Iterable[Identity]) -> None:
        entries: dict[str, list[tuple[str, str, Statement]]] = {}
        namings: dict[_Key, _Naming] = {}
        for identity in identities:
            place = self._land.place[identity.arn]
            if identity.trust is None:
                continue
            if identity.trust.source not in entries:
                entries[identity.trust.source] = list(_entries(identity.trust))
            for how, who, statement in entries[identity.trust.source]:
                if who == "":
                    self._sparing.append((statement, place))
                    continue
                key = (how, who, statement.conditions, statement.variables)
                if key not in namings:
                    tests = tuple(ConditionTest(c, variables=statement.variables) for c in statement.conditions)
                    namings[key] = _Naming(tests)
                    self._namings.setdefault((how, who), []).append(namings[key])
                namings[key].roles.append(place)
        for naming in namings.values():
            naming.bits = gathered(naming.roles)


def _entries(trust: Policy) -> Iterator[tuple[str, str, Statement]]:
    """Each principal of each statement about assuming the role: how it is named, and who; "" for NotPrincipal."""
    for statement in trust.statements:
        if not names_action(statement, "sts:AssumeRole"):
            continue
        if statement.not_principals is not None and statement.effect == "Deny":
            yield "Deny", "", statement
        for principal in statement.principals or ():
            if principal.kind == "Service":
                yield f"{statement.effect} Service", principal.value, statement
            elif principal.kind == "AWS":
                how, who = _who(principal.value)
                yield f"{statement.effect} {how}", who, statement


def _who(named: str) -> tuple[str, str]:
    account = account_of(named)
    if account and (named == account or named.endswith(":root")):
        return "AWS", account
    if ":assumed-role/" in named:
        return "session", named.rpartition("/")[0]
    return "AWS", named


def _session_of(identity: Identity) -> str:
    partition = identity.arn.split(":", 2)[1]
    return f"arn:{partition}:sts::{identity.account}:assumed-role/{identity.name}"

"""A resource policy names its callers, and how it names them decides what the grant is worth.

IAM User Guide, "Policy evaluation logic" and "AWS JSON policy elements: NotPrincipal". A role asks through sessions
whose names nobody knows yet: what is said of one session is a doubt about its role.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stanch.domain.arn import Arn
from stanch.iam.accounts import is_account, read_arn
from stanch.iam.ask.bits import NONE, Doubted, either
from stanch.iam.ask.callers import Callers
from stanch.iam.policy import Principal, Statement


@dataclass(frozen=True, slots=True)
class Named:
    """The callers that some principals name: directly, as a role, as a session of a role, as all of an account."""

    everyone: bool = False
    users: int = 0
    roles: int = 0
    sessions: int = 0
    accounts: int = 0


@dataclass(slots=True)
class Granted:
    """What a resource policy says: whom it lets in, by the grant's strength, and whom it keeps out."""

    account: Doubted = NONE
    role: Doubted = NONE
    direct: Doubted = NONE
    denied: Doubted = NONE

    @property
    def anyhow(self) -> Doubted:
        """All who are let in."""
        return either(either(self.account, self.role), self.direct)

    def note(self, statement: Statement, whom: Doubted, named: "Whom") -> None:
        """Add what one statement says of the callers it applies to."""
        if statement.effect == "Deny":
            self.denied = either(self.denied, whom.within(named.denied))
            return
        self.account = either(self.account, whom.within(named.account))
        self.role = either(self.role, whom.within(named.role))
        self.direct = either(self.direct, whom.within(named.direct))


@dataclass(frozen=True, slots=True)
class Whom:
    """The callers that one statement's principals are about."""

    account: Doubted = NONE
    role: Doubted = NONE
    direct: Doubted = NONE
    denied: Doubted = NONE


def whom(statement: Statement, callers: Callers, *, rcp: bool = False) -> Whom:
    """Take Principal or NotPrincipal apart. rcp: the statement is a resource control policy's, which may have none."""
    everyone = Doubted(callers.everyone, callers.everyone)
    if statement.principals is not None:
        return _whom_named(_named(statement.principals, callers), everyone)
    if statement.not_principals is not None:
        named = _named(statement.not_principals, callers)
        return Whom(direct=_not_named(named, callers), denied=_not_spared(named, callers))
    return Whom(denied=everyone if rcp else NONE)


def _whom_named(named: Named, everyone: Doubted) -> Whom:
    if named.everyone:
        return Whom(direct=everyone, denied=everyone)
    closely = named.users | named.roles | named.accounts
    return Whom(
        account=Doubted(named.accounts, named.accounts),
        role=Doubted(named.roles, named.roles),
        direct=Doubted(named.users, named.users | named.sessions),
        denied=Doubted(closely, closely | named.sessions),
    )


def _not_named(named: Named, callers: Callers) -> Doubted:
    if named.everyone:
        return NONE
    left = callers.everyone & ~(named.users | named.roles | named.accounts)
    return Doubted(left & ~named.sessions, left)


def _not_spared(named: Named, callers: Callers) -> Doubted:
    """A caller is spared only if all his names are listed, and never if he has a boundary."""
    spared = callers.everyone if named.everyone else named.users & named.accounts & ~named.roles
    perhaps = spared | (named.sessions & named.roles & named.accounts)
    return Doubted(callers.everyone & ~(perhaps & ~callers.bounded), callers.everyone & ~(spared & ~callers.bounded))


def _named(principals: Iterable[Principal], callers: Callers) -> Named:
    everyone = False
    users = roles = sessions = accounts = 0
    for principal in principals:
        if principal.kind != "AWS":
            continue
        name = principal.value
        if name == "*":
            everyone = True
        elif is_account(name):
            accounts |= callers.of_account.get(name, 0)
        elif arn := read_arn(name):
            found = callers.one(name)
            users |= found & ~callers.roles
            roles |= found & callers.roles
            sessions |= _session(arn, callers)
            accounts |= _root(arn, callers)
    return Named(everyone, users, roles, sessions, accounts)


def _session(arn: Arn, callers: Callers) -> int:
    if arn.service != "sts" or not arn.resource.startswith("assumed-role/"):
        return 0
    return callers.role_of_session(arn.account, arn.resource.split("/")[1]) & callers.of_partition(arn.partition)


def _root(arn: Arn, callers: Callers) -> int:
    if (arn.service, arn.resource) != ("iam", "root"):
        return 0
    return callers.of_account.get(arn.account, 0) & callers.of_partition(arn.partition)

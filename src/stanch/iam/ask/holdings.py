"""Organisations attach the same few policies a thousand times: each statement is read once, for all who have it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from stanch.iam.ask.bits import bits_of
from stanch.iam.ask.callers import Callers
from stanch.iam.ask.folding import Folding
from stanch.iam.ask.index import Index, Owned
from stanch.iam.organization import Level, Organization
from stanch.iam.policy import Policy, Statement

IDENTITY, BOUNDARY = 0, 4
"""The layers that callers hold themselves, as places in a reading."""

_MOST_ACTIONS = 32  # kept indexes; an index of ten thousand roles takes some 20 MB


class Holdings:
    """What all callers hold: their identity policies and their boundaries."""

    def __init__(self, callers: Callers, folding: Folding) -> None:
        self._callers, self._folding = callers, folding
        policies: dict[tuple[int, str], tuple[Policy, list[int]]] = {}
        for at, one in enumerate(callers.identities):
            for named in one.policies:
                policies.setdefault((IDENTITY, named.policy.source), (named.policy, []))[1].append(at)
            if one.boundary is not None:
                source = one.boundary.policy.source
                policies.setdefault((BOUNDARY, source), (one.boundary.policy, []))[1].append(at)
        self._statements = list(_interned(policies))
        self._by_service: dict[str, list[Owned]] = defaultdict(list)
        for owned in self._statements:
            for service in _services(owned[0]):
                self._by_service[service].append(owned)
        self._indexes: dict[str, Index] = {}

    def index(self, action: str) -> Index:
        """The statements about an action, in lower case."""
        if action not in self._indexes:
            if len(self._indexes) >= _MOST_ACTIONS:
                self._indexes.clear()
            service = action.partition(":")[0]
            near = (*self._by_service.get(service, ()), *self._by_service.get("*", ()))
            about = [owned for owned in near if owned[0].clause.names_action(action)]
            self._indexes[action] = Index(about, self._callers, self._folding)
        return self._indexes[action]


class Fences:
    """The levels that bind accounts: those with the same policies are read once, for the callers of all of them."""

    def __init__(self, callers: Callers, folding: Folding) -> None:
        self._callers, self._folding = callers, folding
        self._indexes: dict[tuple[tuple[str, ...], str], Index] = {}

    def index(self, level: Level, action: str) -> Index:
        """The statements of one level about an action, in lower case, each for everyone."""
        asked = (signature(level), action)
        if asked not in self._indexes:
            if len(self._indexes) >= 64 * _MOST_ACTIONS:
                self._indexes.clear()
            everyone = self._callers.everyone
            about = [
                (named.policy.statements[clause.index], IDENTITY, everyone)
                for named in level
                for clause in named.policy.program.about(action)
            ]
            self._indexes[asked] = Index(about, self._callers, self._folding)
        return self._indexes[asked]


def signature(level: Level) -> tuple[str, ...]:
    """What makes two levels the same."""
    return tuple(named.policy.source for named in level)


def bound_together(organization: Organization, callers: Callers) -> list[tuple[Sequence[Level], int]]:
    """The levels of service control policies, with the callers of all accounts that they bind."""
    found: dict[tuple[tuple[str, ...], ...], tuple[Sequence[Level], int]] = {}
    for account in organization.accounts.values():
        if account.scps:
            key = tuple(signature(level) for level in account.scps)
            levels, members = found.get(key, (account.scps, 0))
            found[key] = (levels, members | callers.of_account.get(account.id, 0))
    return [(levels, members & ~callers.service_linked) for levels, members in found.values()]


def _interned(policies: dict[tuple[int, str], tuple[Policy, list[int]]]) -> Iterable[Owned]:
    numbers: dict[tuple[str, bool, int], tuple[Statement, list[list[int]]]] = {}
    for (layer, _), (policy, owners) in policies.items():
        for statement in policy.statements:
            key = (statement.source, statement.variables, layer)
            numbers.setdefault(key, (statement, []))[1].append(owners)
    for (_, _, layer), (statement, groups) in numbers.items():
        yield statement, layer, bits_of(at for group in groups for at in group)


def _services(statement: Statement) -> set[str]:
    """The services a statement can be about, `*` for any."""
    if statement.actions is None:
        return {"*"}
    heads = {pattern.lower().partition(":")[0] for pattern in statement.actions}
    return {"*"} if any("*" in head or "?" in head for head in heads) else heads

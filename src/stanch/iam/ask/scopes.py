"""Seen by one caller, a statement is an area of actions and resources, and perhaps demands that are open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stanch.iam.ask.areas import EVERYTHING, Area, Part, Pattern, action_area, written
from stanch.iam.ask.folding import fixed_patterns, is_template, listed
from stanch.iam.ask.grants import whom
from stanch.iam.ask.place import KEYS
from stanch.iam.ask.words import all_of, condition_in_words, resources_in_words
from stanch.iam.conditions import ConditionTest
from stanch.iam.layers import TITLES, Layer
from stanch.iam.organization import Named
from stanch.iam.policy import Policy, Statement
from stanch.iam.variables import names_in, resolve, widened
from stanch.iam.wildcard import tokens

if TYPE_CHECKING:
    from stanch.iam.ask.asker import Asker


@dataclass(frozen=True, slots=True)
class Scope:
    """What one statement is about. demands: what must be true of the request for it to apply, in words."""

    allows: bool
    actions: Area
    spelt_actions: tuple[str, ...]
    resources: Area
    demands: tuple[str, ...]
    told: str

    def holds(self, action: Pattern, resource: Pattern) -> Part:
        """How much of a grant lies within it."""
        part = self.actions.holds(action)
        return min(part, self.resources.holds(resource)) if part else part

    @property
    def condition(self) -> str:
        """Its demands in one sentence."""
        return f"{'if' if self.allows else 'unless'} {all_of(self.demands)} ({self.told})"

    @property
    def area(self) -> str:
        """Its actions and resources in words."""
        actions = ", ".join(self.spelt_actions)
        return f"{'all but ' if self.actions.but else ''}{actions} on {self.resources}"

    def spelling(self, action: Pattern) -> str:
        """The action's pattern as the statement writes it."""
        return next((name for name in self.spelt_actions if tokens(name.lower()) == action), written(action))


class Scopes:
    """All statements that one caller meets."""

    def __init__(self, number: int, asker: "Asker") -> None:
        self._number, self._asker = number, asker
        self._one = asker.callers.identities[number]
        self._identity = list(self._read(self._one.policies, "identity"))
        self._boundary = list(self._read([self._one.boundary], "pb")) if self._one.boundary else None

    def own(self) -> list[Scope]:
        """The Allows of its identity policies."""
        return [scope for scope in self._identity if scope.allows]

    def boundary(self) -> list[list[Scope]]:
        """Its boundary, as a fence; none without one."""
        return [] if self._boundary is None else [self._boundary]

    def fences(self) -> list[list[Scope]]:
        """The levels of service control policies."""
        account = self._asker.organization.accounts[self._one.account]
        levels = () if self._one.is_service_linked else account.scps or ()
        return [list(self._read(level, "scp")) for level in levels]

    def denials(self) -> Iterator[Scope]:
        """The Denies of all but the fences: its own, its boundary's, those of resources and of their accounts."""
        yield from (scope for scope in (*self._identity, *(self._boundary or ())) if not scope.allows)
        if not self._one.is_service_linked:
            for level in self._asker.organization.rcps.get(self._one.account, ()):
                for scope in self._read(level, "rcp"):
                    if not scope.allows:
                        yield replace(scope, demands=(f"the resource belongs to {self._one.account}", *scope.demands))
        for _, policy, arn in self._policies():
            for at, statement in enumerate(policy.statements):
                named = whom(statement, self._asker.callers).denied if statement.effect == "Deny" else None
                if named and self._in(named.maybe):
                    yield from self._of_resource(at, statement, arn, sure=self._in(named.sure))

    def of_resources(self) -> Iterator[tuple[Scope, bool]]:
        """What resources of its own account grant to itself by name, which suffices; and whether a boundary counts."""
        for owner, policy, arn in self._policies():
            for at, statement in enumerate(policy.statements if owner in (self._one.account, "unknown") else ()):
                if statement.effect == "Allow":
                    named = whom(statement, self._asker.callers)
                    group = named.direct if self._in(named.direct.maybe) else named.role
                    if self._in(group.maybe):
                        for scope in self._of_resource(at, statement, arn, sure=self._in(group.sure)):
                            yield scope, group is named.role

    def _in(self, members: int) -> bool:
        return bool(members >> self._number & 1)

    def _policies(self) -> Iterator[tuple[str | None, Policy, str]]:
        """All policies of resources, trusts among them, each with its owner and ARN."""
        for arn, policy in self._asker.organization.resource_policies.items():
            yield self._asker.places.find("", arn).owner, policy, arn
        for account in self._asker.organization.accounts.values():
            for one in account.identities:
                if one.trust is not None:
                    yield account.id, one.trust, one.arn

    def _of_resource(self, at: int, statement: Statement, arn: str, *, sure: bool) -> Iterator[Scope]:
        """A statement of a resource's policy, which is about that resource alone, whatever it says."""
        scope = self._scope(statement, f"policy of {arn}, Statement[{at}]")
        if scope is None:
            return
        demands = scope.demands if sure else ("the session is the one it names", *scope.demands)
        cuts = [cut for each in _parts(arn) for cut in scope.resources.cut(tokens(each))]
        for about in dict.fromkeys(about for _, about in cuts):
            resources = Area(tuple(dict.fromkeys(part for part, other in cuts if other == about)))
            yield replace(scope, resources=resources, demands=(*demands, f"the resource {about}") if about else demands)

    def _read(self, policies: Iterable[Named], layer: Layer) -> Iterator[Scope]:
        for named in policies:
            for at, statement in enumerate(named.policy.statements):
                scope = self._scope(statement, f"{TITLES[layer]} {named.name}, Statement[{at}]")
                if scope is not None:
                    yield scope

    def _scope(self, statement: Statement, told: str) -> Scope | None:
        """The statement as this caller meets it; None when it surely does not."""
        demands: list[str] = []
        for condition in statement.conditions:
            test = ConditionTest(condition, variables=statement.variables)
            context = self._context(test.needs)
            if context is None:
                demands.append(condition_in_words(condition))
            elif not test.holds(context):
                return None
        resources, doubted = self._resources(statement)
        demands += [resources_in_words(statement, doubted)] if doubted else []
        if not resources.patterns and not resources.but:
            return None
        sid = f" ({statement.sid})" if statement.sid else ""
        but = statement.actions is None
        spelt = (statement.not_actions if but else statement.actions) or ()
        effect = "allows" if statement.effect == "Allow" else "denies"
        actions = action_area(spelt, but=but)
        return Scope(
            statement.effect == "Allow", actions, tuple(spelt), resources, tuple(demands), f"{told}{sid} {effect}"
        )

    def _resources(self, statement: Statement) -> tuple[Area, Sequence[str]]:
        texts = listed(statement)
        if texts is None:
            return EVERYTHING, ()
        patterns: list[Pattern] = []
        doubted: list[str] = []
        for text in texts:
            if not is_template(text, statement):
                patterns += fixed_patterns(text)
            elif (context := self._context(names_in(text))) is None:
                doubted.append(text)
                patterns += [widened(text)] if statement.resources is not None else []
            elif (pattern := resolve(text, context, variables=True)) is not None:
                patterns.append(pattern)
        return Area(tuple(patterns), but=statement.resources is None), doubted

    def _context(self, needs: frozenset[str]) -> dict[str, tuple[str, ...]] | None:
        context: dict[str, tuple[str, ...]] = {}
        for key in needs:
            values = None if key in KEYS else self._asker.callers.values(self._number, key)
            if values is None:
                return None
            context[key] = values
        return context


def _parts(arn: str) -> tuple[str, ...]:
    """The resources that a policy can be about: a bucket's, about its objects too."""
    return (arn, f"{arn}/*") if ":s3:" in arn else (arn,)

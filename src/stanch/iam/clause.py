"""Most policies are asked far more often than they change: what a statement says is worked out once.

A statement is about a request when its action, its resource and every one of its conditions are.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from stanch.iam.conditions import ConditionTest
from stanch.iam.naming import Naming
from stanch.iam.variables import Context, names_in, resolve, widened
from stanch.iam.wildcard import Patterns, Token, match_tokens, tokens

if TYPE_CHECKING:
    from stanch.iam.policy import Statement

_ARN_PARTS = 6
_MOST_ACTIONS = 4096
"""Actions of which the statements about them are kept; one who asks of more begins anew."""

Unknown = frozenset[str]
"""Condition keys in lower case that the request may or may not have; `*` stands for all it is not known to have."""


class Clause:
    """One statement, whatever its effect, made ready to be asked.

    principals, not_principals: None where the statement has no such element.
    """

    __slots__ = (
        *("_action", "_conditions", "_not_action", "_not_resource", "_resource"),
        *("index", "is_allow", "not_principals", "principals", "sid"),
    )

    def __init__(self, statement: "Statement", index: int = 0) -> None:
        self.index, self.sid, self.is_allow = index, statement.sid, statement.effect == "Allow"
        self._not_action = statement.actions is None
        actions = statement.not_actions or () if statement.actions is None else statement.actions
        self._action = Patterns(tokens(text.lower()) for text in actions)
        self._not_resource = statement.resources is None
        listed = statement.not_resources if statement.resources is None else statement.resources
        self._resource = None if listed is None else Resources(listed, variables=statement.variables)
        self._conditions = [ConditionTest(each, variables=statement.variables) for each in statement.conditions]
        self.principals = None if statement.principals is None else Naming(statement.principals)
        self.not_principals = None if statement.not_principals is None else Naming(statement.not_principals)

    @property
    def says_who(self) -> bool:
        """Whether there is a Principal or a NotPrincipal at all."""
        return self.principals is not None or self.not_principals is not None

    def names_action(self, action: str) -> bool:
        """Whether the action, in lower case, is among Action, or not among NotAction."""
        return self._action.fit(action) != self._not_action

    def names_resource(self, resource: str, context: Context) -> bool:
        """Whether the resource is among Resource, or not among NotResource; of a trust policy, it always is."""
        return self._resource is None or self._resource.fit(resource, context) != self._not_resource

    def holds(self, resource: str, context: Context) -> bool:
        """Whether the statement, known to name the action, applies."""
        if self._resource is not None and self._resource.fit(resource, context) == self._not_resource:
            return False
        for condition in self._conditions:  # noqa: SIM110 - a generator would cost a third of the evaluation
            if not condition.holds(context):
                return False
        return True

    def may_hold(self, resource: str, context: Context, unknown: Unknown) -> tuple[bool, frozenset[str]]:
        """Whether the statement can apply, and the unknown keys on which it hangs; none when it surely does or not."""
        hangs: set[str] = set()
        if self._resource is not None:
            fits, doubted = self._resource.may_fit(resource, context, unknown)
            if not doubted and fits == self._not_resource:
                return False, frozenset()
            hangs |= doubted
        for condition in self._conditions:
            if doubted := _doubted(condition.needs, context, unknown):
                hangs |= doubted
            elif not condition.holds(context):
                return False, frozenset()
        return True, frozenset(hangs)


class Program:
    """A policy's statements, those about one action found without asking the others."""

    __slots__ = ("_about", "clauses")

    def __init__(self, statements: Sequence["Statement"]) -> None:
        self.clauses = tuple(Clause(statement, index) for index, statement in enumerate(statements))
        self._about: dict[str, tuple[Clause, ...]] = {}

    def about(self, action: str) -> tuple[Clause, ...]:
        """The statements that name an action, given in lower case."""
        found = self._about.get(action)
        if found is None:
            if len(self._about) >= _MOST_ACTIONS:
                self._about.clear()
            found = self._about[action] = tuple(clause for clause in self.clauses if clause.names_action(action))
        return found


class Resources:
    """The patterns of Resource or NotResource."""

    __slots__ = ("_fixed", "_templates", "_variables")

    def __init__(self, listed: Sequence[str], *, variables: bool) -> None:
        self._variables = variables
        self._templates = tuple(text for text in listed if variables and "${" in text)
        self._fixed = Patterns(_resource_patterns(text for text in listed if not (variables and "${" in text)))

    def fit(self, resource: str, context: Context) -> bool:
        """Whether one of them is the resource. One with a variable that has no value is none, and so spares none."""
        if self._fixed.fit(resource):
            return True
        for text in self._templates:
            pattern = resolve(text, context, variables=True)
            if pattern is not None and match_tokens(pattern, resource):
                return True
        return False

    def may_fit(self, resource: str, context: Context, unknown: Unknown) -> tuple[bool, frozenset[str]]:
        """Whether one of them is the resource, and the unknown keys on which that hangs."""
        doubts: frozenset[str] = frozenset()
        for text in self._templates:
            if match_tokens(widened(text), resource):
                doubts |= _doubted(names_in(text), context, unknown)
        fits = self.fit(resource, context)
        return fits, frozenset() if fits else doubts


def _resource_patterns(listed: Iterable[str]) -> Iterable[tuple[Token, ...]]:
    """An ARN with too few parts is completed by AWS with `*` for each that is missing."""
    for text in listed:
        yield tokens(text)
        missing = _ARN_PARTS - 1 - text.count(":")
        if missing > 0 and text.startswith("arn:"):
            yield tokens(text + ":*" * missing)


def _doubted(needs: frozenset[str], context: Context, unknown: Unknown) -> frozenset[str]:
    if "*" in unknown:
        return frozenset(key for key in needs if key not in context)
    return needs & unknown

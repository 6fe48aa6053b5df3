"""What a caller can do is written in its policies as patterns, and every fence cuts some off.

An identity policy's grant is followed through boundary, service control policies and denials, each of which may leave
it, narrow it, except something from it, or end it. What the summary says of a pattern is said of the caller's own
policies: a resource elsewhere, a role or a key may refuse besides, and `who_can` tells for one of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from stanch.iam.accounts import is_account, read_arn
from stanch.iam.ask.areas import Part, Pattern, written
from stanch.iam.ask.scopes import Scope, Scopes
from stanch.iam.wildcard import tokens

if TYPE_CHECKING:
    from stanch.iam.ask.asker import Asker

MOST_POWERS = 20_000
"""Rows of a summary that fences may narrow to; beyond that a row is left as wide as it is, and says so."""


@dataclass(frozen=True, slots=True)
class Power:
    """Something that a caller can do.

    action, resource: patterns. answer: `must`, whatever the moment; `may`, if the conditions hold.
    because: the statement that grants it. excepted: what is denied of it, in words.
    """

    principal: str
    action: str
    resource: str
    answer: Literal["must", "may"]
    because: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Grant:
    action: Pattern
    spelt: str
    resource: Pattern
    because: str
    conditions: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()

    def under(self, *conditions: str) -> "_Grant":
        return replace(self, conditions=tuple(dict.fromkeys((*self.conditions, *filter(None, conditions)))))


def powers(number: int, asker: "Asker", actions: Sequence[str] | None = None) -> list[Power]:
    """What one caller can do. actions: all that AWS has, to tell each by itself; None to tell patterns."""
    one = asker.callers.identities[number]
    scopes = Scopes(number, asker)
    fences = scopes.fences()
    denials = [*scopes.denials(), *(scope for fence in fences for scope in fence if not scope.allows)]
    grants: list[_Grant] = []
    for scope in scopes.own():
        grants += _through(_granted(scope, actions), [*scopes.boundary(), *fences], denials)
    for scope, bounded in scopes.of_resources():
        grants += _through(_granted(scope, actions), [*(scopes.boundary() if bounded else ()), *fences], denials)
    return _told(one.arn, one.account, grants)


def _granted(scope: Scope, actions: Sequence[str] | None) -> list[_Grant]:
    """What a statement grants before anything is cut off."""
    demanded = (scope.condition,) if scope.demands else ()
    left_out = _left_out(scope)
    spelt = list(scope.spelt_actions) if not scope.actions.but else ["*"]
    if actions is not None:
        spelt = [name for name in actions if scope.actions.holds(tokens(name.lower()))] + [
            name for name in spelt if "*" not in name and "?" not in name and name not in actions
        ]
        left_out = ()
    resources = scope.resources.patterns
    if scope.resources.but:
        left_out = (*left_out, *(f"on {written(pattern)}" for pattern in resources))
        resources = (tokens("*"),)
    return [
        _Grant(tokens(action.lower()), action, resource, scope.told, demanded, left_out)
        for action in dict.fromkeys(spelt)
        for resource in resources
    ]


def _left_out(scope: Scope) -> tuple[str, ...]:
    return tuple(written(pattern) for pattern in scope.actions.patterns) if scope.actions.but else ()


def _through(grants: list[_Grant], fences: Iterable[Sequence[Scope]], denials: Sequence[Scope]) -> Iterator[_Grant]:
    for fence in fences:
        allowing = [scope for scope in fence if scope.allows]
        grants = [left for grant in grants for left in _fenced(grant, allowing, wide=len(grants) > MOST_POWERS)]
    for grant in grants:
        left = _denied(grant, denials)
        if left is not None:
            yield left


def _fenced(grant: _Grant, allowing: Sequence[Scope], *, wide: bool) -> list[_Grant]:
    """What a fence leaves of a grant: all that some statement of it allows."""
    near = [scope for scope in allowing if scope.holds(grant.action, grant.resource)]
    if any(scope.holds(grant.action, grant.resource) is Part.ALL and not scope.demands for scope in near):
        return [grant]
    if wide:
        return [grant.under(f"as far as {near[0].told}")] if near else []
    return list(dict.fromkeys(left for scope in near for left in _cut(grant, scope)))


def _cut(grant: _Grant, scope: Scope) -> Iterator[_Grant]:
    for action, about_action in scope.actions.cut(grant.action):
        for resource, about_resource in scope.resources.cut(grant.resource):
            spelt = grant.spelt if action == grant.action else scope.spelling(action)
            yield replace(grant, action=action, spelt=spelt, resource=resource).under(
                f"if the action {about_action} ({scope.told})" if about_action else "",
                f"if the resource {about_resource} ({scope.told})" if about_resource else "",
                scope.condition if scope.demands else "",
            )


def _denied(grant: _Grant, denials: Sequence[Scope]) -> _Grant | None:
    """What the denials leave of a grant; None when nothing."""
    excepted = list(grant.excepted)
    conditions: list[str] = []
    for denial in denials:
        part = denial.holds(grant.action, grant.resource)
        if part is Part.ALL and not denial.demands:
            return None
        if part is Part.ALL:
            conditions.append(denial.condition)
        elif part is Part.SOME:
            excepted.append(f"{denial.area}{f', {denial.condition}' if denial.demands else f' ({denial.told})'}")
    return replace(grant, excepted=tuple(dict.fromkeys(excepted))).under(*conditions)


def _told(principal: str, account: str, grants: Iterable[_Grant]) -> list[Power]:
    found: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for grant in grants:
        resource = written(grant.resource)
        conditions = (*grant.conditions, *_elsewhere(resource, account))
        found.setdefault((grant.spelt, resource, conditions, grant.excepted), []).append(grant.because)
    return [
        Power(
            principal,
            action,
            resource,
            "may" if conditions else "must",
            tuple(dict.fromkeys(because)),
            conditions,
            excepted,
        )
        for (action, resource, conditions, excepted), because in found.items()
    ]


def _elsewhere(resource: str, account: str) -> tuple[str, ...]:
    arn = read_arn(resource)
    if arn is None or not is_account(arn.account) or arn.account == account:
        return ()
    return (f"if the resource's own policy, in account {arn.account}, lets it too",)

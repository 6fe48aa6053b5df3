"""A policy, read once: which actions of interest each statement names, on which things, and when.

The answers are pairs of sets: what it surely allows or denies, and what it may, should its open conditions hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from stanch.iam.conditions import ConditionTest
from stanch.iam.escalation.asker import OF_MAKING, OF_THE_THING, REGION, Asker, answer, is_personal, of_the_thing
from stanch.iam.escalation.things import Bits, Things, gathered
from stanch.iam.organization import Named
from stanch.iam.policy import Policy, Statement
from stanch.iam.variables import resolve
from stanch.iam.wildcard import match_wildcard

_MAKING = ("create", "register", "request", "run", "start", "tag")
"""How the names of actions begin that may be asked with tags to give."""
_CREATE_ON_WHAT_EXISTS = (
    *("createaccesskey", "createchangeset", "createlaunchtemplateversion", "createloginprofile"),
    *("createpodidentityassociation", "createpolicyversion", "createpresigneddomainurl"),
    *("createpresignednotebookinstanceurl", "createstackinstances"),
)
"""All others make what they are about, which then has no tags yet."""

ANY_TAG = "tag/*"
"""In a thing's facts, with None: its tags are not known, or still to be chosen."""

Facts = Mapping[str, tuple[str, ...] | None]
Given = tuple[tuple[str, str], ...]
"""Condition keys, lower case, that an action is asked with: the service that a role is passed to."""


class Verdict(NamedTuple):
    """Sets of things: surely and possibly allowed, surely and possibly denied."""

    allowed: Bits = 0
    allowable: Bits = 0
    denied: Bits = 0
    deniable: Bits = 0


class World:
    """What all rules are read against.

    scopes: by action in lower case, the things that it can be about.
    facts: by place, the keys that a thing fixes (its account, tags, boundary); a key with None may have any value.
    """

    def __init__(
        self,
        things: Things,
        actions: Sequence[str],
        scopes: Mapping[str, Bits],
        facts: Sequence[Facts],
    ) -> None:
        self.things, self.scopes, self.facts = things, scopes, facts
        self.bit = {action.lower(): 1 << at for at, action in enumerate(actions)}
        self._masks: dict[str, int] = {}
        self._read: dict[str, tuple[list[Rule], dict[tuple[str, Given, int], Verdict]]] = {}
        self._alike: dict[tuple[str, ...], list[tuple[Facts, Bits]]] = {}

    def read(self, policy: Policy) -> tuple[list["Rule"], dict[tuple[str, Given, int], "Verdict"]]:
        """The statements of a policy that are about actions of interest, and what they were asked so far.

        A policy that hangs on a thousand roles under as many names is read once.
        """
        if policy.source not in self._read:
            rules = (Rule(statement, number, self) for number, statement in enumerate(policy.statements))
            self._read[policy.source] = ([rule for rule in rules if rule.actions], {})
        return self._read[policy.source]

    def alike(self, keys: Iterable[str]) -> list[tuple[Facts, Bits]]:
        """The things in groups that have the same values of those of these keys that differ from thing to thing."""
        wanted = tuple(sorted(key for key in keys if key == REGION or key.startswith(OF_THE_THING)))
        if wanted not in self._alike:
            groups: dict[tuple[tuple[str, ...] | None, ...], list[int]] = {}
            for place, facts in enumerate(self.facts):
                tags = facts.get(ANY_TAG, ())
                values = tuple(facts.get(key, tags if "tag" in key else ()) for key in wanted)
                groups.setdefault(values, []).append(place)
            self._alike[wanted] = [
                (dict(zip(wanted, values, strict=True)), gathered(at)) for values, at in groups.items()
            ]
        return self._alike[wanted]

    def mask(self, patterns: Sequence[str]) -> int:
        """The actions of interest that any of the patterns names."""
        found = 0
        for pattern in patterns:
            if pattern not in self._masks:
                fits = (bit for action, bit in self.bit.items() if match_wildcard(pattern.lower(), action))
                self._masks[pattern] = sum(fits)
            found |= self._masks[pattern]
        return found


class Rule:
    """One statement. personal: whether it may say something else to each caller."""

    __slots__ = ("_varies", "_world", "actions", "effect", "number", "personal", "statement", "tests")

    def __init__(self, statement: Statement, number: int, world: World) -> None:
        self.statement, self.number, self._world, self.effect = statement, number, world, statement.effect
        if statement.actions is not None:
            self.actions = world.mask(statement.actions)
        else:
            self.actions = sum(world.bit.values()) & ~world.mask(statement.not_actions or ())
        self.tests = [ConditionTest(c, variables=statement.variables) for c in statement.conditions]
        self._varies = any(
            statement.variables and "${" in text for text in statement.resources or statement.not_resources or ()
        )
        self.personal = self._varies or any(is_personal(test) for test in self.tests)

    def names(self, action: str) -> bool:
        """Whether the statement is about an action, in lower case."""
        return bool(self.actions & self._world.bit[action])

    def judge(self, action: str, asker: Asker, given: Given) -> tuple[Bits, Bits]:
        """The things that it surely is about, and those it may be about."""
        scope = self._world.scopes[action] & self._about(asker)
        if not scope or not self.tests:
            return scope, scope
        sure, possible = scope, scope
        service, fixed = action.partition(":")[0], {key: (value,) for key, value in given}
        for test in self.tests:
            if of_the_thing(test) or REGION in test.needs:
                holding, maybe = self._each(test, asker, action, fixed, possible)
                sure, possible = sure & holding, possible & maybe
                continue
            held = answer(test, asker, service, fixed)
            if held is False:
                return 0, 0
            sure = sure if held else 0
        return sure, possible

    def _each(
        self, test: ConditionTest, asker: Asker, action: str, given: Mapping[str, tuple[str, ...]], scope: Bits
    ) -> tuple[Bits, Bits]:
        sure = possible = 0
        service, _, name = action.partition(":")
        is_new = name.startswith("create") and name not in _CREATE_ON_WHAT_EXISTS
        for facts, alike in self._world.alike(test.needs):
            if not alike & scope:
                continue
            fixed = {key: values for key, values in facts.items() if values is not None}
            if not name.startswith(_MAKING):
                fixed |= {key: () for key in facts if key.startswith(OF_MAKING)}
            if is_new:
                fixed |= {key: () for key in facts if "resourcetag/" in key and key not in fixed}
            if REGION in facts and "iam:passedtoservice" in given:
                fixed.pop(REGION, None)  # a role is passed in a call to another service, wherever that is
            opened = len(fixed) < len(facts)
            held = None if opened else answer(test, asker, service, {**given, **fixed})
            if held is not False:
                possible |= alike & scope
                sure |= alike & scope if held else 0
        return sure, possible

    def _about(self, asker: Asker) -> Bits:
        statement, things = self.statement, self._world.things
        listed = statement.resources if statement.resources is not None else statement.not_resources
        if listed is None:
            return things.everything
        found = 0
        for text in listed:
            pattern = resolve(text, asker.known, variables=statement.variables)
            found |= things.fitting(pattern) if pattern is not None else 0
        return found if statement.resources is not None else things.everything & ~found


class Document:
    """A named policy, its answers kept: those that are the same for everybody, once for all."""

    def __init__(self, named: Named, world: World) -> None:
        self.named = named
        self.rules, self._kept = world.read(named.policy)
        self.personal = any(rule.personal for rule in self.rules)
        self.allows = _union(rule.actions for rule in self.rules if rule.effect == "Allow")
        self.denies = _union(rule.actions for rule in self.rules if rule.effect == "Deny")
        self._world = world

    def judge(self, action: str, asker: Asker, given: Given = ()) -> Verdict:
        """What the policy says of one action, in lower case, on all things."""
        key = (action, given, asker.number if self.personal else -1)
        if key not in self._kept:
            self._kept[key] = self._judge(action, asker, given)
        return self._kept[key]

    def _judge(self, action: str, asker: Asker, given: Given) -> Verdict:
        bit = self._world.bit[action]
        allowed = allowable = denied = deniable = 0
        for rule in self.rules:
            if rule.actions & bit:
                sure, possible = rule.judge(action, asker, given)
                if rule.effect == "Allow":
                    allowed, allowable = allowed | sure, allowable | possible
                else:
                    denied, deniable = denied | sure, deniable | possible
        return Verdict(allowed, allowable, denied, deniable)


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)

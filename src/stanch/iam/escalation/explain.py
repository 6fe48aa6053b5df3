"""Each step of a path names the statements that allow it, and the conditions under which they do not."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stanch.iam.conditions import ConditionTest
from stanch.iam.escalation.asker import Asker, answer
from stanch.iam.escalation.climbing import Ground
from stanch.iam.escalation.graph import Node, Taken
from stanch.iam.escalation.paths import Need
from stanch.iam.escalation.rules import Document, Given
from stanch.iam.escalation.standing import Standing
from stanch.iam.escalation.things import Bits
from stanch.iam.matching import names_action
from stanch.iam.policy import Condition, Statement
from stanch.iam.principals import grant


class Reasons(NamedTuple):
    """Why a step can be taken: the statements, and what must hold besides; without repetitions, in order."""

    statements: tuple[str, ...]
    conditions: tuple[str, ...]


NO_REASON = Reasons((), ())


def explain(ground: Ground, node: Node, taken: Taken) -> Reasons:
    """The reasons of one step that a node takes."""
    statements: dict[str, None] = {}
    conditions: dict[str, None] = {}
    for need in taken.path.needs:
        wanted = _wanted(ground, node, taken, need)
        for given in _givens(ground, node, taken, need):
            found = list(_statements(node.standing, ground.land.asker(node.number), need, given, wanted))
            for words, open_conditions in found:
                statements |= dict.fromkeys([words])
                conditions |= dict.fromkeys(open_conditions)
            conditions |= dict.fromkeys(_hindrances(node.standing, ground.land.asker(node.number), need, given, wanted))
            if found:
                break
    for words, open_conditions in _trusting(ground, node, taken):
        statements |= dict.fromkeys([words])
        conditions |= dict.fromkeys(open_conditions)
    conditions |= dict.fromkeys(words for words in (taken.path.provided, taken.path.doubtful) if words)
    if taken.path.gain == "existing" and not ground.knows_all(taken.path):
        thing = next(need for need in taken.path.needs if need.who == "existing")
        conditions |= dict.fromkeys([f"{thing.service} has a {thing.prefix.rstrip('/:')} that runs with the role"])
    return Reasons(tuple(statements), tuple(conditions))


def explain_goal(ground: Ground, node: Node, asked: Iterable[tuple[str, str]]) -> Reasons:
    """The reasons why a node is at its goal: may do actions, each on the thing with an ARN."""
    statements: dict[str, None] = {}
    conditions: dict[str, None] = {}
    asker = ground.land.asker(node.number)
    for action, arn in asked:
        need, wanted = Need(action, "target"), ground.land.things.named(arn)
        found = list(_statements(node.standing, asker, need, (), wanted))
        statements |= dict.fromkeys(words for words, _ in found)
        conditions |= dict.fromkeys(one for _, listed in found for one in listed)
        conditions |= dict.fromkeys(_hindrances(node.standing, asker, need, (), wanted) if found else ())
    return Reasons(tuple(statements), tuple(conditions))


def _wanted(ground: Ground, node: Node, taken: Taken, need: Need) -> Bits:
    """The things by which the need was met for this step."""
    if need.template or need.who == "*":
        found = ground.on_thing(need, node.number, node.standing).possible
        return ground.resources_of(taken.to, need) & found or found
    kind, land = need.what.split(" ")[0], ground.land
    if kind == "group" and taken.groups:
        return taken.groups
    if need.what == "group to join":
        return land.things.of_kind("group")
    if kind in ("group", "policy", "boundary"):
        return ground.through(kind, taken.to) or land.things.of_kind("policy" if kind == "boundary" else kind)
    return 1 << taken.to if taken.to >= 0 else land.things.everything


def _givens(ground: Ground, node: Node, taken: Taken, need: Need) -> Iterable[Given]:
    return ground.givens(need, taken.path, ground.land.identities[node.number].account)


def _statements(
    standing: Standing, asker: Asker, need: Need, given: Given, wanted: Bits
) -> Iterator[tuple[str, list[str]]]:
    """The first statement that surely allows, or else the first that may, with its open conditions."""
    best: tuple[str, list[str]] | None = None
    for document, number, statement, sure in _about(standing.policies, asker, need, given, wanted, "Allow"):
        words = (
            f"{need.action}: {document.named.name} Statement[{number}]{f' ({statement.sid})' if statement.sid else ''}"
        )
        if sure:
            yield words, []
            return
        best = best or (words, _open(statement, asker, need.action))
    if best:
        yield best


def _hindrances(standing: Standing, asker: Asker, need: Need, given: Given, wanted: Bits) -> Iterator[str]:
    """What a denial, a boundary or an organisation leaves open."""
    fences = [*([standing.fences.boundary] if standing.fences.boundary else [])]
    fences += [document for level in standing.fences.scps for document in level]
    for document, _, statement, sure in _about([*standing.policies, *fences], asker, need, given, wanted, "Deny"):
        if not sure:
            yield "unless " + " and ".join(_open(statement, asker, need.action)) + f" ({document.named.name} denies it)"
    for fence in fences:
        allowing = list(_about([fence], asker, need, given, wanted, "Allow"))
        if allowing and not any(sure for *_, sure in allowing):
            yield from _open(allowing[0][2], asker, need.action)


def _about(
    documents: Iterable[Document], asker: Asker, need: Need, given: Given, wanted: Bits, effect: str
) -> Iterator[tuple[Document, int, Statement, bool]]:
    action = need.action.lower()
    for document in documents:
        for rule in document.rules:
            if rule.effect == effect and rule.names(action):
                sure, possible = rule.judge(action, asker, given)
                if possible & wanted:
                    yield document, rule.number, rule.statement, bool(sure & wanted)


def _trusting(ground: Ground, node: Node, taken: Taken) -> Iterator[tuple[str, list[str]]]:
    """The statement of the role's trust that lets the principal in."""
    assumed = any(need.action == "sts:AssumeRole" and need.who == "target" for need in taken.path.needs)
    if not assumed or taken.to not in ground.land.number:
        return
    asker, role = ground.land.asker(node.number), ground.land.identities[ground.land.number[taken.to]]
    for number, statement in enumerate(role.trust.statements if role.trust else ()):
        if statement.effect == "Allow" and names_action(statement, "sts:AssumeRole") and grant(statement, asker.caller):
            yield f"trust of {role.arn} Statement[{number}]", _open(statement, asker, "sts:AssumeRole")
            return


def _open(statement: Statement, asker: Asker, action: str) -> list[str]:
    service = action.partition(":")[0].lower()
    tests = ((c, ConditionTest(c, variables=statement.variables)) for c in statement.conditions)
    return [in_words(c) for c, test in tests if answer(test, asker, service, {}) is None]


def in_words(condition: Condition) -> str:
    """A condition as a line: key, operator, values."""
    return f"{condition.key} {condition.operator} {', '.join(condition.values)}"

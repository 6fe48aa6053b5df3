"""A state machine that waits for a token waits for whoever holds it, as long as its timeout says: a year, unless set.

Step Functions Developer Guide, "Wait for a Callback with Task Token": unset, it is 99 999 999 seconds.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._things import mapped, mappings
from stanch.catalog.checks.response._steps import A_YEAR, ISOLATING, PERSON, RESPONSE, Playbook, Step, isolates

_SDK = ":states:::aws-sdk:"
_DEEPEST = 20


def playbook_of(name: str, definition: object) -> Playbook | None:
    """The steps of a state machine, those inside branches and maps among them; None for what defines none."""
    machine = mapped(definition)
    start = machine.get("StartAt")
    if not isinstance(start, str) or not mapped(machine.get("States")):
        return None
    answers = bool(RESPONSE.search(f"{name} {machine.get('Comment', '')}"))
    steps = {step.name: step for step in _steps(machine, "", (), answers, 0)}
    return Playbook(start, steps)


def _steps(
    machine: Mapping[str, Any], prefix: str, after: tuple[str, ...], answers: bool, depth: int
) -> Iterator[Step]:
    """`after` is what follows the end of a branch: whatever follows the state that holds it."""
    for name, told in mapped(machine.get("States")).items():
        if not isinstance(told, Mapping) or depth > _DEEPEST:
            continue
        path = f"{prefix}{name}"
        follows = tuple(f"{prefix}{one}" for one in _named(told)) or after
        inner = _inner(told)
        nexts = list(follows)
        for number, one in enumerate(inner):
            below = f"{path}/{number}/"
            nexts.append(f"{below}{one.get('StartAt')}")
            yield from _steps(one, below, follows, answers, depth + 1)
        waits, person = _waiting(str(name), told)
        yield Step(path, tuple(nexts), waits, person, _isolates(str(name), told, answers))


def _named(state: Mapping[str, Any]) -> list[str]:
    found = [state.get("Next"), state.get("Default")]
    found += [one.get("Next") for key in ("Choices", "Catch") for one in mappings(state.get(key))]
    return [one for one in found if isinstance(one, str)]


def _inner(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    told = [*mappings(state.get("Branches")), mapped(state.get("Iterator")), mapped(state.get("ItemProcessor"))]
    return [one for one in told if one.get("StartAt")]


def _waiting(name: str, state: Mapping[str, Any]) -> tuple[int, bool]:
    """How many seconds a state waits at the most, and whether for a person."""
    if state.get("Type") == "Wait":
        return _seconds(state.get("Seconds"), 0), False
    resource = str(state.get("Resource"))
    if not resource.endswith(".waitForTaskToken") and ":activity:" not in resource:
        return 0, False
    called = " ".join(str(one) for one in (name, state.get("Comment", ""), *_arguments(state).values()))
    person = bool(PERSON.search(called)) or ":::sns:" in resource or ":::aws-sdk:ses" in resource
    limits = [_seconds(state.get(key), A_YEAR) for key in ("TimeoutSeconds", "HeartbeatSeconds")]
    return min(limits), person


def _seconds(told: object, otherwise: int) -> int:
    return min(told, A_YEAR) if type(told) is int and told >= 0 else otherwise


def _isolates(name: str, state: Mapping[str, Any], answers: bool) -> bool:
    if state.get("Type") != "Task":
        return False
    resource = str(state.get("Resource"))
    if resource.endswith(".waitForTaskToken") or ":activity:" in resource:
        return False
    if _SDK in resource:
        service, _, call = resource.partition(_SDK)[2].partition(":")
        if service != "ssm":
            return isolates(f"{service}:{call.partition('.')[0]}", in_response=answers)
    runs = any(word in resource for word in (":lambda:", ":states:::states:", ":ecs:", f"{_SDK}ssm:"))
    called = " ".join(str(one) for one in (name, resource.rpartition(":")[2], *_arguments(state).values()))
    return runs and bool(ISOLATING.search(called))


def _arguments(state: Mapping[str, Any]) -> dict[str, str]:
    """What it is that a state calls: a function, a document, another machine."""
    told = {**mapped(state.get("Parameters")), **mapped(state.get("Arguments"))}
    texts = {key: told.get(key) for key in ("FunctionName", "DocumentName", "StateMachineArn")}
    return {key: one.rpartition(":function:")[2] for key, one in texts.items() if isinstance(one, str)}

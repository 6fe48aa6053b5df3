"""What AWS refuses in a state machine's transitions, and what we ask of ours besides.

Source: Amazon States Language specification. cfn-lint knows the shapes and StartAt, and follows no other transition.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_CAN_FAIL = {"Task", "Map", "Parallel"}
_ENDS = {"Succeed", "Fail"}


def faults(machine: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Each fault, with the state it is in; inner machines of a Map as well."""
    states: Mapping[str, Any] = machine["States"]
    if machine.get("StartAt") not in states:
        yield f"{where}StartAt: there is no state {machine.get('StartAt')!r}"
    reached = {machine.get("StartAt")}
    for name, state in states.items():
        here = f"{where}{name}"
        for target in _targets(state):
            reached.add(target)
            if target not in states:
                yield f"{here}: there is no state {target!r}"
        yield from _of_state(here, state)
        inner = state.get("ItemProcessor")
        if inner:
            yield from faults(inner, f"{here}/")
    for name in states.keys() - reached:
        yield f"{where}{name}: no state leads to it"


def _of_state(here: str, state: Mapping[str, Any]) -> Iterator[str]:
    kind = state.get("Type")
    if kind != "Choice" and kind not in _ENDS and bool(state.get("Next")) == bool(state.get("End")):
        yield f"{here}: needs either Next or End"
    if kind == "Choice" and "Default" not in state:
        yield f"{here}: a choice without a default"
    if kind in _CAN_FAIL and not any("States.ALL" in each.get("ErrorEquals", ()) for each in state.get("Catch", ())):
        yield f"{here}: what fails here is not caught"
    if kind == "Task" and "TimeoutSeconds" not in state and "TimeoutSecondsPath" not in state:
        yield f"{here}: it may hang for ever"
    if kind == "Task" and not state.get("Retry"):
        yield f"{here}: it is not tried again"
    for each in state.get("Retry", ()):
        if each.get("MaxAttempts") != 0 and each.get("JitterStrategy") != "FULL":
            yield f"{here}: it is tried again without jitter"


def _targets(state: Mapping[str, Any]) -> Iterator[str]:
    for one in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        if "Next" in one:
            yield one["Next"]
    if "Default" in state:
        yield state["Default"]

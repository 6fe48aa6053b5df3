"""A state machine that leads to a state it has not is accepted by linters and fails in the middle of an incident."""

from collections.abc import Iterator, Mapping
from typing import Any

_LEADS = ("Next", "Default")


def dead_ends(machine: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, str]]:
    """Each place in a definition (JSONPath, Amazon States Language) that names a state which is not beside it."""
    states = machine.get("States", {})
    if machine.get("StartAt") not in states:
        yield f"{where}StartAt", f"there is no state {machine.get('StartAt')!r}"
    for name, state in states.items():
        for place, target in _targets(state):
            if target not in states:
                yield f"{where}{name}.{place}", f"there is no state {target!r}"
        for inner in _machines(state):
            yield from dead_ends(inner, f"{where}{name}.")
    for name in sorted(set(states) - _reached(machine.get("StartAt"), states)):
        yield f"{where}{name}", "no state leads here"


def _targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((key, state[key]) for key in _LEADS if key in state)
    for part in ("Choices", "Catch"):
        yield from ((f"{part}[{index}]", one["Next"]) for index, one in enumerate(state.get(part, [])) if "Next" in one)


def _machines(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (state[key] for key in ("ItemProcessor", "Iterator") if key in state)
    yield from state.get("Branches", [])


def _reached(start: str | None, states: Mapping[str, Any]) -> set[str]:
    reached: set[str] = set()
    waiting = [start] if start in states else []
    while waiting:
        name = waiting.pop()
        if name is not None and name not in reached:
            reached.add(name)
            waiting += [target for _, target in _targets(states[name]) if target in states]
    return reached

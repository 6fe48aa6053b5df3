"""An answer of AWS may be a marker of what could not be seen, or none at all: both pass through untouched."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from stanch.contracts.collector import Look, unseen


def part(answer: Any, key: str) -> Any:
    """What stands under `key`; a marker stays itself, and None stays None."""
    return answer if answer is None or unseen(answer) else answer.get(key)


def document(answer: Any, key: str = "Policy") -> Any:
    """The JSON document that AWS wrote as text under `key`; text that is none as it is; None where it is empty."""
    text = part(answer, key)
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def items(answer: Any) -> Iterable[Any]:
    """What a list told; nothing where it could not be seen, which its unknown says."""
    return () if answer is None or unseen(answer) else answer


def still(answer: Any, moving: Collection[str]) -> Any:
    """The same without what is other at every look, or told elsewhere: two snapshots differ by what was changed."""
    if not isinstance(answer, Mapping) or unseen(answer):
        return answer
    return {name: value for name, value in answer.items() if name not in moving}


def paged(
    look: Look, service: str, operation: str, key: str, /, *, of: str, token: tuple[str, str], **params: Any
) -> Any:
    """All items of a listing for which the SDK knows no pages; `token` names it in the question and in the answer.

    A marker alone when any page could not be seen: half a list must not look like a whole one.
    """
    asked, told = token
    found: list[Any] = []
    turn: dict[str, Any] = {}
    while True:
        answer = look.ask(service, operation, of=of, **params, **turn)
        if unseen(answer):
            return answer
        if answer is None:
            return found
        found += answer.get(key) or ()
        if not answer.get(told):
            return found
        turn = {asked: answer[told]}

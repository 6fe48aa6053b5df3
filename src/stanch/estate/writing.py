"""Proposals as TOML: what is sure stands as an entry, what is doubtful behind a comment mark, each with its reasons.

Names in it come from logs and listings, so every text is escaped: none can end its comment or its quotes.
"""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stanch.domain.proposal import Proposal, strongest

WIDTH = 116
LEAST = 0.5
"""Below this a proposal is told, and not written: a file full of guesses is not read."""


def entry(proposal: Proposal) -> str:
    """One [[asset]] or [[principal]], reasons first; every line a comment where a person must say yes."""
    mark = "" if proposal.active else "#"
    lines = [*_reasons(proposal), f"{mark}[[{proposal.section}]]"]
    lines += [f"{mark}{key} = {quoted(value)}" for key, value in proposal.values.items()]
    lines += [line for note in proposal.notes for line in _comment(note)]
    return "\n".join(lines) + "\n"


def key(proposal: Proposal) -> str:
    """One line of [perimeter], reasons first."""
    mark = "" if proposal.active else "#"
    ((name, values),) = proposal.values.items()
    notes = (line for note in proposal.notes for line in _comment(note))
    return "\n".join([*_reasons(proposal), *notes, f"{mark}{name} = {quoted(values)}"])


def entries(proposals: Iterable[Proposal], section: str) -> str:
    """All entries of a section worth writing, the sure ones first; "" for none."""
    of_section = [one for one in proposals if one.section == section and one.confidence >= LEAST]
    return "\n".join(entry(one) for one in sorted(of_section, key=lambda one: (not one.active, -one.confidence)))


def perimeter(proposals: Iterable[Proposal]) -> dict[str, str]:
    """The lines of [perimeter] by their keys."""
    return {next(iter(one.values)): key(one) for one in proposals if one.section == "perimeter"}


def because(proposal: Proposal) -> str:
    """The reasons in one line, the strongest first."""
    return "; ".join(fact.what for fact in strongest(proposal.facts))


def quoted(value: Any) -> str:
    """A TOML value: a text with all that could end it, or hide something, escaped; or a list of texts."""
    if isinstance(value, str):
        return "".join(map(_escaped, json.dumps(value, ensure_ascii=False)))
    if isinstance(value, Sequence):
        return f"[{', '.join(map(quoted, value))}]"
    return json.dumps(value)


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return letter
    number = ord(letter)
    number = 0xFFFD if 0xD800 <= number <= 0xDFFF else number  # half a pair is no character, and no TOML
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def sure(proposal: Proposal) -> str:
    """How sure, in whole per cent, never rounded up."""
    return f"{int(proposal.confidence * 100)}%"


def _reasons(proposal: Proposal) -> Iterator[str]:
    yield from _comment(f"{sure(proposal)} sure: {because(proposal)}")


def _comment(text: str) -> Iterator[str]:
    """Comment lines of a readable width; none of them can end early, or hide anything."""
    return (f"# {line}" for line in textwrap.wrap(_plain(text), WIDTH, break_on_hyphens=False))


def _plain(text: str) -> str:
    """A comment that stays one line and hides nothing."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:600]

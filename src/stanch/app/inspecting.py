"""Answers are looked into with what the catalog knows of secrets and of people; compiled once, then kept."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from stanch.app.knowledge import shelf
from stanch.app.own_code import code_in
from stanch.app.own_key import own_key
from stanch.engine.grams import KEY_BYTES
from stanch.engine.inspect import Inspector, Pattern, PatternError, read_patterns
from stanch.engine.inspect.inspector import Canaries, Echoes
from stanch.engine.inspect.leak import CANARY, CODE, PERSONAL, PROMPT, SECRET, TRAINING
from stanch.stores import cache as caches

CATEGORIES = frozenset({SECRET, PERSONAL, CANARY, TRAINING, PROMPT, CODE})


@cache
def patterns() -> tuple[Pattern, ...]:
    """All patterns of the catalog; a table that cannot be read is a defect and raises PatternError."""
    found: dict[str, Pattern] = {}
    for unit in shelf("patterns", ".toml"):
        for pattern in read_patterns(unit.text(), str(unit.path)):
            if pattern.kind in found:
                raise PatternError(f"{unit.path}: {pattern.kind} is there already")
            found[pattern.kind] = pattern
    return tuple(found.values())


def inspector(state: Path | None, canaries: Canaries | None = None, echoes: Sequence[Echoes] = ()) -> Inspector:
    """What looks into texts. Its hashes are keyed with a salt of the state folder; without one, of this run alone.

    Where none are given it knows the canaries that were planted with this state folder.
    """
    if canaries is None and state is not None:
        from stanch.app.canary import finder

        canaries = finder(state)
    salt = salted(state) if state else token_bytes(KEY_BYTES)
    return compiled(patterns(), salt=salt, canaries=canaries, echoes=echoes)


def compiled(
    known: Sequence[Pattern], *, salt: bytes, canaries: Canaries | None = None, echoes: Sequence[Echoes] = ()
) -> Inspector:
    """What looks for these patterns; compiling them takes seconds, so it is done once and kept."""
    name = f"leaks-{sha256(repr(known).encode()).hexdigest()[:32]}"
    if kept := caches.kept(name):
        try:
            return Inspector(known, salt=salt, canaries=canaries, echoes=echoes, automaton=kept)
        except ValueError:
            pass  # of another machine or version: it is compiled anew, and kept anew
    made = Inspector(known, salt=salt, canaries=canaries, echoes=echoes)
    caches.keep(name, made.compiled())
    return made


def echoes(
    state: Path, prompts: Sequence[Path] = (), fingerprints: Sequence[Path] = (), code: Sequence[Path] = ()
) -> list[Echoes]:
    """What knows these system prompts, fingerprints, and files and folders of source code.

    Raises FingerprintError, and OSError for a file's own.
    """
    from stanch.app.inspect_fingerprint import opened
    from stanch.engine.inspect.own import PROMPTS, SOURCES, OwnTexts

    found: list[Echoes] = [opened(path, state) for path in fingerprints]
    if prompts:
        found.append(OwnTexts({path.name: _text(path) for path in prompts}, PROMPTS, token_bytes(KEY_BYTES)))
    if code:
        texts = {str(path): _text(path) for path in code_in(code)}
        found.append(OwnTexts(texts, SOURCES, token_bytes(KEY_BYTES)))
    return found


def salted(state: Path) -> bytes:
    """The salt of this state folder: what was found in different runs has the same hash."""
    return own_key(state, "inspect.salt")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")

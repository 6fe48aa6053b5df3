"""Answers of models are looked into by those processes alone that meet one: what looks takes a while to load."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from stanch.app.knowledge import CATALOG
from stanch.app.own_code import code_in
from stanch.contracts.inference import Leak
from stanch.engine.inference.summed import Blind

if TYPE_CHECKING:
    from stanch.engine.inspect import Inspector
    from stanch.engine.inspect.inspector import Echoes

FINGERPRINTS = "*.fingerprint"
"""What `stanch fingerprint` wrote into the state folder is looked for without being asked."""
_KEPT = (FINGERPRINTS, "canar*")


def fingerprints_in(state: Path, given: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Those given and those that lie in the state folder, each once."""
    return (*given, *sorted(set(state.glob(FINGERPRINTS)) - set(given)))


class Answers:
    """Looks into answers, as `engine.inference.summed.Inspect` says; loaded with the first of them."""

    def __init__(
        self,
        state: Path,
        prompts: Sequence[Path] = (),
        fingerprints: Sequence[Path] = (),
        code: Sequence[Path] = (),
    ) -> None:
        """`prompts` are files of system prompts, `code` files and folders of source code.

        `fingerprints` are added to those in the state folder.
        """
        self._state = state
        self._prompts = tuple(prompts)
        self._code = tuple(code)
        self._fingerprints = fingerprints_in(state, fingerprints)
        self._look: Inspector | None = None
        self._blind: str | None = None
        self.without: tuple[str, ...] = ()
        """What could not be used to look, and why."""

    def __call__(self, text: str) -> Iterable[Leak]:
        """What this answer gives away; raises Blind where nobody can look."""
        if self._look is None:
            if self._blind is None:
                self._load()
            if self._look is None:
                raise Blind(self._blind)
        return self._look(text)

    def _load(self) -> None:
        try:
            from stanch.app.inspecting import inspector
            from stanch.engine.inspect import PatternError

            try:
                self._look = inspector(self._state if self._state.is_dir() else None, echoes=self._echoes())
            except (PatternError, OSError, ValueError) as error:
                self._blind = f"what looks into them cannot be made ({type(error).__name__})"
        except ImportError as error:
            self._blind = f"{error.name or 'a library'} cannot be loaded"

    def _echoes(self) -> "list[Echoes]":
        """What knows our own texts; what of it cannot be used is left out, and told."""
        from stanch.app.inspecting import echoes
        from stanch.engine.inspect.fingerprint import FingerprintError

        found: list[Echoes] = []
        missing = []
        ways: tuple[tuple[str, Sequence[Path]], ...] = (
            ("prompts", self._prompts), ("fingerprints", self._fingerprints), ("code", self._code)
        )  # fmt: skip
        for name, path in ((name, path) for name, paths in ways for path in paths):
            try:
                found += echoes(self._state, **{name: [path]})
            except (FingerprintError, OSError) as error:
                why = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{path}: ")
                missing.append(f"{path}: {why}")
        self.without = tuple(missing)
        return found

    def identity(self) -> str:
        """What tells this way of looking from any other: a hunt that goes on must go on with the same."""
        digest = hashlib.sha256()
        engine = CATALOG.parent / "engine"
        rooms = (sorted((engine / room).glob("*.py")) for room in ("inspect", "canary"))
        code = (engine / "grams.py", *chain.from_iterable(rooms))
        own = (*self._prompts, *code_in(self._code))
        for path in (*sorted((CATALOG / "patterns").rglob("*.toml")), *code, *own):
            digest.update(path.read_bytes())
        for path in (*self._fingerprints, *(path for kept in _KEPT for path in sorted(self._state.glob(kept)))):
            seen = path.stat()
            digest.update(f"{path}\0{seen.st_size}\0{seen.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

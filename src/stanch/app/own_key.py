"""What is hashed with a key that never leaves its folder means something beside that folder alone."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes
from tempfile import NamedTemporaryFile

from stanch.contracts.store import StoreError
from stanch.engine.grams import KEY_BYTES


def own_key(state: Path, name: str) -> bytes:
    """Random bytes of this state folder, made when they are first asked for; only their owner may read them.

    Raises StoreError for a key that was cut short: by an empty one the hash of a card number is the card number.
    """
    path = state / name
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        with NamedTemporaryFile(dir=state) as file:
            file.write(token_bytes(KEY_BYTES))
            file.flush()
            with suppress(FileExistsError):  # somebody was first: then theirs is the one
                os.link(file.name, path)  # whole or not at all, for whoever reads it meanwhile
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path}: holds {len(key)} bytes and not {KEY_BYTES}; put it back from a copy")
    return key

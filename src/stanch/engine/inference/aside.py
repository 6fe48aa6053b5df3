"""Lines that name a key are wanted again only where another log tells of their calls, and most often none does."""

import tempfile
from collections.abc import Iterator
from pathlib import Path


class Aside:
    """Arrow streams put aside in a nameless file, to be taken in their order or never."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the book
        self._sizes: list[int] = []

    def put(self, stream: bytes) -> None:
        """One more."""
        self._sizes.append(self._file.write(stream))

    def taken(self) -> Iterator[bytes]:
        """All of them; none is kept."""
        self._file.seek(0)
        yield from map(self._file.read, self._sizes)
        self._file.seek(0)
        self._file.truncate()
        self._sizes = []

    def close(self) -> None:
        """Nobody will ask for them."""
        self._file.close()

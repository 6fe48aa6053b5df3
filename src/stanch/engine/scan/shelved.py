"""A list that is written once and read here and there need not lie in memory: beyond a bound it goes on in a file."""

import pickle
import tempfile
import weakref
from array import array
from typing import Any, BinaryIO


class Shelved:
    """Values by number, in the order in which they were added; what they are must be fit to be pickled.

    The file has no name that anybody else could open it by, and is gone with the process.
    """

    def __init__(self, held: int) -> None:
        """`held` bytes of values, as pickled, stay in memory."""
        self._most = held
        self._held = 0
        self._near: list[bytes] = []
        self._begins = array("q")
        self._file: BinaryIO | None = None

    def __len__(self) -> int:
        return len(self._near) + len(self._begins)

    def append(self, value: Any) -> None:
        """Add one value."""
        data = pickle.dumps(value, 5)
        if self._held + len(data) <= self._most and self._file is None:
            self._held += len(data)
            self._near.append(data)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when nobody needs it any more
            weakref.finalize(self, self._file.close)
        self._begins.append(self._file.seek(0, 2))
        self._file.write(data)

    def __getitem__(self, number: int) -> Any:
        if number < len(self._near):
            return pickle.loads(self._near[number])  # noqa: S301 - written by this very object
        assert self._file is not None  # noqa: S101 - what is not near was written
        self._file.seek(self._begins[number - len(self._near)])
        return pickle.load(self._file)  # noqa: S301

"""A request is repeated by thousands of events: each distinct text is held once, and has a number."""

import numpy as np
import pyarrow as pa

from stanch.engine.scan.lake.block import Numbers

_NULL = b"null"


class Texts:
    """Distinct texts, numbered as they come."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self.texts: list[bytes] = []
        self.weight = 0

    def __len__(self) -> int:
        return len(self.texts)

    def number(self, text: bytes) -> int:
        """The number of a text, a new one if it is new."""
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
            self.weight += len(text)
        return number

    def numbers(self, column: pa.ChunkedArray) -> Numbers:
        """The numbers of a column of texts; what is missing is null."""
        coded = column.combine_chunks().dictionary_encode()
        texts = [*coded.dictionary.cast(pa.binary()).to_pylist(), _NULL]
        found = np.array([self.number(text) for text in texts], np.int64)
        numbers: Numbers = found[coded.indices.fill_null(len(texts) - 1).to_numpy()]
        return numbers

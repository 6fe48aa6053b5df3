"""What watches the model's own door: sources of inference calls, and what judges the traffic they add up to."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from stanch.domain.event import Skipped
from stanch.domain.inference import Inference


class InferenceSource(Protocol):
    """The names a module in `catalog/sources/` must hold to read a log of model calls. Its id is its path."""

    LOG: str
    INFERENCE: bool
    """True: its files hold calls of models, which are summed, not events that rules match one by one."""

    def recognises(self, path: str, head: bytes) -> bool:
        """Whether this file is of this log, from its path and its first inflated bytes."""

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
        """Yield the calls of one file, already inflated, and what of it could not be read; raises nothing."""

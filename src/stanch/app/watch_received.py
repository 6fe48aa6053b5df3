"""What senders of OTLP post becomes files of a spool, and from there calls of models as from any other log."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from stanch.app.knowledge import inference_sources
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference
from stanch.stores.spool import DiskFull, Letter, Spool, SpoolFull
from stanch.web.otlp_answer import JSON
from stanch.web.otlp_body import Refused
from stanch.web.otlp_request import PROTOBUF, RETRY_SECONDS, Posted

_NAMED = {PROTOBUF: "pb", JSON: "json"}
_KINDS = {short: kind for kind, short in _NAMED.items()}
_SOURCE = "otel"
_SEVERAL = re.compile(r"\((\d+) records")


class SpoolIntake:
    """Where requests go: those that are OTLP, into the spool. Implements `web.otlp_request.Intake`."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._source = _source()

    @property
    def folder(self) -> Path:
        """The spool's own: it is on the disk whose room was asked for."""
        return self._spool.folder

    def require_room(self, size: int) -> None:
        """Raise Refused where the spool or the disk is full: who sent it may come again."""
        try:
            self._spool.require_room(size)
        except SpoolFull:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too much waits to be read", RETRY_SECONDS) from None
        except (DiskFull, OSError):
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "there is no room for it", RETRY_SECONDS) from None

    def rejected(self, posted: Posted, inflated: bytes) -> tuple[int, str]:
        """How many spans or records cannot be read; raises Refused where the body is no OTLP."""
        try:
            faults: list[str] = self._source.unreadable(inflated, posted.kind, logs=posted.signal == "logs")
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from None
        return sum(map(_count, faults)), "; ".join(faults)

    def keep(self, posted: Posted) -> None:
        """Put it into the spool; raises Refused."""
        try:
            self._spool.put(posted.body, f"{posted.signal}.{_NAMED[posted.kind]}")
        except (DiskFull, OSError):
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "it could not be kept", RETRY_SECONDS) from None


class Letters:
    """Reads what lies in the spool; implements `contracts.inference.InferenceSource`."""

    INFERENCE = True

    def __init__(self) -> None:
        self._source = _source()
        self.LOG: str = self._source.LOG

    def recognises(self, path: str, head: bytes) -> bool:
        """Whether it is a letter, by what only letters are called."""
        return path.startswith(Letter.SCHEME)

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
        """Each call, and what could not be read."""
        _, signal, short = path.rsplit(".", 2)
        found: Iterator[Inference | Skipped] = self._source.decode(
            path, stream.read(), _KINDS[short], logs=signal == "logs"
        )
        return found


def _count(fault: str) -> int:
    """How many records a fault is told of; it says so where they are several."""
    several = _SEVERAL.search(fault)
    return int(several[1]) if several else 1


def _source() -> ModuleType:
    """The catalog's source of OTLP."""
    (found,) = [source for source in inference_sources() if source.LOG == _SOURCE]
    assert isinstance(found, ModuleType)  # noqa: S101 - for the type checker: units of the catalog are modules
    return found

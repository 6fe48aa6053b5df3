"""SageMaker endpoints can capture what goes in and what comes out: the words, but not who said them.

Reads: data capture, JSON Lines under `<endpoint>/<variant>/yyyy/mm/dd/hh/`, with bodies in base64, JSON, CSV or text.
Blind to: the caller, who is in no record (InvokeEndpoint is a data event of CloudTrail: the ids do not match either);
tokens; whatever was not sampled, and everything while the disk of the instance is full.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from stanch.catalog.sources import _content
from stanch.catalog.sources._asked import Asked, asked_for
from stanch.catalog.sources._model_logs import SAGEMAKER, model_log
from stanch.catalog.sources._records import calls_of
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import Scalar, epoch, name
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = SAGEMAKER
INFERENCE = True

_PLACE = re.compile(r"(?:^|/)([A-Za-z0-9-]{1,63})/([A-Za-z0-9-]{1,63})/\d{4}/\d\d/\d\d/\d\d/[^/]*$")


class _Body(msgspec.Struct):
    data: Scalar = None
    encoding: Scalar = None


class _Capture(msgspec.Struct, rename="camel"):
    endpoint_input: _Body | None = None
    endpoint_output: _Body | None = None


class _About(msgspec.Struct, rename="camel"):
    event_id: Scalar = None
    inference_id: Scalar = None
    inference_time: Scalar = None


class _Record(msgspec.Struct, rename="camel"):
    capture_data: _Capture | None = None
    event_metadata: _About | None = None


class _Parameters(Asked):
    max_new_tokens: Scalar = None


class _Asking(Asked):
    parameters: _Parameters | None = None
    messages: msgspec.Raw = msgspec.Raw()


_RECORD = Shape(_Record)
_ASKING = Shape(_Asking)


def recognises(path: str, head: bytes) -> bool:
    """JSON whose first record holds captured data and its metadata."""
    return model_log(head) == LOG


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each captured call; records of another kind are told once, with a count."""
    return calls_of(path, stream, _RECORD, _call)


def _call(path: str, said: _Record, faults: Faults) -> Inference:
    if said.capture_data is None or said.event_metadata is None:
        raise Unreadable("a record that captures no call")
    asked, asked_bytes = _data(said.capture_data.endpoint_input, faults)
    answer, answer_bytes = _data(said.capture_data.endpoint_output, faults)
    place = _PLACE.search(path)
    told = _asking(asked, faults)
    found = asked_for(told)
    if told.parameters is not None:
        inner = asked_for(told.parameters)
        found |= {field: value for field, value in inner.items() if value not in (NOT_TOLD, ())}
        most = asked_for(_Parameters(max_tokens=told.parameters.max_new_tokens))["max_tokens"]
        found |= {"max_tokens": most} if most != NOT_TOLD else {}
    return Inference(
        time=epoch(said.event_metadata.inference_time),
        log=LOG,
        file=path,
        request=name(said.event_metadata.inference_id) or name(said.event_metadata.event_id),
        model=place[1] if place else "",
        operation="chat" if told.messages else "completion",
        bytes_in=asked_bytes,
        bytes_out=answer_bytes,
        **_content.given(asked)._asdict(),
        answer=_content.words(answer),
        **found,
    )


def _data(body: _Body | None, faults: Faults) -> tuple[bytes, int]:
    """The captured bytes and how many there were; binary content is counted and told, not read."""
    if body is None or not isinstance(body.data, str):
        return b"", NOT_TOLD
    data = body.data.encode("utf-8", "surrogatepass")
    if body.encoding == "BASE64":
        try:
            data = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            faults.note(Unreadable("a body that is no base64"))
            return b"", NOT_TOLD
    try:
        data.decode()
    except UnicodeDecodeError:
        return b"", len(data)
    return data, len(data)


def _asking(data: bytes, faults: Faults) -> _Asking:
    if not data.lstrip().startswith(b"{"):
        return _Asking()
    try:
        return _ASKING.read(data, Faults())
    except Unreadable:
        faults.note(Unreadable("a body that is no whole JSON document", fault=False))
        return _Asking()

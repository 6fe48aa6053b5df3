"""Text Generation Inference logs a line when it has answered: the parameters asked for, and how long each stage took.

Reads: the lines of the router, as text and as JSON (`--json-output`), of Text Generation Inference and of Text
Embeddings Inference.
Blind to: who asked, tokens (they are in the headers of the answer), prompts and answers (only at debug, where they are
left alone), `logit_bias`, which the router drops. Its lines have no request id that another log would share.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from stanch.catalog.sources._model_logs import TGI, model_log
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import LONGEST_NAME, Scalar, count, duration, iso, name, number, reckonable
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.catalog.sources._wrapped import Line, calls_of_lines, first_lines
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

LOG = TGI
INFERENCE = True

_ROUTER = re.compile(r"text_(?:generation|embeddings)_router(?:::\w+)*: router/src/")
_BEGIN = re.compile(
    r"(?:(?P<time>\d{4}-\d\d-\d\dT[\d:.]{8,18}Z)\s+)?(?P<level>INFO|ERROR|WARN|DEBUG|TRACE)\s+(?P<span>\w{1,64})\{"
)
_END = re.compile(r"(?:generation|embeddings)_router[\w:]{0,200}: [\w./]{1,200}:\d{1,6}: (.{1,400})", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SOME = re.compile(r"(best_of|temperature|max_new_tokens|top_n_tokens): Some\(([\d.eE+-]{1,32})\)")
_ADAPTER = re.compile(r'adapter_id: Some\("((?:[^"\\]|\\.)*)"\)')
_OPERATIONS = {
    "chat_completions": "chat",
    "completions": "completion",
    "generate": "completion",
    "generate_stream": "completion",
    "compat_generate": "completion",
    "vertex_compatibility": "completion",
    "sagemaker_compatibility": "completion",
    "embed": "embedding",
    "embed_all": "embedding",
    "embed_sparse": "embedding",
    "openai_embed": "embedding",
    "vertex": "other",
    "rerank": "other",
    "predict": "other",
    "tokenize": "other",
}
_FAILED = (("validation", 422), ("overloaded", 429), ("generation", 424))
_NO_REQUEST = "lines of the server that are no answer"


class _Span(msgspec.Struct):
    name: Scalar = None
    parameters: Scalar = None
    total_time: Scalar = None


class _Entry(msgspec.Struct):
    timestamp: Scalar = None
    level: Scalar = None
    message: Scalar = None
    target: Scalar = None
    span: _Span | None = None


_ENTRY = Shape(_Entry)


def recognises(path: str, head: bytes) -> bool:
    """Lines that name the router's own files, as text or as JSON."""
    return model_log(head) == LOG or any(_ROUTER.search(line[-512:]) for line in first_lines(head))


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each answered call; other lines of the server are counted."""
    faults = Faults("lines")

    def read(line: Line) -> Iterator[Inference]:
        if line.text.startswith("{"):
            yield _of_entry(path, _ENTRY.read(line.text.encode(), faults, line.number))
        else:
            yield _of_line(path, line)

    return calls_of_lines(path, stream, read, faults=faults)


def _of_line(path: str, line: Line) -> Inference:
    fields, _, tail = line.text.rpartition("}: text_")
    found, end_of_line = _BEGIN.match(fields), _END.match(tail)
    if found is None or end_of_line is None:
        raise Unreadable(_NO_REQUEST, fault=False)
    status = _status(found["level"], end_of_line[1])
    end = iso(found["time"]) if found["time"] else line.stamp
    if end is None:
        raise Unreadable("a line without a time")
    took = fields.rpartition('total_time="')[2].partition('"')[0]  # what it took is printed behind what was asked for
    return _call(path, found["span"], reckonable(end), status, fields, took)


def _of_entry(path: str, said: _Entry) -> Inference:
    if said.span is None or "text_" not in name(said.target):
        raise Unreadable(_NO_REQUEST, fault=False)
    status = _status(name(said.level), name(said.message))
    asked = said.span.parameters if isinstance(said.span.parameters, str) else ""
    return _call(path, name(said.span.name), iso(name(said.timestamp)), status, asked, name(said.span.total_time))


def _status(level: str, message: str) -> int:
    """What the client was told. Only an answer and a failure are calls: other lines tell of the same call again."""
    if message.startswith("Success"):
        return 200
    if level != "ERROR":
        raise Unreadable(_NO_REQUEST, fault=False)
    return next((status for word, status in _FAILED if word in message), 500)


def _call(path: str, span: str, end: float, status: int, asked: str, took: str) -> Inference:
    operation = _OPERATIONS.get(span)
    if operation is None:
        raise Unreadable(_NO_REQUEST, fault=False)
    total = duration(took)
    return Inference(
        time=end - max(total, 0) / 1000,
        log=LOG,
        file=path,
        operation=operation,
        embeddings=operation == "embedding",
        status=status,
        total_ms=total,
        **_parameters(asked),
    )


def _parameters(asked: str) -> dict[str, Any]:
    """What was asked for; a caller's own words among the parameters (where to stop) are set aside first."""
    bare = _QUOTED.sub('""', asked)
    told = dict(_SOME.findall(bare))
    adapter = _ADAPTER.search(asked) if 'adapter_id: Some("")' in bare else None
    found: dict[str, Any] = {
        "max_tokens": count(told.get("max_new_tokens")),
        "temperature": number(told.get("temperature")),
        "n": count(told.get("best_of")),
        "logprobs": count(told.get("top_n_tokens")),
        "adapter": adapter[1][:LONGEST_NAME] if adapter else "",
    }
    return found | ({"prompt_logprobs": 0} if "decoder_input_details: true" in bare else {})

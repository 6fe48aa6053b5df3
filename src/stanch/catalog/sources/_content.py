"""Every dialect writes a conversation its own way, but the words stand under a few names: text, content, parts, prompt.

What comes out is personal data. It goes to whoever weighs it and nowhere else: no error here repeats a word of it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from stanch.catalog.sources._json import crowded, decoded
from stanch.catalog.sources._unreadable import Unreadable

Closed = msgspec.Raw | bytes

_WORDS = (
    "content", "text", "parts", "prompt", "message", "messages", "delta", "contents", "input", "inputs", "inputText",
    "outputText", "output_text", "generated_text", "generation", "completion", "results", "outputs", "output",
    "choices", "candidates", "response", "instances", "reasoning_content", "query", "queries", "texts",
    "contentBlockDelta", "tool_calls", "function_call", "function", "arguments", "refusal",
)  # fmt: skip
_PIECES = frozenset({"delta", "contentBlockDelta", "generation", "outputText", "completion"})
_THE_APPLICATIONS = ("system", "developer")
_NOT_THE_CALLERS = (*_THE_APPLICATIONS, "assistant", "model")
_BESIDE = ("system", "instructions", "systemInstruction", "system_instruction")
"""Where a body tells the application's words beside the conversation: Anthropic and Converse, OpenAI, Google."""
_DEEPEST = 32
_NOTHING = (b"", b"null", b"[]", b"{}", b'""')


class Given(NamedTuple):
    """What a model was given to read.

    `prompt` are the words of the caller himself, one turn a line; all words where no turn is his or nobody is named.
    `system` are the application's: what its own turns and fields say; "" where none are told.
    """

    prompt: str = ""
    system: str = ""


def given(conversation: Closed) -> Given:
    """The words of a conversation, by whose they are."""
    value = _open(conversation)
    return given_in(value) if value else Given()


def given_in(value: object) -> Given:
    """The same of a conversation that was opened already."""
    beside = [value[name] for name in _BESIDE if name in value] if isinstance(value, dict) else []
    turns = value.get("messages", value) if isinstance(value, dict) else value
    if isinstance(turns, list):
        his = [turn for turn in turns if _role(turn) not in _NOT_THE_CALLERS]
        if len(his) < len(turns):
            beside += [turn for turn in turns if _role(turn) in _THE_APPLICATIONS]
            value = his or value
    return Given(_joined(value), _joined(beside) if beside else "")


def _role(turn: object) -> object:
    return turn.get("role") if isinstance(turn, dict) else None


def words(answer: Closed) -> str:
    """All words of an answer; the pieces of a stream are put together as they come."""
    value = _open(answer)
    return words_in(value) if value else ""


def words_in(value: object) -> str:
    """The same of an answer that was opened already."""
    return _joined(value, "" if _is_stream(value) else "\n")


def _joined(value: object, between: str = "\n") -> str:
    return between.join(part for part in _strings(value, 0) if part)


def inner(closed: Closed) -> bytes:
    """A value as text; where it is a string that holds JSON itself, as some gateways log bodies, what is in it."""
    text = bytes(closed)
    if text[:1] != b'"':
        return b"" if text == b"null" else text
    value = decoded(text)
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else b""


def is_nothing(closed: Closed) -> bool:
    """Whether a value is left out, or as good as left out."""
    return bytes(closed) in _NOTHING


def _open(closed: Closed) -> object:
    """The value, or the text itself where it is no JSON: a body that was cut short still holds words."""
    text = bytes(closed)
    if text in _NOTHING or crowded(text):
        return None
    value = decoded(text)
    return text.decode("utf-8", "replace") if isinstance(value, Unreadable) else value


def _is_stream(value: object) -> bool:
    """Whether these are the events of a stream, each with a piece of the words."""
    return isinstance(value, list) and any(_is_piece(one) for one in value)


def _is_piece(event: object) -> bool:
    if not isinstance(event, dict):
        return False
    choices = event.get("choices")
    return not _PIECES.isdisjoint(event) or (isinstance(choices, list) and any(map(_is_piece, choices)))


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth >= _DEEPEST:
        return
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, depth + 1)
    elif isinstance(value, dict):
        for name in _WORDS:
            if name in value:
                yield from _strings(value[name], depth + 1)

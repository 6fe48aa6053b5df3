"""Whoever reads a log of calls keeps nothing of them but sums: a prompt is gone as soon as it was looked at.

A line that names a key is summed. One that names none, a server's or a proxy's, waits whole for the line of the same
request that does; both sides are known by a hash of the request's id.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from stanch.contracts.behaviour import HOUR
from stanch.domain.inference import Inference
from stanch.engine.inference.rows import AMOUNTS, ANY, BRIEF, FRONTS, KEYS, LAST, MOSTS, SUMS, columns, text
from stanch.engine.inference.summed import ABSENT, ASKED, CUT, ELSEWHERE, UNLOOKED, WITHOUT, Blind, Inspect, Summed
from stanch.engine.inference.sums import summed
from stanch.engine.inference.system import SystemPrompts
from stanch.engine.inference.text import Features, features, stem

HELD = 1 << 15
"""Calls that are summed at once."""
KEPT_MARKS = 64
"""Templates, prompts and prefixes of one key, hour and batch that are kept: the most frequent."""
KEPT_BIASES = 8192
"""Biased tokens of one key and hour that are told apart."""
_NAMES = 200
_CELLS_HELD = 8

MarkKey = tuple[str, str, str, int, str]
"""Key, or request where no key is known yet, log, hour and kind."""


class Fold:
    """Takes calls one by one and hands over what they come to."""

    def __init__(self, inspect: Inspect | None = None, salt: bytes = b"") -> None:
        """`inspect` looks into answers; `salt`, of at most 64 bytes, keys the hashes of what prompts have in common."""
        self._inspect = inspect
        self._salt = salt
        self._systems = SystemPrompts(salt)
        self._calls: list[Inference] = []
        self._features: dict[int, Features] = {}
        self._leaking: list[int] = []
        self._marks: defaultdict[MarkKey, Counter[str]] = defaultdict(Counter)
        self._summed = Summed()
        self._cells: list[pa.Table] = []

    def take(self, call: Inference) -> None:
        """Take in one call; its texts are looked at and dropped."""
        if self._inspect and call.operation in _ANSWERED and call.status < _BAD:
            self._note_words(call)
        if call.prompt or call.answer or call.system:
            call = self._looked_into(call, len(self._calls))
        if call.bias_tokens or call.status == _ABSENT:
            self._note_asked(call)
        self._calls.append(call)
        if len(self._calls) >= HELD:
            self._settle()

    def close(self, into: Summed) -> None:
        """Hand over what all calls since the last time came to."""
        self._settle()
        if self._cells:
            self._summed.cells += _some(summed(pa.concat_tables(self._cells)))
            self._cells = []
        self._put_marks()
        into.absorb(self._summed)
        self._summed = Summed()

    def _looked_into(self, call: Inference, place: int) -> Inference:
        """The call without its texts, after what they are known by was kept."""
        seen = self._features[place] = features(call.prompt, call.answer, self._salt)
        leaks = self._leaks(call) if call.answer and self._inspect else False
        if call.answer and call.system:
            leaks |= self._repeats(call)
        if leaks:
            self._leaking.append(place)
        self._note(call, seen)
        return call._replace(prompt="", answer="", system="")

    def _leaks(self, call: Inference) -> bool:
        assert self._inspect is not None  # noqa: S101 - for the type checker
        try:
            found = self._inspect(call.answer)
            # A value that stands in an answer five times was given away once.
            kinds = {f"{leak.category}/{leak.about or leak.kind}"[:_NAMES] for leak in found}
        except Blind as blind:
            self._summed.words[UNLOOKED, str(blind)] += 1
            return False
        except Exception as error:  # noqa: BLE001 - one answer that breaks a check must not hide the calls after it
            self._summed.words[UNLOOKED, f"a defect of stanch ({type(error).__name__})"] += 1
            return False
        for missing in getattr(self._inspect, "without", ()):
            self._summed.words[WITHOUT, missing] += 1
        if getattr(found, "cut", ()):
            self._summed.words[CUT, call.log] += 1
        if kinds:
            self._marks[_mark(call, "leak")].update(kinds)
        return bool(kinds)

    def _repeats(self, call: Inference) -> bool:
        name, repeated = self._systems.weigh(call.system, call.prompt, call.answer)
        if name:
            self._marks[_mark(call, "system")][name] += 1
        if repeated:
            self._marks[_mark(call, "repeated")][name] += 1
        return repeated

    def _note_words(self, call: Inference) -> None:
        self._summed.words[ASKED, call.log] += 1
        if not call.answer:
            self._summed.words[ELSEWHERE if call.answer_ref else ABSENT, call.log] += 1

    def _note(self, call: Inference, seen: Features) -> None:
        if not seen.prompt:
            return
        self._marks[_mark(call, "template")][seen.template] += 1
        self._marks[_mark(call, "prompt")][seen.prompt] += 1
        if 0 <= call.tokens_out <= BRIEF or 0 <= call.max_tokens <= BRIEF:
            self._marks[_mark(call, "prefix")][seen.prefix] += 1
            if begun := stem(call.prompt, self._salt):
                self._marks[_mark(call, "stem")][begun] += 1

    def _note_asked(self, call: Inference) -> None:
        if call.bias_tokens:
            biases = self._marks[_mark(call, "bias")]
            if len(biases) < KEPT_BIASES:
                biases.update(token[:_NAMES] for token in call.bias_tokens)
        if call.status == _ABSENT and (name := call.adapter or call.model):
            self._marks[_mark(call, "missing")][name[:_NAMES]] += 1

    def _settle(self) -> None:
        if not self._calls:
            return
        rows = columns(self._calls, self._features, self._leaking)
        self._calls, self._features, self._leaking = [], {}, []
        requested, anonymous = pc.not_equal(rows["request"], ""), pc.equal(rows["key"], "")
        loose = pc.and_(requested, anonymous)
        self._summed.loose += _some(rows.filter(loose).select(_LOOSE))
        self._summed.named += _some(rows.filter(pc.and_not(requested, anonymous)).select(_NAMED))
        if (keyed := rows.filter(pc.invert(loose))).num_rows:
            self._cells.append(summed(keyed))
        if len(self._cells) >= _CELLS_HELD:
            self._cells = [summed(pa.concat_tables(self._cells))]
        if len(self._marks) > HELD:
            self._put_marks()

    def _put_marks(self) -> None:
        self._summed.marks += _some(_marks(self._marks))
        self._marks = defaultdict(Counter)


_BAD, _ABSENT = 400, 404
_ANSWERED = frozenset({"chat", "completion"})
_NAMED = ("request", *FRONTS, "start", "when", "has", *KEYS, *AMOUNTS)
_LOOSE = ("request", *FRONTS, "start", "when", *KEYS, *ANY, *SUMS, *MOSTS)


def _mark(call: Inference, kind: str) -> MarkKey:
    start = int(min(max(call.time, 0), LAST)) // HOUR * HOUR
    return call.key, "" if call.key else call.request, call.log, start, kind


def _marks(marks: Mapping[MarkKey, Counter[str]]) -> pa.Table:
    rows: list[tuple[str, str, str, int, str, str, int]] = []
    for (owner, asked, of_log, hour, what), values in marks.items():
        if what == "prompt" and owner:  # of prompts no more is asked than how many came again
            if again := values.total() - len(values):
                rows.append((owner, asked, of_log, hour, "again", "", again))
            continue
        kept = values.most_common(KEPT_BIASES if what == "bias" else KEPT_MARKS)
        rows += ((owner, asked, of_log, hour, what, of, count) for of, count in kept)
    key, request, log, start, kind, value, count = zip(*rows, strict=True) if rows else ((),) * 7
    return pa.table(
        {
            "key": text(key),
            "request": text(request),
            "log": text(log),
            "start": pa.array(start, pa.int64()),
            "kind": text(kind),
            "value": text(value),
            "count": pa.array(count, pa.int64()),
        }
    )


def _some(table: pa.Table) -> list[bytes]:
    """The table as bytes; nothing where it has no row."""
    return [_sent(table)] if table.num_rows else []


def _sent(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    sent: bytes = sink.getvalue().to_pybytes()
    return sent

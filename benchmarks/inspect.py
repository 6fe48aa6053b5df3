"""Looking into answers: speed beside Hyperscan's own and beside `re`, precision and recall on texts with lookalikes.

usage: python -m benchmarks.inspect [SEED] [MEGABYTES]

The patterns were made with other seeds than the one that is reported. Both speeds are taken in turns on the same
answers of two kilobytes, and the ratio of the medians counts.
"""

import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from time import perf_counter

from benchmarks import harmless, leaking
from stanch.app.inspecting import patterns
from stanch.engine.inspect import Inspector, Pattern
from stanch.engine.inspect.engine import Automaton
from stanch.engine.inspect.rules import rules

SEED = 20261123
MEGABYTES = 4
ROUNDS = 5
EACH = 5
ONE_LEAK_IN = 20
_SALT = bytes(range(32))


def main(seed: int, megabytes: int) -> None:
    """Measure and print."""
    known = patterns()
    began = perf_counter()
    inspector = Inspector(known, salt=_SALT)
    compiled = perf_counter() - began
    began = perf_counter()
    Inspector(known, salt=_SALT, automaton=inspector.compiled())
    print(
        f"{len(known)} patterns; compiled in {compiled:.2f} s, loaded in {perf_counter() - began:.3f} s, "
        f"{len(inspector.compiled()) / 1e6:.1f} MB kept; seed {seed}"
    )
    speed(inspector, known, Random(seed), megabytes)
    quality(inspector, known, seed)


def speed(inspector: Inspector, known: Sequence[Pattern], chance: Random, megabytes: int) -> None:
    """Print megabytes a second of ours, of Hyperscan that only counts, and of `re` behind a prefilter."""
    answers = [answer.encode() for answer in _with_leaks(known, chance, megabytes * 1_000_000)]
    size = sum(map(len, answers)) / 1e6
    expressions = list(dict.fromkeys(rule.expression for each in known for rule in rules(each)))
    automaton = Automaton.of(expressions)
    told = [len(inspector.inspect(answer)) for answer in answers]
    print(f"{size:.1f} MB in {len(answers):,} answers; {sum(told):,} leaks in {sum(map(bool, told)):,} of them")
    rates: dict[str, list[float]] = {"Hyperscan, detecting only": [], "ours, found and verified": []}
    for _ in range(ROUNDS):
        for name, run in zip(rates, (automaton.count, inspector.inspect), strict=True):
            rates[name].append(size / _seconds(run, answers))
    some = answers[: max(1, len(answers) // 40)]
    naive = Naive(known)
    rates["re behind a prefilter of keywords"] = [sum(map(len, some)) / 1e6 / _seconds(naive.count, some)]
    ours = statistics.median(rates["ours, found and verified"])
    for name, measured in rates.items():
        rate = statistics.median(measured)
        print(f"  {name:36} {rate:8.2f} MB/s   ours is {ours / rate:6.2f} of it")


class Naive:
    """What one would write first: a pattern is tried where its longest literal stands in the text."""

    def __init__(self, known: Sequence[Pattern]) -> None:
        self._tried: list[tuple[bytes, re.Pattern[bytes]]] = []
        for pattern in known:
            flags = 0 if pattern.exact else re.IGNORECASE
            for head in pattern.heads:
                chars = (
                    f"[{pattern.before.chars}]{{{pattern.before.least},{pattern.before.most}}}"
                    if pattern.before
                    else ""
                )
                self._tried.append((_keyword(head), re.compile(f"{chars}{head}{pattern.tail}".encode(), flags)))
            for word in pattern.words:
                near = re.compile(f"(?i:{word})[^\\n]{{0,44}}?(?:{pattern.value})".encode(), flags)
                self._tried.append((_keyword(word).lower(), near))

    def count(self, answer: bytes) -> int:
        """How many matches, unverified."""
        small = answer.lower()
        return sum(
            sum(1 for _ in pattern.finditer(answer))
            for keyword, pattern in self._tried
            if keyword in answer or keyword in small
        )


def _keyword(expression: str) -> bytes:
    plain = re.sub(r"\\[bdws]|\[[^\]]*\]|\{[^}]*\}|\(\?:[^)]*\)|.\?", "\0", expression).replace("\\", "")
    return max(plain.split("\0"), key=len).encode()


def _seconds(run: Callable[[bytes], object], answers: Sequence[bytes]) -> float:
    began = perf_counter()
    for answer in answers:
        run(answer)
    return perf_counter() - began


def _with_leaks(known: Sequence[Pattern], chance: Random, size: int) -> list[str]:
    """Answers, of which one in so many holds a leak."""
    leaking_ones = leaking.positives(known, chance, 99)
    answers = []
    for number, answer in enumerate(harmless.corpus(chance, size)):
        answers.append(answer + next(leaking_ones).text if number % ONE_LEAK_IN == 0 else answer)
    return answers


def quality(inspector: Inspector, known: Sequence[Pattern], seed: int) -> None:
    """Print precision and recall: a leak is found where one of its category is reported at its place."""
    categories = {pattern.kind: pattern.category for pattern in known}
    samples = [*leaking.positives(known, Random(seed + 1), EACH)]
    samples += harmless.lookalikes(Random(seed + 2), len(samples))
    samples += leaking.near_misses(known, Random(seed + 3), EACH)
    found: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for sample in samples:
        leaks = list(inspector.inspect(sample.text))
        for kind, offset, length in sample.leaks:
            hits = [leak for leak in leaks if leak.offset < offset + length and offset < leak.offset + leak.length]
            right = any(leak.category == categories[kind] for leak in hits)
            (found if right else missed)[kind] += 1
            leaks = [leak for leak in leaks if leak not in hits] if right else leaks
        wrong.update(f"{leak.kind} in {sample.what}" for leak in leaks)
    hits_all, misses, lies = found.total(), missed.total(), wrong.total()
    print(
        f"{len(samples):,} texts, {hits_all + misses:,} leaks: "
        f"precision {hits_all / (hits_all + lies):.4f}, recall {hits_all / (hits_all + misses):.4f}"
    )
    for what, counted in (("missed", missed), ("wrong", wrong)):
        for name, count in counted.most_common(8):
            print(f"  {what} {count} times: {name}")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(given[0] if given else SEED, given[1] if len(given) > 1 else MEGABYTES)

"""An answer at which nobody looked leaks unseen: what was not looked into is told, with the reason."""

from collections import Counter
from collections.abc import Iterator, Mapping

from stanch.domain.event import Skipped
from stanch.engine.inference.summed import ABSENT, ASKED, CUT, ELSEWHERE, UNLOOKED, WITHOUT

_WHERE = "answers of models"
_ABSENT = "{absent:,} of {asked:,} lines of calls hold none ({logs}): those were not looked into"
_ELSEWHERE = "{count:,} lie elsewhere, where their lines say ({logs}): those were not looked into"
_CUT = "{count:,} hold so many lookalikes ({logs}) that not all of them were looked at"


def told(words: Mapping[tuple[str, str], int]) -> Iterator[Skipped]:
    """A line for each reason for which answers were not looked into; it is no fault of a log that it holds none."""
    by_what: dict[str, Counter[str]] = {}
    for (what, of), count in words.items():
        by_what.setdefault(what, Counter())[of] += count
    asked = by_what.get(ASKED, Counter())
    if absent := by_what.get(ABSENT):
        why = _ABSENT.format(absent=absent.total(), asked=asked.total(), logs=_named(absent))
        yield Skipped(_WHERE, why, fault=False)
    if elsewhere := by_what.get(ELSEWHERE):
        yield Skipped(_WHERE, _ELSEWHERE.format(count=elsewhere.total(), logs=_named(elsewhere)), fault=False)
    if cut := by_what.get(CUT):
        yield Skipped(_WHERE, _CUT.format(count=cut.total(), logs=_named(cut)), fault=False)
    for why, count in by_what.get(UNLOOKED, Counter[str]()).items():
        yield Skipped(_WHERE, f"{count:,} could not be looked into: {why}")
    for missing, count in by_what.get(WITHOUT, Counter[str]()).items():
        yield Skipped(_WHERE, f"{count:,} were looked into without what knows our own texts: {missing}")


def _named(logs: Mapping[str, int]) -> str:
    return ", ".join(sorted(logs))

"""The rules of one folder know each other: a correlation may count a rule, or a correlation, of any other file.

A rule that a correlation counts is no finding of its own unless every correlation that counts it says `generate: true`.
A Sigma filter holds for the rules it names in the whole folder.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from sigma.rule import SigmaRule

from stanch.engine.sigma.documents import Parsed
from stanch.engine.sigma.metadata import detection_of
from stanch.engine.sigma.placeholders import NONE, Placeholders
from stanch.engine.sigma.read import Draft, RuleFile, drafted, told
from stanch.engine.sigma.read_correlation import correlation_of
from stanch.engine.sigma.references import Words
from stanch.engine.sigma.rule import LogSource, Rule, RuleError

HIGHEST = 8
"""How many correlations may stand one above the other."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of which no rule is used, and why, in one line that names its path.

    `fault` is False where nothing is wrong with it: it is for another product's logs.
    """

    file: RuleFile
    why: str
    fault: bool = True


class _ForeignError(RuleError):
    """Written for another product's logs."""


def read_rules(text: str, path: str, id: str) -> list[Rule]:  # noqa: A002 - the domain's word
    """The rules of one file that stands alone: the one that `id` names first, then the others as `id#name`.

    `path` serves only to name the file in a RuleError, which is raised for whatever cannot be evaluated exactly.
    """
    rules, refused = read_folder([RuleFile(id, path, text)])
    if refused:
        raise RuleError(refused[0].why)
    return rules


def read_folder(
    files: Iterable[RuleFile], placeholders: Placeholders = NONE, product: str | None = None
) -> tuple[list[Rule], list[Refused]]:
    """The rules of files that stand together, in their order, and the files of which none is used.

    A file is used as a whole or not at all; one that counts a rule of a refused file is refused too. `product` leaves
    out what is written for the logs of another one.
    """
    library = _Library(product)
    for file in files:
        library.take_in(file)
    library.translate(placeholders)
    while not library.correlate():
        pass  # what was refused just now may be what another file counts
    return library.rules(), library.refused


class _Library:
    """The files that can be used so far, and their rules under the words that mean them."""

    def __init__(self, product: str | None) -> None:
        self.refused: list[Refused] = []
        self._product = product
        self._drafts: list[Draft] = []
        self._paths: dict[str, str] = {}
        self._foreign: list[tuple[str, Parsed]] = []
        self._shared = self._elsewhere = Words(())
        self._made: dict[str, Rule] = {}
        self._sources: dict[tuple[str, int], LogSource] = {}

    def take_in(self, file: RuleFile) -> None:
        """Parse a file, and put it aside if it is for another product."""
        try:
            draft = drafted(file)
            self._claim(draft)
        except RuleError as error:
            self.refused.append(Refused(file, str(error)))
            return
        products = {rule.logsource.product for rule in draft.parsed.values() if isinstance(rule, SigmaRule)}
        others = sorted(product for product in products if product not in (None, self._product))
        if self._product and others:
            self._foreign += draft.parsed.items()
            self.refused.append(Refused(file, f"{file.path}: {_written_for(others[0])}", fault=False))
        else:
            self._drafts.append(draft)

    def _claim(self, draft: Draft) -> None:
        for id in draft.parsed:  # noqa: A001
            owner = self._paths.setdefault(id, draft.file.path)
            if owner != draft.file.path:
                raise RuleError(f"{draft.file.path}: {owner} has the id {id} already; rename one of them")

    def translate(self, placeholders: Placeholders) -> None:
        """Make the rules on single events."""
        filters = [one for draft in self._drafts for one in draft.filters]
        self._sift(lambda draft: draft.translate(filters, placeholders))
        self._elsewhere = Words(self._foreign)

    def correlate(self) -> bool:
        """Make every correlation anew; True when none was refused."""
        before = len(self._drafts)
        self._shared = Words(each for draft in self._drafts for each in draft.parsed.items())
        self._sift(self._correlate)
        self._made = {id: rule for draft in self._drafts for id, rule in draft.rules.items()}  # noqa: A001
        self._sources = {}
        self._sift(self._ground)
        return len(self._drafts) == before

    def rules(self) -> list[Rule]:
        """All rules, those that correlations only count no findings of their own."""
        quiet: set[str] = set()
        for draft in self._drafts:
            for id, parsed in draft.correlations.items():  # noqa: A001
                correlation = draft.rules[id].correlation
                if correlation and not parsed.generate:
                    quiet.update(correlation.bases)
        made = [draft.rules[id] for draft in self._drafts for id in draft.in_order()]  # noqa: A001
        return [replace(rule, generates=False) if rule.id in quiet else rule for rule in made]

    def _sift(self, make: Callable[[Draft], None]) -> None:
        kept = []
        for draft in self._drafts:
            try:
                told(draft.file.path, partial(make, draft))
                kept.append(draft)
            except RuleError as error:
                self.refused.append(Refused(draft.file, str(error), not isinstance(error.__cause__, _ForeignError)))
        self._drafts = kept

    def _correlate(self, draft: Draft) -> None:
        own = Words(draft.parsed.items())
        for id, parsed in draft.correlations.items():  # noqa: A001
            correlation = correlation_of(parsed, partial(self._meant, own, id))
            draft.rules[id] = Rule(detection_of(parsed, id), LogSource(), correlation=correlation)

    def _meant(self, own: Words, by: str, reference: str) -> str:
        found = own.meant(reference, by) or self._shared.meant(reference, by)
        if found:
            return found
        if self._elsewhere.meant(reference, by):
            raise _ForeignError(f"counts {reference!r}, which is for another product's logs")
        raise RuleError(
            f"no rule has the name, id or title {reference!r}; write it into this file, after `---`, or beside it"
        )

    def _ground(self, draft: Draft) -> None:
        """Give each correlation the log of what it counts, down to the events."""
        for id in draft.correlations:  # noqa: A001
            draft.rules[id] = replace(draft.rules[id], logsource=self._source(id, HIGHEST))

    def _source(self, id: str, left: int) -> LogSource:  # noqa: A002
        rule = self._made.get(id)
        if rule is None:
            raise RuleError(f"counts {id!r}, whose file cannot be used")
        if rule.correlation is None:
            return rule.logsource
        if not left:
            raise RuleError(f"correlations stand more than {HIGHEST} high, or in a circle; count the events themselves")
        if (id, left) not in self._sources:
            first, *_ = [self._source(base, left - 1) for base in rule.correlation.bases]
            self._sources[id, left] = first
        return self._sources[id, left]


def _written_for(product: str) -> str:
    return f"written for another product's logs: {product[:40]!r}"

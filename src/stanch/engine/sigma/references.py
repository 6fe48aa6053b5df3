"""A correlation calls what it counts by name, by Sigma's id, or by title; its own file goes before the folder."""

from collections.abc import Callable, Iterable

from stanch.engine.sigma.documents import Parsed
from stanch.engine.sigma.rule import RuleError

_WORDS: dict[str, Callable[[Parsed], str | None]] = {
    "name": lambda rule: rule.name,
    "id": lambda rule: str(rule.id) if rule.id else None,
    "title": lambda rule: rule.title,
}


class Words:
    """Some rules, by all the words that may mean them."""

    def __init__(self, rules: Iterable[tuple[str, Parsed]]) -> None:
        """`rules` are pairs of the id that a rule has here and what pySigma parsed."""
        self._ids: dict[tuple[str, str], list[str]] = {}
        for id, rule in rules:  # noqa: A001
            for what, word_of in _WORDS.items():
                word = word_of(rule)
                if word:
                    self._ids.setdefault((what, word), []).append(id)

    def meant(self, reference: str, by: str) -> str | None:
        """The id of the rule that the correlation `by` means, itself excepted; None when there is none.

        Raises RuleError when there are several.
        """
        for what in _WORDS:
            found = [id for id in self._ids.get((what, reference), ()) if id != by]  # noqa: A001
            if len(found) > 1:
                raise RuleError(f"two rules have the {what} {reference!r}; give each its own `name`")
            if found:
                return found[0]
        return None

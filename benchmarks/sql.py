"""Sigma conditions as DuckDB's SQL: one scan, a join that dispatches by name and source, then each rule's predicate.

Texts of rules reach the query as parameters only. A predicate looks through no lists, and a condition that needs more
than texts, numbers, patterns and other fields is left out: the peer does no more than ours, here and there less.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stanch.engine.sigma import Rule
from stanch.engine.sigma.dispatch import NAME, SOURCE, demands
from stanch.engine.sigma.tree import (
    And,
    Const,
    Has,
    Node,
    Not,
    Null,
    Number,
    OneOf,
    Or,
    Present,
    Regex,
    Same,
    Text,
    Truth,
    Value,
    Where,
    Wild,
)

_TEXTS = (
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "eventType",
)
_NESTED = ("userIdentity", "requestParameters", "responseElements", "additionalEventData")
_COLUMNS = ", ".join([*(f"{name} VARCHAR" for name in _TEXTS), *(f"{name} JSON" for name in _NESTED)])


class Untold(Exception):
    """A condition that this SQL does not say."""


@dataclass(slots=True)
class Query:
    """One query for all rules: `text` with numbered parameters, their `values`, and the ids of the rules in it."""

    text: str
    values: list[object]
    rules: list[str]


@dataclass(slots=True)
class _Values:
    given: list[object] = field(default_factory=list)

    def add(self, value: object) -> str:
        self.given.append(value)
        return f"${len(self.given)}"


def query(rules: Iterable[Rule], paths: Sequence[str], largest: int) -> Query:
    """How many events match each rule, by its place in `rules`; `largest` bounds the inflated bytes of one file."""
    values = _Values()
    files = values.add(list(paths))
    by_name: dict[str, list[int]] = {}
    by_source: dict[str, list[int]] = {}
    always: list[int] = []
    cases: list[str] = []
    told: list[str] = []
    for rule in rules:
        before = len(values.given)
        try:
            said = _said(rule.condition or Const(False), values)
        except Untold:
            del values.given[before:]
            continue
        number = len(cases)
        cases.append(said)
        told.append(rule.id)
        _place(number, rule.condition or Const(False), (by_name, by_source), always)
    names, sources = (_table(index, values) for index in (by_name, by_source))
    text = f"""
        WITH records AS (
          SELECT unnest(Records, recursive := true) FROM read_json({files}, format = 'unstructured',
            columns = {{Records: 'STRUCT({_COLUMNS})[]'}}, auto_detect = false, records = true,
            maximum_object_size = {int(largest)})),
        names AS ({names}), sources AS ({sources}),
        tried AS (
          SELECT names.id AS name, sources.id AS source, unnest(list_concat({always}::INTEGER[], names.rules,
            sources.rules)) AS rule FROM names CROSS JOIN sources),
        candidates AS (
          SELECT records.*, tried.rule
          FROM records LEFT JOIN names ON lower(eventName) = names.key
            LEFT JOIN sources ON lower(eventSource) = sources.key
            JOIN tried ON tried.name = coalesce(names.id, 0) AND tried.source = coalesce(sources.id, 0))
        SELECT rule, count(*) FROM candidates WHERE {_choice(cases, 0)} GROUP BY rule
    """  # noqa: S608 - numbers, names of columns and numbered parameters
    return Query(text, values.given, told)


def _choice(cases: Sequence[str], first: int) -> str:
    """The predicate of the rule at hand, found by halving: a CASE with a branch for each rule is slower."""
    if len(cases) < 2:
        return "".join(cases) or "false"
    half = len(cases) // 2
    left, right = _choice(cases[:half], first), _choice(cases[half:], first + half)
    return f"CASE WHEN rule < {first + half} THEN {left} ELSE {right} END"


def _place(
    number: int, condition: Node, indexes: tuple[dict[str, list[int]], dict[str, list[int]]], always: list[int]
) -> None:
    for name, index in zip((NAME, SOURCE), indexes, strict=True):
        demanded = demands(condition, name)
        if demanded is not None:
            for text in demanded:
                index.setdefault(text, []).append(number)
            return
    always.append(number)


def _table(index: dict[str, list[int]], values: _Values) -> str:
    """Each key with its number and its rules; number 0 stands for any other text, which no rule names."""
    rows = [f"({number}, {values.add(key)}, {rules})" for number, (key, rules) in enumerate(index.items(), 1)]
    listed = ", ".join(["(0, NULL, [])", *rows])
    return f"SELECT id, key, rules::INTEGER[] AS rules FROM (VALUES {listed}) AS t(id, key, rules)"  # noqa: S608


def _said(node: Node, values: _Values) -> str:
    match node:
        case Const(holds):
            return str(holds).lower()
        case Has(name, value):
            return f"coalesce({_has(_column(name, values), value, values)}, false)"
        case Present(name):
            return f"({_column(name, values)} IS NOT NULL)"
        case Null(name):
            return f"({_column(name, values)} IS NULL)"
        case Same(name, other, Where.WHOLE):
            return f"coalesce(lower({_column(name, values)}) = lower({_column(other, values)}), false)"
        case Not(part):
            return f"(NOT {_said(part, values)})"
        case And(parts):
            return f"({' AND '.join(_said(part, values) for part in parts)})"
        case Or(parts):
            return f"({' OR '.join(_said(part, values) for part in parts)})"
    raise Untold


def _column(name: str, values: _Values) -> str:
    first, _, rest = name.partition(".")
    if first in _TEXTS and not rest:
        return first
    if first not in _NESTED:
        return "NULL::VARCHAR"
    return f"json_extract_string({first}, {values.add('$.' + rest)})" if rest else f"{first}::VARCHAR"


def _has(column: str, value: Value, values: _Values) -> str:
    match value:
        case OneOf(folded):
            return f"lower({column}) IN ({', '.join(map(values.add, sorted(folded)))})"
        case Number(number):
            return f"TRY_CAST({column} AS DOUBLE) = {values.add(number)}"
        case Truth(truth):
            return f"lower({column}) = '{str(truth).lower()}'"
        case Regex(pattern):
            return f"regexp_matches({column}, {values.add(pattern)})"
        case Text():
            return _text(column, value, values)
    raise Untold


def _text(column: str, wanted: Text, values: _Values) -> str:
    column = column if wanted.cased else f"lower({column})"
    parts = [part if isinstance(part, Wild) or wanted.cased else part.casefold() for part in wanted.parts]
    match parts:
        case []:
            return f"{column} = ''"
        case [str(literal)]:
            return f"{column} = {values.add(literal)}"
        case [Wild.ANY]:
            return f"{column} IS NOT NULL"
        case [Wild.ANY, str(middle), Wild.ANY]:
            return f"contains({column}, {values.add(middle)})"
        case [str(head), Wild.ANY]:
            return f"starts_with({column}, {values.add(head)})"
        case [Wild.ANY, str(tail)]:
            return f"suffix({column}, {values.add(tail)})"
    raise Untold

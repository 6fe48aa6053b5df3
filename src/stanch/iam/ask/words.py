"""A condition that cannot be decided yet is told in words: what would have to be true of the request."""

from collections.abc import Iterable, Sequence

from stanch.iam.policy import Condition, Statement
from stanch.iam.reading.documents import UNKNOWN_TEXT

_MOST_VALUES = 4  # told of one condition; the rest are counted

_RELATIONS = {
    "StringEquals": "is",
    "StringNotEquals": "is not",
    "StringEqualsIgnoreCase": "is, in any case,",
    "StringNotEqualsIgnoreCase": "is not, in any case,",
    "StringLike": "is like",
    "StringNotLike": "is not like",
    "NumericEquals": "is",
    "NumericNotEquals": "is not",
    "NumericLessThan": "is below",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is above",
    "NumericGreaterThanEquals": "is at least",
    "DateEquals": "is",
    "DateNotEquals": "is not",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is not after",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is not before",
    "Bool": "is",
    "BinaryEquals": "is",
    "IpAddress": "is in",
    "NotIpAddress": "is not in",
    "ArnEquals": "is",
    "ArnLike": "is like",
    "ArnNotEquals": "is not",
    "ArnNotLike": "is not like",
}
_SUBJECTS = {"ForAllValues": "every value of {}", "ForAnyValue": "some value of {}", None: "{}"}


def condition_in_words(condition: Condition) -> str:
    """What one condition asks for, as in `aws:SourceIp is in 10.0.0.0/8`."""
    operator, key = condition.operator, condition.key
    if key == UNKNOWN_TEXT:
        return f"the text of {_any_of(condition.values)}, which is not in the file, says so"
    if operator.family == "null":
        absent = [value.lower() for value in condition.values] == ["true"]
        return f"{key} is {'absent' if absent else 'present'}"
    subject = _SUBJECTS[operator.quantifier].format(key)
    spared = " or is absent" if operator.if_exists else ""
    return f"{subject} {_RELATIONS[operator.name]} {_any_of(condition.values)}{spared}"


def resources_in_words(statement: Statement, doubted: Sequence[str]) -> str:
    """What the variables of a resource pattern would have to bring in."""
    relation = "fits" if statement.resources is not None else "does not fit"
    return f"the resource {relation} {_any_of(doubted)}"


def all_of(parts: Iterable[str]) -> str:
    """Demands that must all be met, in one sentence."""
    return " and ".join(parts)


def _any_of(values: Sequence[str]) -> str:
    shown = " or ".join(values[:_MOST_VALUES]) or "nothing"
    left = len(values) - _MOST_VALUES
    return f"{shown} or one of {left} more" if left > 0 else shown

"""A condition operator is a comparison, optionally per value of a set, optionally excused when the key is absent."""

from dataclasses import dataclass
from typing import Literal

Quantifier = Literal["ForAllValues", "ForAnyValue"]
Family = Literal["string", "numeric", "date", "bool", "binary", "ip", "arn", "null"]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator as AWS spells it, taken apart.

    name: without quantifier and suffix, in AWS's spelling (`StringNotEquals`).
    positive: the name of the comparison that `name` is or negates (`StringEquals`).
    """

    name: str
    family: Family
    positive: str
    quantifier: Quantifier | None = None
    if_exists: bool = False

    @property
    def negated(self) -> bool:
        """Whether it is the opposite of another comparison, and so true of a key that is absent."""
        return self.positive != self.name

    def __str__(self) -> str:
        return f"{self.quantifier + ':' if self.quantifier else ''}{self.name}{'IfExists' if self.if_exists else ''}"


def _operator(name: str, family: Family, positive: str = "") -> tuple[str, Operator]:
    return name.lower(), Operator(name, family, positive or name)


_OPERATORS = dict(
    (
        _operator("StringEquals", "string"),
        _operator("StringNotEquals", "string", "StringEquals"),
        _operator("StringEqualsIgnoreCase", "string"),
        _operator("StringNotEqualsIgnoreCase", "string", "StringEqualsIgnoreCase"),
        _operator("StringLike", "string"),
        _operator("StringNotLike", "string", "StringLike"),
        _operator("NumericEquals", "numeric"),
        _operator("NumericNotEquals", "numeric", "NumericEquals"),
        _operator("NumericLessThan", "numeric"),
        _operator("NumericLessThanEquals", "numeric"),
        _operator("NumericGreaterThan", "numeric"),
        _operator("NumericGreaterThanEquals", "numeric"),
        _operator("DateEquals", "date"),
        _operator("DateNotEquals", "date", "DateEquals"),
        _operator("DateLessThan", "date"),
        _operator("DateLessThanEquals", "date"),
        _operator("DateGreaterThan", "date"),
        _operator("DateGreaterThanEquals", "date"),
        _operator("Bool", "bool"),
        _operator("BinaryEquals", "binary"),
        _operator("IpAddress", "ip"),
        _operator("NotIpAddress", "ip", "IpAddress"),
        _operator("ArnEquals", "arn"),
        _operator("ArnLike", "arn"),
        _operator("ArnNotEquals", "arn", "ArnEquals"),
        _operator("ArnNotLike", "arn", "ArnLike"),
        _operator("Null", "null"),
    )
)
_QUANTIFIERS: dict[str, Quantifier] = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}


def parse_operator(text: str) -> Operator | None:
    """Read an operator's name in any case; None when AWS knows no such operator (`NullIfExists` among them)."""
    prefix, colon, rest = text.lower().partition(":")
    quantifier = _QUANTIFIERS.get(prefix) if colon else None
    if colon and quantifier is None:
        return None
    name = rest if colon else prefix
    if_exists = name.endswith("ifexists")
    base = _OPERATORS.get(name.removesuffix("ifexists"))
    if base is None or (if_exists and base.family == "null"):
        return None
    return Operator(base.name, base.family, base.positive, quantifier, if_exists)

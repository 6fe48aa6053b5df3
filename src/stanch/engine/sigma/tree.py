"""A Sigma condition is a boolean tree; its leaves ask one field, two fields, or the whole event.

The tree is data: immutable, comparable, free of pySigma. Dispatch reads it, `closures` runs it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from ipaddress import IPv4Network, IPv6Network


class Wild(Enum):
    """A wildcard in a text: `*` any run of characters, `?` exactly one."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Text:
    """A text with wildcards, literals and wildcards in turn; () is the empty text. Case is folded unless `cased`."""

    parts: tuple[str | Wild, ...]
    cased: bool = False

    @property
    def literal(self) -> str | None:
        """The text itself when it holds no wildcard."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None

    @property
    def inside(self) -> bool:
        """Whether it may stand anywhere in a value: it begins and ends with `*`."""
        return bool(self.parts) and self.parts[0] is Wild.ANY and self.parts[-1] is Wild.ANY


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of several case-folded texts without wildcards: a long list costs as much as one."""

    folded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Number:
    """A number, equal by value."""

    number: int | float


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean."""

    truth: bool


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 pattern, searched for anywhere in a text; flags stand inline, as in `(?i)`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Network:
    """An address range."""

    network: IPv4Network | IPv6Network


class Order(StrEnum):
    """How two numbers stand to each other."""

    EQ = "eq"
    NEQ = "neq"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"


@dataclass(frozen=True, slots=True)
class Compared:
    """A number in this order to the rule's."""

    order: Order
    number: int | float


class Part(StrEnum):
    """A part of a point in time; the week is ISO 8601's."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Clocked:
    """A time whose part, in UTC, is in this order to the rule's number."""

    part: Part
    order: Order
    number: int | float


Value = Text | OneOf | Number | Truth | Regex | Network | Compared | Clocked


@dataclass(frozen=True, slots=True)
class Const:
    """Always or never."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Has:
    """Some value of the field is the wanted one."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Keyword:
    """Some value anywhere in the event is the wanted one."""

    value: Value


@dataclass(frozen=True, slots=True)
class Present:
    """The field has a value that is not null."""

    name: str


@dataclass(frozen=True, slots=True)
class Null:
    """The field is absent, or null is among its values."""

    name: str


class Where(StrEnum):
    """Where in one field's text another's is looked for."""

    WHOLE = "whole"
    START = "start"
    END = "end"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Same:
    """Some value of the field holds, at that place, some value of the other; case is folded."""

    name: str
    other: str
    where: Where


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds."""

    parts: tuple["Node", ...]


Node = Const | Has | Keyword | Present | Null | Same | Not | And | Or


def negation(node: Node) -> Node:
    """`not`, with constants and double negation resolved."""
    match node:
        case Const(holds):
            return Const(not holds)
        case Not(part):
            return part
    return Not(node)


def conjunction(nodes: Iterable[Node]) -> Node:
    """`and`, flat, with constants resolved; of nothing, it holds."""
    parts: list[Node] = []
    for node in nodes:
        if node == Const(False):
            return node
        if node != Const(True):
            parts.extend(node.parts if isinstance(node, And) else (node,))
    if not parts:
        return Const(True)
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def disjunction(nodes: Iterable[Node]) -> Node:
    """`or`, flat, with constants resolved and the literals of one field gathered; of nothing, it does not hold."""
    parts: list[Node] = []
    for node in nodes:
        if node == Const(True):
            return node
        if node != Const(False):
            parts.extend(node.parts if isinstance(node, Or) else (node,))
    if len(parts) < 2:
        return parts[0] if parts else Const(False)
    gathered = _gathered(parts)
    return gathered[0] if len(gathered) == 1 else Or(tuple(gathered))


def folded_literals(value: Value) -> frozenset[str] | None:
    """The only case-folded texts this value can equal, or None when it can equal others."""
    if isinstance(value, OneOf):
        return value.folded
    if isinstance(value, Text) and value.literal is not None:
        return frozenset({value.literal.casefold()})
    return None


def _gathered(parts: list[Node]) -> list[Node]:
    literals: dict[str, set[str]] = {}
    others: list[Node] = []
    for part in parts:
        # A cased text demands more than its folded form, so it stays on its own.
        if isinstance(part, Has) and not (isinstance(part.value, Text) and part.value.cased):
            folded = folded_literals(part.value)
            if folded is not None:
                literals.setdefault(part.name, set()).update(folded)
                continue
        others.append(part)
    return [*(Has(name, OneOf(frozenset(texts))) for name, texts in literals.items()), *others]

"""An IAM policy is a list of statements, each allowing or denying actions on resources under conditions."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from stanch.iam.operators import Operator

if TYPE_CHECKING:
    from stanch.iam.clause import Clause, Program

Effect = Literal["Allow", "Deny"]
PrincipalKind = Literal["AWS", "Service", "Federated", "CanonicalUser"]


class PolicyError(ValueError):
    """The document is no policy; the message gives the path inside the document, the fault and the remedy."""

    def __init__(self, path: str, fault: str, remedy: str) -> None:
        super().__init__(f"{path}: {fault}; {remedy}")
        self.path = path


@dataclass(frozen=True, slots=True)
class Principal:
    """One principal named by a policy. The bare string `*` is read as what it equals, `{"AWS": "*"}`."""

    kind: PrincipalKind
    value: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator; all conditions of a statement must hold, any of the values may match."""

    operator: Operator
    key: str
    values: tuple[str, ...]


class _Told:
    """What is copied and sent is the document; what was worked out from it is worked out again."""

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(cast("Any", self))}


@dataclass(frozen=True)
class Statement(_Told):
    """One statement. Of each pair (`actions`, `not_actions`) the absent element is None, an empty list is ().

    variables: whether `${...}` is a variable here, which only version 2012-10-17 says.
    source: the statement as read, as JSON.
    """

    sid: str | None
    effect: Effect
    principals: tuple[Principal, ...] | None
    not_principals: tuple[Principal, ...] | None
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    conditions: tuple[Condition, ...]
    variables: bool
    source: str

    @cached_property
    def clause(self) -> "Clause":
        """The statement made ready to be asked; worked out once."""
        from stanch.iam.clause import Clause

        return Clause(self)

    @property
    def raw(self) -> Mapping[str, Any]:
        """The statement as it was read; a fresh copy at each call."""
        return cast("dict[str, Any]", json.loads(self.source))


@dataclass(frozen=True)
class Policy(_Told):
    """A whole document, immutable; editing yields another Policy."""

    version: str
    id: str | None
    statements: tuple[Statement, ...]
    source: str

    @cached_property
    def program(self) -> "Program":
        """All statements made ready to be asked; worked out once."""
        from stanch.iam.clause import Program

        return Program(self.statements)

    def to_json(self) -> dict[str, Any]:
        """The document as it was read: key order, single values and lists as they were; a fresh copy at each call."""
        return cast("dict[str, Any]", json.loads(self.source))

    def without(self, indexes: Collection[int]) -> "Policy":
        """The policy less the statements at these positions; the others are left as they were.

        Raises IndexError for a position that has no statement.
        """
        beyond = sorted(index for index in indexes if not 0 <= index < len(self.statements))
        if beyond:
            raise IndexError(f"no statement at {beyond}: the policy has {len(self.statements)}")
        kept = [dict(s.raw) for index, s in enumerate(self.statements) if index not in indexes]
        return parse({**self.to_json(), "Statement": kept}) if indexes else self

    def plus(self, statement: Mapping[str, Any]) -> "Policy":
        """The policy with one statement more, at its end. Raises PolicyError when it is no statement."""
        return parse({**self.to_json(), "Statement": [*(dict(s.raw) for s in self.statements), dict(statement)]})


def parse(document: str | bytes | Mapping[str, Any]) -> Policy:
    """Read a policy from JSON text, percent-encoded as IAM's answers have it or plain, or from a mapping.

    Raises PolicyError, and nothing else, for what is no policy.
    """
    from stanch.iam.grammar import read

    return read(document)

"""An AWS account in memory, for operations that no emulator has; requests and answers are held against botocore.

A test names its operations and the state they share. What AWS would not understand, or would never say, fails the test:
an unknown member, a wrong type, a missing one, a word outside an enumeration.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

from stanch.contracts.action import Case
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Step
from tests.listening import Listening
from tests.planning import planned

State = dict[str, Any]
"""Whatever the operations of one test remember."""

Operation = Callable[[State, Mapping[str, Any]], Mapping[str, Any] | None]
"""One API operation: (state, parameters) -> answer. It may raise AwsError or one of its kinds."""

ACCOUNT = "111122223333"
REGION = "eu-central-1"


@dataclass
class RecordedAws:
    """Implements `contracts.aws.Aws` with `operations`, keyed as `sagemaker:StopNotebookInstance`.

    `failing` holds the errors that the next calls of an operation raise, first first, in the place of an answer.
    """

    operations: Mapping[str, Operation]
    state: State = field(default_factory=dict)
    region: str = REGION
    account: str = ACCOUNT
    partition: str = "aws"
    failing: dict[str, list[AwsError]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    known: bool = True
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def caller(self) -> str:
        return str(Arn(self.partition, "sts", "", self.account, "assumed-role/stanch-responder/contain"))

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """One call, its request checked, its answer checked."""
        name = f"{service}:{operation}"
        model = _operation(service, operation)
        refuse_what_aws_would_not_know(f"request of {name}", params, model.input_shape)
        with self._turn:
            self.calls.append((name, params))
            if not self.known:
                raise AwsDenied(name, "MissingAuthenticationToken", "the request has no credentials")
            if self.failing.get(name):
                raise self.failing[name].pop(0)
            if name not in self.operations:
                raise AssertionError(f"this account has no {name}: give it to RecordedAws")
            answer = dict(self.operations[name](self.state, params) or {})
        refuse_what_aws_would_not_know(f"answer of {name}", answer, model.output_shape)
        return answer

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        """Every page as botocore's paginator would ask for it; an operation without one is called once."""
        return [item for page in self._pages(service, operation, params) for item in page.get(key) or ()]

    def anonymous(self) -> "RecordedAws":
        """Nobody: every call is refused."""
        return replace(self, known=False)

    def assuming(self, role: str, session: str) -> "RecordedAws":
        """No role here trusts the responder."""
        raise AwsDenied("sts:AssumeRole", "AccessDenied", f"{self.caller} may not assume {role}")

    def at(self, region: str) -> "RecordedAws":
        """The same account and state in another region."""
        return replace(self, region=region)

    def _pages(self, service: str, operation: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        try:
            pages = _session().get_paginator_model(service).get_paginator(operation)
        except ValueError:  # botocore's word for an operation without pages
            yield self.call(service, operation, **params)
            return
        asked = dict(params)
        while True:
            page = self.call(service, operation, **asked)
            yield page
            token = page.get(pages["output_token"]) if isinstance(pages["output_token"], str) else None
            if not token:
                return
            asked[pages["input_token"]] = token


class Recorded:
    """What `survives_dying` asks of its ground, over an account in memory."""

    def __init__(self, aws: RecordedAws) -> None:
        self.aws = aws
        self.account = aws.account

    def responder(self) -> Listening:
        return Listening(self.aws)

    def arn(self, service: str, resource: str) -> str:
        return str(Arn(self.aws.partition, service, self.aws.region, self.aws.account, resource))

    def case(self, incident: str = "inc-20261122-ab12", **changes: Any) -> Case:
        ours = Perimeter(accounts=(self.aws.account,))
        case = Case(incident=incident, now=datetime.now(UTC), perimeter=ours, responder=self.aws.caller)
        return replace(case, **changes)

    def planned(self, action: str, resource: str, aws: Any = None, case: Case | None = None) -> Step:
        return planned(action, resource, aws or self.responder(), case or self.case())


def refuse_what_aws_would_not_know(where: str, value: Mapping[str, Any], shape: Shape | None) -> None:
    """Raises AssertionError when `value` is no instance of the service model's shape."""
    if shape is None:
        assert not value, f"{where}: it has no members, yet there are {sorted(value)}"
        return
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), f"{where}: {report.generate_report()}"
    for path, word, known in _words(value, shape, where):
        assert word in known, f"{path}: {word!r} is none of {', '.join(known)}"


def _words(value: Any, shape: Shape, where: str) -> Iterator[tuple[str, str, list[str]]]:
    """Every text below `value` whose shape is an enumeration, with the words that there are."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            yield from _words(inner, shape.members[name], f"{where}: {name}")
    elif shape.type_name == "list":
        for inner in value:
            yield from _words(inner, shape.member, where)
    elif shape.type_name == "map":
        for inner in value.values():
            yield from _words(inner, shape.value, where)
    elif shape.type_name == "string" and shape.enum:
        yield where, value, shape.enum


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def _operation(service: str, operation: str) -> OperationModel:
    return _session().get_service_model(service).operation_model(operation)

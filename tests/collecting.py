"""A collector is tried as a snapshot runs it: several calls at a time, each failure an unknown, nothing invented."""

import itertools
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, cast

from stanch.aws import Door
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied
from stanch.contracts.collector import Collector, Thing, Unknown, unseen
from stanch.estate.asking import Asking
from stanch.estate.looking import Looking
from tests.listening import Listening, permission
from tests.recorded_aws import Operation, State

__all__ = ["Listening", "Looking", "Refusing", "collected", "lacks", "reader", "says", "survives_denials", "turned"]

_AT_ONCE = 4
_numbers = itertools.count(1)


def collected(module: ModuleType, aws: Aws) -> tuple[dict[str, Thing], list[Unknown]]:
    """Every thing that a collector tells, by its ARN, and what it could not see."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        looking = Looking(aws, pool, Asking(wait=lambda _: None))
        things: dict[str, Thing] = {}
        for thing in cast("Collector", module).collect(looking):
            assert thing.arn not in things, f"{thing.arn} was told twice"
            json.dumps(thing.data, default=_plain)
            things[thing.arn] = thing
    return things, looking.unknowns


@dataclass
class Refusing(Listening):
    """A door whose owner lacks one permission."""

    refused: str = ""

    def _note(self, service: str, operation: str) -> None:
        super()._note(service, operation)
        if permission(service, operation) == self.refused:
            raise AwsDenied(f"{service}:{operation}", "AccessDenied", f"not authorized to perform: {self.refused}")


def reader(owner: Door, module: ModuleType) -> Listening:
    """The door of a role in the owner's account that holds the collector's permissions and no other."""
    name = f"stanch-reader-{next(_numbers)}"
    trust = {"Effect": "Allow", "Principal": {"AWS": owner.caller}, "Action": "sts:AssumeRole"}
    made = owner.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=_document(trust))
    reading = {"Effect": "Allow", "Action": [*module.PERMISSIONS], "Resource": "*"}
    owner.call("iam", "PutRolePolicy", RoleName=name, PolicyName="look", PolicyDocument=_document(reading))
    return Listening(owner.assuming(made["Role"]["Arn"], "look"))


def says(answer: Mapping[str, Any]) -> Operation:
    """An operation of an account in memory that always answers so."""
    return lambda _, __: answer


def lacks(operation: str, code: str) -> Operation:
    """An operation that says with AWS's own word that there is none."""

    def refuse(_: State, __: Mapping[str, Any]) -> Mapping[str, Any]:
        raise AwsAbsent(operation, code, "there is none")

    return refuse


def turned(key: str, asked: str, told: str, items: Sequence[Any]) -> Operation:
    """A listing with one item a page; the next page's token is asked for and told under these names."""

    def answer(_: State, params: Mapping[str, Any]) -> Mapping[str, Any]:
        index = int(params.get(asked, "0"))
        more = {told: str(index + 1)} if index + 1 < len(items) else {}
        return {key: [items[index]], **more}

    return answer


def survives_denials(module: ModuleType, aws: Aws) -> None:
    """Deny each permission in turn: what it shows is unseen, all else stays, and each gap is told once by its name.

    `aws` must hold things of which every fact can be seen; then whatever differs must be a marker.
    """
    whole, gaps = collected(module, aws)
    assert gaps == []
    for one in module.PERMISSIONS:
        things, unknowns = collected(module, Refusing(aws, refused=one))
        assert {unknown.permission for unknown in unknowns} == {one}, f"{one} denied: {unknowns}"
        told = [(unknown.operation, unknown.of) for unknown in unknowns]
        assert len(told) == len(set(told)), f"{one} denied, told more than once: {told}"
        assert things.keys() <= whole.keys(), f"{one} denied, invented: {things.keys() - whole.keys()}"
        for arn, thing in things.items():
            assert _agrees(thing.data, whole[arn].data), f"{one} denied, {arn} differs: {thing.data}"


def _agrees(seen: Any, whole: Any) -> bool:
    if unseen(seen) or seen == whole:
        return True
    if isinstance(seen, Mapping) and isinstance(whole, Mapping):
        return seen.keys() == whole.keys() and all(_agrees(seen[key], whole[key]) for key in seen)
    if isinstance(seen, list) and isinstance(whole, list):
        return len(seen) == len(whole) and all(map(_agrees, seen, whole))
    return False


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _plain(value: object) -> str:
    assert isinstance(value, datetime | bytes), f"a snapshot cannot keep {value!r}"
    return str(value)

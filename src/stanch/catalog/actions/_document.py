"""AWS may print a policy in another order or spacing than it was sent; it is the same policy."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from stanch.iam import Policy

_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
"""What AWS shows in a policy in the place of a user or role that has been deleted."""

_EMPTY = {"Version": "2012-10-17"}


def same(found: str | None, wanted: str | None) -> bool:
    """Whether two policy texts, or the lack of them, say the same."""
    if found is None or wanted is None:
        return found is wanted
    return found == wanted or stable(found) == stable(wanted)


def stable(text: str) -> str:
    """The same policy in one spelling: keys in order, principals and other lists of words in order."""
    return json.dumps(_ordered(json.loads(text)), separators=(",", ":"), sort_keys=True)


def written(statements: Sequence[Mapping[str, Any]], like: Policy | None) -> str:
    """A policy's text without spaces, which count against its size; version and id are those of `like`."""
    return compact({**(like.to_json() if like else _EMPTY), "Statement": [dict(raw) for raw in statements]})


def deny_all(sid: str, condition: Mapping[str, Any] | None = None) -> str:
    """The text of a policy that denies everything, or everything under one condition."""
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}
    return written([{**statement, "Condition": dict(condition)} if condition else statement], None)


def compact(document: Mapping[str, Any]) -> str:
    """A document's text without spaces."""
    return json.dumps(document, separators=(",", ":"))


def living(document: Mapping[str, Any] | str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The document without the ids of deleted principals, which AWS takes from nobody again, and those ids."""
    read: dict[str, Any] = json.loads(document) if isinstance(document, str) else dict(document)
    found = read.get("Statement", [])
    dead: list[str] = []
    kept = [s for s in (_living(one, dead) for one in (found if isinstance(found, list) else [found])) if s]
    return ({**read, "Statement": kept} if dead else read), tuple(dict.fromkeys(dead))


def _living(statement: Mapping[str, Any], dead: list[str]) -> Mapping[str, Any] | None:
    named = statement.get("Principal")
    listed = named.get("AWS") if isinstance(named, Mapping) else None
    values: Sequence[Any] = listed if isinstance(listed, list) else [listed]
    gone = [value for value in values if isinstance(value, str) and _ID.fullmatch(value)]
    if not gone or not isinstance(named, Mapping):
        return statement
    dead.extend(gone)
    left = [value for value in values if value not in gone]
    others = {kind: value for kind, value in named.items() if kind != "AWS"}
    principals = {**({"AWS": left} if left else {}), **others}
    return {**statement, "Principal": principals} if principals else None


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(inner) for key, inner in value.items()}
    if isinstance(value, list) and all(isinstance(inner, str) for inner in value):
        return sorted(value) if len(value) != 1 else value[0]
    return [_ordered(inner) for inner in value] if isinstance(value, list) else value

"""A case is one request together with every policy that it meets; a file of them has one a line, as JSON.

What is a policy in many cases, as an organisation's are, is read and made ready once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from stanch.app.iam_kept import Kept
from stanch.iam.callers import CallerError, caller_of
from stanch.iam.evaluate import Decision, evaluate
from stanch.iam.fitting import Kind, require_fit
from stanch.iam.layers import Layer
from stanch.iam.organization import Named
from stanch.iam.policy import Policy, PolicyError, parse
from stanch.iam.request import Caller, Request

_NULL = b"null"
_UNKNOWN = b'"unknown"'
_KEPT_BYTES = 16 * 2**20
"""Of the text of layers, and again of policies; an organisation's own are far fewer."""

_KEPT_CALLERS = 4096
_LAYERS: dict[str, tuple[Layer, Kind]] = {
    "identity": ("identity", "identity"),
    "boundary": ("pb", "boundary"),
    "session": ("session", "session"),
    "resource_policy": ("resource", "resource"),
    "scps": ("scp", "scp"),
    "rcps": ("rcp", "rcp"),
    "vpce": ("vpce", "vpce"),
}
"""What a case, and an argument of `evaluate`, calls a layer; and what its policies hang on."""


class CaseError(ValueError):
    """The line is no case; the message says where in it the fault is, and the remedy."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request and its layers, as keyword arguments of `evaluate`.

    notes: policies that AWS would not have let hang where they do; they are taken as they are.
    """

    id: Any
    request: Request
    layers: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def decide(self) -> Decision:
        """What AWS would answer."""
        return evaluate(self.request, **self.layers)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no case. number: its place in the file, from 1."""

    number: int
    why: str


class _Asked(msgspec.Struct):
    action: str
    principal: str | dict[str, Any] = ""
    resource: str | None = None
    resource_account: str | None = None
    context: dict[str, Any] | None = None
    wildcard_only: bool = False
    unknown: list[str] = []


class _Attached(msgspec.Struct):
    policy: msgspec.Raw
    name: str | None = None


class _Level(msgspec.Struct):
    policies: list[_Attached]
    level: str | int | None = None


_ABSENT = msgspec.Raw(_NULL)


class _Line(msgspec.Struct):
    request: _Asked
    id: Any = None
    identity: msgspec.Raw = _ABSENT
    session: msgspec.Raw = _ABSENT
    boundary: msgspec.Raw = _ABSENT
    resource_policy: msgspec.Raw = _ABSENT
    scps: msgspec.Raw = _ABSENT
    rcps: msgspec.Raw = _ABSENT
    vpce: msgspec.Raw = _ABSENT


_line = msgspec.json.Decoder(_Line)
_attachments = msgspec.json.Decoder(list[_Attached])
_organization = msgspec.json.Decoder(list[_Level])


def read_cases(lines: Iterable[bytes]) -> Iterator[Case | Unreadable]:
    """The cases of a file, line by line; empty lines are none."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield read_case(line)
            except CaseError as error:
                yield Unreadable(number, str(error))


def read_case(line: bytes) -> Case:
    """Read one case. Raises CaseError, and nothing else."""
    try:
        given = _line.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CaseError(f"{error}; give one JSON object with a request") from None
    known: dict[str, Any] = {}
    unknown: list[Layer] = []
    notes: list[str] = []
    for key, (layer, _) in _LAYERS.items():
        document = bytes(getattr(given, key))
        if document == _UNKNOWN:
            unknown.append(layer)
        elif document != _NULL:
            known[key], told = _kept_layers(document, key)
            notes += told
    return Case(given.id, _request(given.request), {**known, "unknown": unknown}, tuple(notes))


def _layer(document: bytes, key: str) -> tuple[Any, list[str]]:
    """What a case says under a key: a policy, some, or the levels of an organisation; and what is odd about it."""
    kind = _LAYERS[key][1]
    try:
        if key in ("session", "resource_policy"):
            policy = _document(document, key)
            return policy, _odd([Named(key, policy)], kind)
        if key in ("scps", "rcps"):
            levels = _levels(_organization.decode(document), key)
            return levels, _odd([named for level in levels for named in level], kind)
        attached = _attached(_attachments.decode(document), key)
        return attached, _odd(attached, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CaseError(f'{key}: {error}; give policies as promised, null, or "unknown"') from None


_kept_layers = Kept(_layer, _KEPT_BYTES)


def _odd(policies: Iterable[Named], kind: Kind) -> list[str]:
    found = []
    for named in policies:
        try:
            require_fit(named.policy, kind)
        except PolicyError as error:
            found.append(f"{kind} policy {named.name}: {error}")
    return found


def _document(document: bytes, key: str) -> Policy:
    try:
        return _kept_policies(document, "")
    except PolicyError as error:
        raise CaseError(f"{key}: {error}") from None


def _attached(given: list[_Attached], key: str) -> list[Named]:
    return [
        Named(each.name or f"{key}[{at}]", _document(bytes(each.policy), f"{key}[{at}]"))
        for at, each in enumerate(given)
    ]


def _levels(given: list[_Level], key: str) -> list[list[Named]]:
    found = []
    for at, level in enumerate(given):
        named = _attached(level.policies, f"{key}[{at}].policies")
        found.append([Named(f"{level.level}/{each.name}", each.policy) for each in named] if level.level else named)
    return found


def _policy(document: bytes, _: str) -> Policy:
    if document[:1] == b'"':
        return parse(msgspec.json.decode(document, type=str))
    return parse(document)


_kept_policies = Kept(_policy, _KEPT_BYTES)


def _request(asked: _Asked) -> Request:
    context = {key: _values(key, value) for key, value in (asked.context or {}).items() if value is not None}
    try:
        caller = _caller(asked.principal, asked.action, context)
    except CallerError as error:
        raise CaseError(f"request.principal: {error}") from None
    resource = "*" if asked.wildcard_only or not asked.resource else asked.resource
    return Request(caller, asked.action, resource, _owner(asked, resource), context, frozenset(asked.unknown))


def _caller(principal: str | dict[str, Any], action: str, context: Mapping[str, tuple[str, ...]]) -> Caller:
    if isinstance(principal, str):
        return _known_caller(principal, action, tuple(item for item in context.items() if _tells_role(item[0])))
    if str(principal.get("type")).lower() == "anonymous":
        return Caller("anonymous")
    raise CallerError('an object here says {"type": "Anonymous"}; give anyone else as an ARN or a service')


@lru_cache(maxsize=_KEPT_CALLERS)
def _known_caller(principal: str, action: str, told: tuple[tuple[str, tuple[str, ...]], ...]) -> Caller:
    return caller_of(principal, action, dict(told))


def _tells_role(key: str) -> bool:
    return key.lower() == "aws:principalarn"


def _owner(asked: _Asked, resource: str) -> str | None:
    if asked.resource_account:
        return asked.resource_account
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else None


def _values(key: str, value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    for each in listed:
        if not isinstance(each, str | int | float):
            raise CaseError(f"request.context.{key[:60]!a} is no value; give a string, or a list of strings")
    return tuple(each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in listed)

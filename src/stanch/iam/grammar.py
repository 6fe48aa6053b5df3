"""AWS refuses a policy for an unknown element, a wrong type, a key given twice; so does this, and names the place.

IAM User Guide, "Grammar of the IAM JSON policy language". What a policy hangs on, which AWS also heeds, is not asked.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from stanch.iam.operators import parse_operator
from stanch.iam.policy import Condition, Policy, PolicyError, Principal, PrincipalKind, Statement

LONGEST_DOCUMENT = 262_144
"""Characters. AWS's longest known, AWSSupportServiceRolePolicy, has 157 000; a longer one wants to tire its reader."""

_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_NO_ACTION = re.compile(r"[^:*?]*|:.*|[^:]*:", re.DOTALL)
_VERSIONS = ("2012-10-17", "2008-10-17")
_POLICY_ELEMENTS = ("Version", "Id", "Statement")
_STATEMENT_ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)
_PRINCIPAL_KINDS: tuple[PrincipalKind, ...] = ("AWS", "Service", "Federated", "CanonicalUser")


def read(document: str | bytes | Mapping[str, Any]) -> Policy:
    """Read a policy, as `stanch.iam.parse` says."""
    top = _load(document)
    _only(top, _POLICY_ELEMENTS, "document")
    version = top.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise PolicyError("Version", f"unknown version {_shown(version)}", f"use {' or '.join(_VERSIONS)}")
    if "Statement" not in top:
        raise PolicyError("document", "has no Statement", "add a list of statements")
    listed = top["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    return Policy(
        version=version,
        id=_text(top["Id"], "Id") if "Id" in top else None,
        statements=tuple(_statement(s, f"Statement[{at}]", version) for at, s in enumerate(statements)),
        source=json.dumps(top),
    )


def _load(document: str | bytes | Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded = json.loads(_json_text(document), object_pairs_hook=_unique_keys)
    except RecursionError:
        raise PolicyError("document", "is nested too deeply", "a policy has six levels at most") from None
    except (ValueError, TypeError) as error:
        if isinstance(error, PolicyError):
            raise
        raise PolicyError("document", f"is not JSON ({str(error)[:200]})", "give one JSON object") from None
    if not isinstance(loaded, dict):
        raise PolicyError("document", f"is {_kind(loaded)}", "give one JSON object")
    return loaded


def _json_text(document: str | bytes | Mapping[str, Any]) -> str:
    if isinstance(document, Mapping):
        document = json.dumps(dict(document), allow_nan=False)
    if isinstance(document, bytes):
        document = document.decode("utf-8-sig")
    if document.startswith("%7B"):
        document = _PERCENT.sub(lambda code: bytes.fromhex(code[1].decode()), document.encode()).decode()
    if len(document) > LONGEST_DOCUMENT:
        fault = f"{len(document)} characters, and no AWS policy is longer than {LONGEST_DOCUMENT}"
        raise PolicyError("document", fault, "check where it came from")
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        # Two readers could disagree on which of the two counts: the classic way to hide a grant.
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise PolicyError("document", f"key {_shown(twice)} is given twice", "keep one of the two")
    return unique


def _statement(raw: Any, path: str, version: str) -> Statement:
    if not isinstance(raw, dict):
        raise PolicyError(path, f"is {_kind(raw)}", "a statement is a JSON object")
    _only(raw, _STATEMENT_ELEMENTS, path)
    effect = raw.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{path}.Effect", f"is {_shown(effect)}", 'write "Allow" or "Deny"')
    for one, other in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
        if one in raw and other in raw:
            raise PolicyError(path, f"has both {one} and {other}", "keep one of them")
    if "Action" not in raw and "NotAction" not in raw:
        raise PolicyError(path, "has neither Action nor NotAction", "say which actions it is about")
    return Statement(
        sid=_text(raw["Sid"], f"{path}.Sid") if "Sid" in raw else None,
        effect=effect,
        principals=_principals(raw, "Principal", path),
        not_principals=_principals(raw, "NotPrincipal", path),
        actions=_actions(raw, "Action", path),
        not_actions=_actions(raw, "NotAction", path),
        resources=_texts(raw, "Resource", path),
        not_resources=_texts(raw, "NotResource", path),
        conditions=_conditions(raw["Condition"], f"{path}.Condition") if "Condition" in raw else (),
        variables=version == "2012-10-17",
        source=json.dumps(raw),
    )


def _principals(raw: dict[str, Any], element: str, path: str) -> tuple[Principal, ...] | None:
    if element not in raw:
        return None
    path, given = f"{path}.{element}", raw[element]
    if given == "*":
        return (Principal("AWS", "*"),)
    if not isinstance(given, dict):
        raise PolicyError(path, f"is {_shown(given)}", 'write "*" or an object such as {"AWS": "111122223333"}')
    _only(given, _PRINCIPAL_KINDS, path)
    return tuple(Principal(kind, name) for kind in _PRINCIPAL_KINDS for name in _texts(given, kind, path) or ())


def _conditions(given: Any, path: str) -> tuple[Condition, ...]:
    if not isinstance(given, dict):
        raise PolicyError(path, f"is {_kind(given)}", 'write {"operator": {"key": "value"}}')
    found: list[Condition] = []
    for name, keys in given.items():
        operator = parse_operator(name)
        if operator is None:
            raise PolicyError(f"{path}.{_shown(name)}", "is no condition operator", "see IAM's list of operators")
        if not isinstance(keys, dict):
            raise PolicyError(f"{path}.{name}", f"is {_kind(keys)}", 'write {"key": "value"}')
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            where = f"{path}.{name}.{_shown(key)}"
            found.append(Condition(operator, key, tuple(_scalar(v, f"{where}[{at}]") for at, v in enumerate(listed))))
    return tuple(found)


def _actions(raw: dict[str, Any], element: str, path: str) -> tuple[str, ...] | None:
    listed = _texts(raw, element, path)
    for at, action in enumerate(listed or ()):
        if _NO_ACTION.fullmatch(action):
            where = f"{path}.{element}[{at}]" if isinstance(raw[element], list) else f"{path}.{element}"
            raise PolicyError(where, f"is {_shown(action)}", 'name the service too, as in "s3:GetObject"')
    return listed


def _texts(raw: dict[str, Any], element: str, path: str) -> tuple[str, ...] | None:
    if element not in raw:
        return None
    path, given = f"{path}.{element}", raw[element]
    if isinstance(given, list):
        return tuple(_text(one, f"{path}[{at}]") for at, one in enumerate(given))
    return (_text(given, path),)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise PolicyError(path, f"is {_kind(value)}", "write a string")
    return value


def _scalar(value: Any, path: str) -> str:
    """A condition's value as AWS compares it: a string, or a number or boolean as its JSON spelling."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return json.dumps(value)
    raise PolicyError(path, f"is {_kind(value)}", "write a string, a number or a boolean")


def _only(given: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
    for key in given:
        if key not in known:
            raise PolicyError(path, f"has an unknown element {_shown(key)}", f"known are {', '.join(known)}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _shown(value: Any) -> str:
    """A value from a hostile document, for a message: printable ASCII, quoted, short."""
    if value is None or isinstance(value, dict | list):
        return "missing" if value is None else _kind(value)
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

"""A configuration error is useful when it names the line, the key, what is wrong and what to write instead."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stanch.estate.errors import Problem
from stanch.estate.lines import Lines
from stanch.estate.schema import EstateFile, keys
from stanch.estate.values import nearest, quoted

Location = tuple[str | int, ...]

_TYPES = {
    "string_type": "must be text in quotes",
    "string_unicode": "must be text in quotes",
    "list_type": "must be a list, [ ... ]",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "datetime_type": "must be a time with an offset, without quotes: 2026-12-01T00:00:00Z",
}


def problems_of(data: Mapping[str, Any], text: str, path: str) -> list[Problem]:
    """Everything wrong with a parsed file, in the order of its lines."""
    lines = Lines(text)
    found = [*_refused(data), *_contradictions(data)]
    problems = [Problem(path, lines.of(at), _section(at), what) for at, what in found]
    return sorted(problems, key=lambda problem: problem.line)


def _refused(data: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    try:
        EstateFile.model_validate(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            yield detail["loc"], _what(detail)


def _what(detail: ErrorDetails) -> str:
    kind, at = detail["type"], detail["loc"]
    name = next((str(part) for part in reversed(at) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        return _unknown(name, at)
    if kind == "missing":
        return f"{quoted(name)} is missing"
    if kind in ("model_type", "dict_type"):
        return f"must be written [[{at[0]}]]" if len(at) == 2 else "must be a table: " + _shape(at)
    if kind == "list_type" and len(at) == 1:
        return f"must be written [[{at[0]}]], once for each"
    what = detail["msg"].removeprefix("Value error, ") if kind == "value_error" else _TYPES.get(kind)
    return f"{name}: {what or _lowered(detail['msg'])}"


def _unknown(name: str, at: Location) -> str:
    if len(at) > 1:
        return f"unknown key {quoted(name)}{nearest(name, keys(at[:-1])) or '; ' + _known(at[:-1])}"
    close = nearest(name, keys(()))
    return f"unknown section {quoted(name)}{close or '; the sections are ' + ', '.join(keys(()))}"


def _known(at: Location) -> str:
    return "the keys here are " + ", ".join(keys(at))


def _shape(at: Location) -> str:
    if len(at) == 1:
        return f"[{at[0]}]"
    inner = ", ".join(f"{key} = ..." for key, needed in keys(at).items() if needed) or "..."
    return f"{at[-1]} = {{ {inner} }}"


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _section(at: Location) -> str:
    """`[[asset]] #2`, `[perimeter]`; an unknown section has no name to trust."""
    if not at or at[0] not in keys(()):
        return ""
    if len(at) > 1 and isinstance(at[1], int):
        return f"[[{at[0]}]] #{at[1] + 1}"
    return f"[{at[0]}]" if len(at) > 1 else ""


def _contradictions(data: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """What no single value shows. Reads the raw data, so that it is told together with every other problem."""
    assets, exports = _tables(data, "asset"), _tables(data, "export")
    for key in ("name", "where"):
        seen: set[str] = set()
        for index, asset in assets:
            value = asset.get(key)
            if isinstance(value, str):
                if value in seen:
                    yield ("asset", index, key), f"{key}: {quoted(value)} is already another asset's"
                seen.add(value)
    names = [name for _, asset in assets if isinstance(name := asset.get("name"), str)]
    for index, export in exports:
        named = export.get("asset")
        if isinstance(named, str) and named not in names:
            hint = nearest(named, names) or "; the assets are " + (", ".join(map(quoted, names[:8])) or "not declared")
            yield ("export", index, "asset"), f"asset: there is no asset {quoted(named)}{hint}"
        start, end = export.get("from"), export.get("until")
        if _comparable(start, end) and end <= start:  # type: ignore[operator]
            yield ("export", index, "until"), "until: must be after from"


def _tables(data: Mapping[str, Any], section: str) -> list[tuple[int, dict[str, Any]]]:
    items = data.get(section)
    return [(i, t) for i, t in enumerate(items) if isinstance(t, dict)] if isinstance(items, list) else []


def _comparable(*instants: object) -> bool:
    return all(isinstance(instant, datetime) and instant.tzinfo for instant in instants)

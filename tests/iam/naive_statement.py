"""What a statement says of a request, read off the IAM User Guide: patterns, variables, condition operators."""

from datetime import UTC, datetime
from fractions import Fraction
from ipaddress import ip_address, ip_network
from typing import Any

NEGATIONS = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def words(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# Patterns are lists of (character, is it special).


def written(text: str) -> list[tuple[str, bool]]:
    return [(c, c in "*?") for c in text]


def fits(pattern: list[tuple[str, bool]], text: str) -> bool:
    """The table of which prefixes of the pattern fit which prefixes of the text."""
    row = [True] + [False] * len(text)
    for character, special in pattern:
        star = special and character == "*"
        new = [row[0] and star]
        for at, given in enumerate(text):
            if star:
                new.append(row[at + 1] or new[at])
            else:
                new.append(row[at] and (special or character == given))
        row = new
    return row[-1]


def filled(text: str, version: str, context: dict[str, list[str]]) -> list[tuple[str, bool]] | None:
    if version != "2012-10-17":
        return written(text)
    found: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        end = text.find("}", at)
        if text.startswith("${", at) and end >= 0:
            inside = text[at + 2 : end]
            at = end + 1
            if inside in ("*", "?", "$"):
                value = inside
            else:
                name, _, default = inside.partition(",")
                values = context.get(name.strip().lower(), [])
                if len(values) == 1 and values[0]:
                    value = values[0]
                elif default.strip():
                    value = default.strip().strip("'")
                else:
                    return None
            found += [(c, False) for c in value]
        else:
            found += written(text[at])
            at += 1
    return found


def colons(pattern: list[tuple[str, bool]]) -> list[list[tuple[str, bool]]]:
    parts: list[list[tuple[str, bool]]] = [[]]
    for each in pattern:
        if each[0] == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(each)
    return parts


def plain(pattern: list[tuple[str, bool]]) -> str:
    return "".join(c for c, _ in pattern)


def moment(text: str) -> datetime:
    if text.isdigit() and len(text) > 4:
        return datetime.fromtimestamp(int(text), UTC)
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def compare_text(name: str, given: str, wanted: str, version: str, context: dict[str, list[str]]) -> bool:
    pattern = filled(wanted, version, context)
    if pattern is None:
        return False
    if name == "stringequals":
        return plain(pattern) == given
    if name in ("stringequalsignorecase", "bool"):
        return plain(pattern).lower() == given.lower()
    if name == "stringlike":
        return fits(pattern, given)
    ours, theirs = colons(pattern), given.split(":", 5)
    return len(ours) == len(theirs) == 6 and all(fits(a, b) for a, b in zip(ours, theirs, strict=True))


def compare(name: str, given: str, wanted: str) -> bool:
    if name == "binaryequals":
        return given == wanted
    a: Any
    b: Any
    try:
        if name == "ipaddress":
            return ip_address(given) in ip_network(wanted, strict=False)
        if name.startswith("numeric"):
            a, b = Fraction(given), Fraction(wanted)
        else:
            a, b = moment(given), moment(wanted)
    except ValueError:
        return False
    answers: dict[str, bool] = {
        "equals": a == b,
        "lessthan": a < b,
        "lessthanequals": a <= b,
        "greaterthan": a > b,
        "greaterthanequals": a >= b,
    }
    return answers[name.removeprefix("numeric").removeprefix("date")]


def condition_holds(operator: str, key: str, wanted: Any, version: str, context: dict[str, list[str]]) -> bool:
    name = operator.lower()
    listed = [words(v) for v in many(wanted)]
    present = context.get(key.lower(), [])
    if name == "null":
        return ("true" if not present else "false") in [v.lower() for v in listed]
    each, any_ = name.startswith("forallvalues:"), name.startswith("foranyvalue:")
    name = name.rpartition(":")[2]
    excused = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated = name in NEGATIONS
    name = NEGATIONS.get(name, name)

    def one(value: str) -> bool:
        if name.startswith(("string", "arn", "bool")):
            return any(compare_text(name, value, wanted, version, context) for wanted in listed)
        return any(compare(name, value, wanted) for wanted in listed)

    if each:
        return all(one(value) != negated for value in present if value)
    if any_:
        return any(one(value) != negated for value in present if value)
    if not present:
        return excused or negated
    return any(one(value) for value in present) != negated


def acts(patterns: Any, action: str) -> bool:
    return any(fits(written(pattern.lower()), action.lower()) for pattern in many(patterns))


def lies(patterns: Any, resource: str, version: str, context: dict[str, list[str]]) -> bool:
    for text in many(patterns):
        pattern = filled(text, version, context)
        if pattern is not None and fits(pattern, resource):
            return True
        completed = text + ":*" * (5 - text.count(":"))
        if text.startswith("arn:") and "${" not in text and fits(written(completed), resource):
            return True
    return False


def about(statement: dict[str, Any], version: str, request: dict[str, Any], context: dict[str, list[str]]) -> bool:
    action, resource = request["action"], request["resource"]
    return (
        ("Action" not in statement or acts(statement["Action"], action))
        and ("NotAction" not in statement or not acts(statement["NotAction"], action))
        and ("Resource" not in statement or lies(statement["Resource"], resource, version, context))
        and ("NotResource" not in statement or not lies(statement["NotResource"], resource, version, context))
        and all(
            condition_holds(operator, key, wanted, version, context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )

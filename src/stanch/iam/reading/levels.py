"""An organisation binds an account at every level above it: the root, each unit, the account itself."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from stanch.iam.accounts import is_account
from stanch.iam.organization import Level
from stanch.iam.reading.documents import Documents
from stanch.iam.reading.faults import FactsError, account_id, mapping, shown, values

_POLICIES = ("policies", "Policies")


def read_levels(
    value: Any, accounts: Collection[str], documents: Documents, path: str
) -> dict[str, tuple[Level, ...] | None]:
    """The levels of each account, from its own list or from one for all; none for an account that nothing binds."""
    if value is None:
        return {}
    if isinstance(value, Mapping) and value and not all(map(is_account, value)):
        odd = next(key for key in value if not is_account(key))
        remedy = "write a list of levels, or an object of such lists by account id"
        raise FactsError(f"{path}.{shown(odd)}", "is no account id", remedy)
    if isinstance(value, Mapping):
        return {
            account_id(account, f"{path}.{account}"): _levels(given, documents, f"{path}.{account}")
            for account, given in value.items()
        }
    levels = _levels(value, documents, path)
    return dict.fromkeys(accounts, levels)


def _levels(value: Any, documents: Documents, path: str) -> tuple[Level, ...] | None:
    listed = values(value, path)
    if not listed:
        return None
    if not any(map(_is_level, listed)):
        return (_level(listed, documents, path, "policy"),)  # policies without levels are all of one
    found: list[Level] = []
    for at, level in enumerate(listed):
        where = f"{path}[{at}]"
        if isinstance(level, list):
            found.append(_level(level, documents, where, f"level {at}"))
            continue
        key = next((key for key in _POLICIES if key in mapping(level, where)), "policies")
        name = str(level.get("level") or level.get("name") or f"level {at}")
        found.append(_level(values(level.get(key), f"{where}.{key}"), documents, f"{where}.{key}", name))
    return tuple(found)


def _is_level(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, Mapping) and any(key in value for key in _POLICIES))


def _level(policies: Sequence[Any], documents: Documents, path: str, name: str) -> Level:
    of_resources = path.startswith("rcps")
    return tuple(
        documents.named(each, f"{path}[{at}]", f"{name}:{at}", principal=of_resources)
        for at, each in enumerate(policies)
    )

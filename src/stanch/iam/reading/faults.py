"""What is wrong with a file is told with the place inside it, so that it can be mended there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stanch.iam.accounts import is_account

_SHOWN = 60  # characters of a hostile value in a message


class FactsError(ValueError):
    """The file does not say what an organisation is; the message gives the path inside it, the fault and the remedy."""

    def __init__(self, path: str, fault: str, remedy: str) -> None:
        super().__init__(f"{path}: {fault}; {remedy}")
        self.path = path


class MissingPolicy(FactsError):
    """A policy is attached and its document is not in the file. arn: which."""

    def __init__(self, path: str, arn: str) -> None:
        fault = f"{shown(arn)} is attached, and its document is not in the file"
        remedy = "add it to Policies as get-account-authorization-details lists it, or let it count as unknown"
        super().__init__(path, fault, remedy)
        self.arn = arn


def shown(value: object) -> str:
    """A value from the file, for a message: printable ASCII, quoted, short."""
    if isinstance(value, Mapping | list):
        return _kind(value)  # it may be nested without end
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    """The value, if it is an object."""
    if not isinstance(value, Mapping):
        raise FactsError(path, f"is {_kind(value)}", "write an object")
    return value


def items(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a list, each with its path; of None, none."""
    for at, one in enumerate(values(value, path)):
        yield f"{path}[{at}]", mapping(one, f"{path}[{at}]")


def values(value: Any, path: str) -> Sequence[Any]:
    """The value, if it is a list; None is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise FactsError(path, f"is {_kind(value)}", "write a list")
    return value


def text(holder: Mapping[str, Any], key: str, path: str) -> str:
    """A string that must be there."""
    value = holder.get(key)
    if not isinstance(value, str) or not value:
        fault = "is missing" if value is None else f"is {_kind(value)}"
        raise FactsError(f"{path}.{key}", fault, "write a string that is not empty")
    return value


def account_id(value: Any, path: str) -> str:
    """An account id."""
    if not isinstance(value, str) or not is_account(value):
        raise FactsError(path, f"{shown(value)} is no account id", "write its twelve digits, as a string")
    return value


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float):
        return shown(value)
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"

"""IAM's credential report is made on demand and kept for four hours: passwords, keys and MFA, and when they were used.

IAM User Guide, "Generate credential reports for your AWS account". One row a user, and one for the root user.
"""

import csv
import io
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from stanch.contracts.collector import Look, unseen

Rows = Mapping[str, Mapping[str, str]]
"""The rows by the user's ARN, as AWS writes them: "N/A", "no_information" and "not_supported" are its own words."""

_PAUSES = (0.0, 0.5, 1.0, 1.0, 2.0, 2.0, 2.0)
"""Seconds before each question whether it is made; AWS takes some seconds for a few thousand users."""
_NOT_MADE = ("ReportNotPresent", "ReportExpired", "ReportInProgress")


def begin(look: Look, root: str) -> Any:
    """Ask for a report; it is made while other things are looked at."""
    return look.ask("iam", "GenerateCredentialReport", of=root)


def rows(look: Look, root: str, begun: Any, wait: Callable[[float], None] = time.sleep) -> Rows | Any:
    """The report's rows, or the marker where it could not be seen. begun: what `begin` returned."""
    answer = _made(look, root, begun, _PAUSES, wait)
    if unseen(answer) is not None:
        # Who may not have one made may still read the one that somebody else had made.
        older = look.ask("iam", "GetCredentialReport", of=root, none=_NOT_MADE)
        return answer if older is None else _read(older)
    return _read(look.ask("iam", "GetCredentialReport", of=root))


def _made(look: Look, root: str, begun: Any, pauses: Iterable[float], wait: Callable[[float], None]) -> Any:
    answer = begun
    for pause in pauses:
        if unseen(answer) is not None or answer.get("State") == "COMPLETE":
            break
        wait(pause)
        answer = begin(look, root)
    return answer


def _read(answer: Any) -> Rows | Any:
    if unseen(answer) is not None:
        return answer
    content = answer.get("Content", b"")
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    return {row["arn"]: row for row in csv.DictReader(io.StringIO(text)) if row.get("arn")}

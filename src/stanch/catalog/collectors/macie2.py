"""Macie finds personal data in buckets where it is on, and says nothing of findings that a filter archives.

Blind to: findings, which buckets were really searched, custom identifiers, allow lists.
"""

from collections.abc import Iterator
from functools import partial

from stanch.catalog.collectors._answers import part
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "macie2:GetFindingsPublicationConfiguration",
    "macie2:GetMacieSession",
    "macie2:ListClassificationJobs",
    "macie2:ListFindingsFilters",
)

_OFF = ("AccessDeniedException: Macie is not enabled", "ResourceNotFoundException")
"""Macie answers as if forbidden where it was never enabled; only its message tells the two apart."""


def collect(look: Look) -> Iterator[Thing]:
    """The session or None where Macie is off; where it publishes to, its filters and its jobs."""
    account = account_in(look, "macie2")
    session = look.ask("macie2", "GetMacieSession", of=account, none=_OFF)
    if session is None:
        yield Thing("macie2/account", account, {"Session": None})
        return
    ask, listed = partial(look.ask, "macie2", of=account), partial(look.list, "macie2", of=account)
    data = {
        "Session": session,
        "SecurityHub": part(ask("GetFindingsPublicationConfiguration"), "securityHubConfiguration"),
        "FindingsFilters": listed("ListFindingsFilters", "findingsFilterListItems"),
        "ClassificationJobs": listed("ListClassificationJobs", "items"),
    }
    yield Thing("macie2/account", account, data)

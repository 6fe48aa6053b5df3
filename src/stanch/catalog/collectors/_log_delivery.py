"""S3 writes access logs only to a bucket of the same account and region that lets it: by its policy, or by its ACL.

Where no bucket of a region lets it, none there is logged, whatever is configured; then it need not be asked.
Source: "Enabling Amazon S3 server access logging", S3 User Guide.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stanch.contracts.collector import unseen

_WRITER = "logging.s3."
"""The start of the service principal, in every partition."""
_WRITES = "s3:putobject"
_WRITE = ("WRITE", "FULL_CONTROL")


def may_receive(bucket: Mapping[str, Any]) -> bool:
    """Whether S3 may be let write logs into a bucket, by its `Policy` and `Acl`; what could not be seen may let it."""
    return _by_policy(bucket["Policy"]) or _by_acl(bucket["Acl"])


def _by_policy(policy: Any) -> bool:
    if policy is None:
        return False
    if unseen(policy) or not isinstance(policy, Mapping):
        return True
    return any(_lets(statement) for statement in _listed(policy.get("Statement")))


def _lets(statement: Any) -> bool:
    """Whether a statement could admit the writer, its conditions left aside."""
    if not isinstance(statement, Mapping):
        return True
    if statement.get("Effect") != "Allow":
        return False
    actions = [str(action).lower() for action in _listed(statement.get("Action"))]
    writes = "NotAction" in statement or any(fnmatchcase(_WRITES, action) for action in actions)
    return writes and ("NotPrincipal" in statement or _names_it(statement.get("Principal")))


def _names_it(principal: Any) -> bool:
    named = principal.values() if isinstance(principal, Mapping) else [principal]
    ones = [str(one) for value in named for one in _listed(value)]
    return any(one == "*" or one.startswith(_WRITER) for one in ones)


def _by_acl(acl: Any) -> bool:
    """A group of S3's own is told by an address: the one of log delivery, and those that hold everybody."""
    if acl is None:
        return False
    if unseen(acl):
        return True
    grants = acl.get("Grants") or ()
    return any("URI" in (grant.get("Grantee") or {}) and grant.get("Permission") in _WRITE for grant in grants)


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]

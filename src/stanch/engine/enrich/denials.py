"""A policy that denies a service shuts it out of a bucket, a key, a topic or a role, and switches nothing off by name.

Reads: the policy documents of requestParameters.
Blind to: services denied by NotPrincipal, by a star or by a condition, and an Allow that was taken away.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.engine.enrich.documents import policies_in
from stanch.engine.enrich.parameters import request_of
from stanch.engine.untrusted import each, table, text, texts


def services_denied(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The service principals that the request denies whatever the condition, in lower case, each once."""
    documents = policies_in(request_of(record))
    return tuple(dict.fromkeys(name.lower() for document in documents for name in _denied_by(document)))


def _denied_by(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in map(table, each(document.get("Statement"))):
        # With a condition it is AWS's own advice: no service may write here for somebody else's account.
        if text(statement.get("Effect")) == "Deny" and not statement.get("Condition"):
            yield from texts(table(statement.get("Principal")).get("Service"))

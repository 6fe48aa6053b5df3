"""A secret's policy says who else may read it; its value is nobody's business here, and is never asked for.

Blind to: values, and secrets that wait for their deletion.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets")


def collect(look: Look) -> Iterator[Thing]:
    """Every secret that is not on its way to deletion."""
    listed = look.list("secretsmanager", "ListSecrets", "SecretList", of="secretsmanager")
    yield from look.each(partial(_secret, look), items(listed))


def _secret(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["ARN"])
    policy = look.ask("secretsmanager", "GetResourcePolicy", of=arn, SecretId=arn)
    return Thing("secretsmanager/secret", arn, {**listed, "Policy": document(policy, "ResourcePolicy")})

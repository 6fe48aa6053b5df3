"""A secret's policy says who else may read it; its value is nobody's business here, and is never asked for.

Blind to: values, and what is written in them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets")


def collect(look: Look) -> Iterator[Thing]:
    """Every secret, those that wait for their deletion included."""
    listed = look.list("secretsmanager", "ListSecrets", "SecretList", of="secretsmanager", IncludePlannedDeletion=True)
    yield from look.each(partial(_secret, look), items(listed))


def _secret(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["ARN"])
    policy = look.ask("secretsmanager", "GetResourcePolicy", of=arn, SecretId=arn)
    return Thing("secretsmanager/secret", arn, {**listed, "Policy": document(policy, "ResourcePolicy")})

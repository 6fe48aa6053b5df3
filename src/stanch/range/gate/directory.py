"""What an account's IAM holds about users and roles: their keys, policies, boundaries and trust."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from moto.iam.models import IAMBackend, Role, User, iam_backends

from stanch.iam import Policy, PolicyError, parse


def backends() -> Iterator[tuple[str, str, IAMBackend]]:
    """Account, partition and IAM of each account that exists."""
    for account, by_partition in list(iam_backends.items()):
        for partition, backend in list(by_partition.items()):
            yield account, partition, backend


def key_owner(access_key_id: str) -> tuple[str, str, User, Any] | None:
    """Account, partition, user and key record behind a long-term access key."""
    for account, partition, backend in backends():
        for user in list(backend.users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key_id:
                    return account, partition, user, key
    return None


def find_user(account: str, partition: str, name: str) -> User | None:
    """The user of that name; None when there is none."""
    users = iam_backends[account][partition].users
    return users.get(name) or next((user for user in users.values() if user.name == name), None)


def find_role(account: str, partition: str, name: str) -> Role | None:
    """The role of that name; None when there is none."""
    return next((role for role in iam_backends[account][partition].roles.values() if role.name == name), None)


def find_role_by_arn(arn: str) -> Role | None:
    """The role that an ARN names, in whatever account; None when it does not exist."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/") or parts[4] not in iam_backends:
        return None
    role = find_role(parts[4], parts[1], parts[5].rsplit("/", 1)[-1])
    return role if role is not None and role.arn == arn else None


def identity_policies(account: str, partition: str, principal: User | Role) -> list[Policy]:
    """Inline and attached policies, those of a user's groups included."""
    holders: list[Any] = [principal]
    if isinstance(principal, User):
        holders += iam_backends[account][partition].get_groups_for_user(principal.name)
    documents = [document for holder in holders for document in holder.policies.values()]
    documents += [default_document(managed) for holder in holders for managed in holder.managed_policies.values()]
    return [policy for document in documents if (policy := read_policy(document)) is not None]


def boundary(account: str, partition: str, principal: User | Role) -> Policy | None:
    """The permissions boundary. One that names a missing policy allows nothing, as in AWS."""
    stated = getattr(principal, "permissions_boundary", None)
    if not stated:
        return None
    return managed_policy(account, partition, stated["PermissionsBoundaryArn"]) or read_policy('{"Statement": []}')


def managed_policy(account: str, partition: str, arn: str) -> Policy | None:
    """A managed policy, AWS's own or the account's; None when there is none."""
    held = iam_backends[account][partition].managed_policies.get(arn)
    return read_policy(default_document(held)) if held is not None else None


def default_document(managed: Any) -> Any:
    """Of a managed policy's versions, only the default one counts."""
    return next((version.document for version in managed.versions if version.is_default), None)


def trust_policy(role: Role) -> Policy | None:
    """Who may assume the role."""
    return read_policy(role.assume_role_policy_document)


def document_text(document: Any) -> str:
    """Policies are kept as text, as bytes or as parsed JSON, depending on how they came in."""
    if isinstance(document, bytes):
        return document.decode("utf-8", "replace")
    return document if isinstance(document, str) else json.dumps(document)


def read_policy(document: Any) -> Policy | None:
    """The parsed policy, or None for one that AWS would never have stored: it grants nothing."""
    return _parsed(document_text(document)) if document else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Policy | None:
    try:
        return parse(text)
    except PolicyError:
        return None

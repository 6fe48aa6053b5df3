"""A key is opened by its policy and, beside it, by grants, which no policy shows.

Blind to: the policies of keys that AWS manages, which nobody can change, and keys of other accounts.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items, part
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeys",
)

_MANAGED = "alias/aws/"
"""Only AWS may give such a name, and gives it to every key that it manages."""


def collect(look: Look) -> Iterator[Thing]:
    """Every key; of a key that AWS manages only what the lists tell."""
    aliases = look.list("kms", "ListAliases", "Aliases", of="kms")
    keys = look.list("kms", "ListKeys", "Keys", of="kms")
    yield from look.each(partial(_key, look, aliases), items(keys))


def _key(look: Look, aliases: Any, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["KeyArn"])
    names = aliases
    if not unseen(aliases):
        names = sorted(one["AliasName"] for one in aliases if one.get("TargetKeyId") == listed["KeyId"])
        if any(name.startswith(_MANAGED) for name in names):
            return Thing("kms/key", arn, {**listed, "Aliases": names, "KeyMetadata": {"KeyManager": "AWS"}})
    metadata = part(look.ask("kms", "DescribeKey", of=arn, KeyId=arn), "KeyMetadata")
    data = {**listed, "Aliases": names, "KeyMetadata": metadata}
    if not unseen(metadata) and metadata.get("KeyManager") == "AWS":
        return Thing("kms/key", arn, data)
    policy = look.ask("kms", "GetKeyPolicy", of=arn, KeyId=arn, PolicyName="default")
    data["Policy"] = document(policy)
    data["Grants"] = look.list("kms", "ListGrants", "Grants", of=arn, KeyId=arn)
    data["Rotation"] = _rotation(look, arn, metadata)
    return Thing("kms/key", arn, data)


def _rotation(look: Look, arn: str, metadata: Any) -> Any:
    """None for a key that AWS cannot rotate: an asymmetric one, and one whose material is kept or made elsewhere."""
    if not unseen(metadata) and metadata.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        return None
    return look.ask("kms", "GetKeyRotationStatus", of=arn, none=("UnsupportedOperationException",), KeyId=arn)

"""A gateway keeps the hash of each key; the hash names a key without being of any use to whoever reads it."""

import hashlib
import re
from typing import Any

from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Step

_HASH = re.compile(r"[0-9a-f]{64}")
_CLEAR = "sk-"


def named(aws: Aws, resource: Arn) -> Arn:
    """The key's ARN with its hash, an alias looked up; Refused for a key in clear, AwsAbsent for no such alias."""
    name = resource.resource.removeprefix("key/")
    if name.startswith(_CLEAR):
        known = hashlib.sha256(name.encode()).hexdigest()
        raise Refused(f"a key must not be given in clear, where it would be kept: give its hash, key/{known}")
    if _HASH.fullmatch(name):
        return resource
    found = aws.pages("litellm", "KeyList", "keys", key_alias=name)
    hashes = [str(each) for each in found if _HASH.fullmatch(str(each))]
    if not hashes:
        raise AwsAbsent("litellm:KeyList", "NoSuchKey", f"the gateway {aws.region} has no key with the alias {name}")
    if len(hashes) > 1:
        raise Refused(f"{len(hashes)} keys have the alias {name}: give the hash of each that is meant")
    return Arn(resource.partition, resource.service, resource.region, resource.account, f"key/{hashes[0]}")


def described(aws: Aws, token: str) -> dict[str, Any]:
    """What the gateway knows of the key with this hash."""
    info = aws.call("litellm", "KeyInfo", key=token).get("info")
    if not isinstance(info, dict):
        raise AwsError("litellm:KeyInfo", "NotAKey", "the answer does not describe a key")
    return info


def owner(info: dict[str, Any]) -> str:
    """Whose key it is, in words."""
    told = [f"{word} {info[name]}" for name, word in _OWNERS.items() if info.get(name)]
    return ", ".join(told) or "nobody named"


def token(step: Step) -> str:
    """The hash in a step's ARN."""
    return Arn.parse(step.resource).resource.removeprefix("key/")


_OWNERS = {"key_alias": "alias", "user_id": "user", "team_id": "team"}

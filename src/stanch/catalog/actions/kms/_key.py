"""A log may name a key by an alias or by an id alone; what is contained is the key."""

from typing import Any

from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn


def described(aws: Aws, resource: Arn) -> str:
    """The key's own ARN; raises Refused for one that AWS manages, AwsAbsent for one that is not there."""
    name = resource.resource.removeprefix("key/")
    asked = name if name.startswith("alias/") else str(resource)
    found: dict[str, Any] = aws.call("kms", "DescribeKey", KeyId=asked)["KeyMetadata"]
    if found.get("KeyManager") == "AWS":
        raise Refused(f"{asked} is a key that AWS manages: nobody can change its policy or grants, nor share it")
    return str(found["Arn"])

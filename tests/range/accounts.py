"""Hands for the tests of the range: two accounts, policies in one line, and the delivered trail."""

import gzip
import json
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stanch.aws import Credentials
from stanch.range.stage import Staged

_numbers = count(1)


def fresh(name: str) -> str:
    return f"{name}-{next(_numbers)}"


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal: Any, effect: str = "Allow", **more: Any) -> str:
    return policy({"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", **more})


def refused(call: Callable[[], Any]) -> str:
    """The error code with which AWS refuses; a call that succeeds fails the test."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


class Account:
    """One account of the range, through its administrator."""

    def __init__(self, staged: Staged, admin: Credentials, number: str) -> None:
        self.staged, self.admin, self.number = staged, admin, number
        self.iam = staged.client("iam", admin)
        self.s3 = staged.client("s3", admin)
        self.ec2 = staged.client("ec2", admin)

    def user(self, *statements: Mapping[str, Any]) -> tuple[str, Credentials]:
        name = fresh("user")
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return name, Credentials.read(self.iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, trusted: str, *statements: Mapping[str, Any]) -> tuple[str, str]:
        """Name and ARN."""
        name = fresh("role")
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return name, arn

    def bucket(self, key: str = "secret.txt", *, open_to_policies: bool = False, acls: bool = False) -> str:
        name = fresh("bucket-of-tests")
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.staged.region})
        self.s3.put_object(Bucket=name, Key=key, Body=b"weights")
        if acls:
            rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
            self.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)
        if open_to_policies or acls:
            self.s3.delete_public_access_block(Bucket=name)
        return name

    def assume(self, role_arn: str, by: Credentials | None = None, **more: Any) -> Credentials:
        sts = self.staged.client("sts", by or self.admin)
        return Credentials.read(sts.assume_role(RoleArn=role_arn, RoleSessionName="tests", **more)["Credentials"])


class Trail:
    """What the recorder has delivered."""

    def __init__(self, staged: Staged) -> None:
        self._range = staged.range_

    def files(self) -> list[Path]:
        self._range.flush()
        return sorted(self._range.trail.rglob("*.json.gz"))

    def records(self, **wanted: Any) -> list[dict[str, Any]]:
        """Records whose top-level fields have these values, oldest file first."""
        found = [
            record for path in self.files() for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]
        ]
        return [record for record in found if all(record.get(key) == value for key, value in wanted.items())]

    def last(self, event: str, **wanted: Any) -> dict[str, Any]:
        return max(self.records(eventName=event, **wanted), key=lambda record: str(record["eventTime"]))

"""A bucket has one owner and one region: every call names the owner, so that nobody else's bucket is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stanch.catalog.actions.s3._answers import found, listed
from stanch.contracts.aws import Aws, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Step

BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
"""Block Public Access, all four on."""

_OLD_NAMES = {"EU": "eu-west-1"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of the caller's account, and the door to it. Every method raises AwsError."""

    aws: Aws
    name: str
    owner: str

    @classmethod
    def of(cls, aws: Aws, step: Step) -> "Bucket":
        """The bucket of a step, whose owner was found when it was planned."""
        return cls(aws, Arn.parse(step.resource).resource, step.settings["owner"])

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """One call of S3's on this bucket."""
        return self.aws.call("s3", operation, Bucket=self.name, ExpectedBucketOwner=self.owner, **params)

    def found(self, operation: str, absent: str, **params: Any) -> dict[str, Any] | None:
        """The answer, or None where AWS says with the code `absent` that there is no such configuration."""
        return found(self.call, operation, absent, **params)

    def listed(self, operation: str, key: str) -> list[dict[str, Any]]:
        """All items of a listing that goes on by a continuation token."""
        return listed(self.call, operation, key, "ContinuationToken")

    def region(self) -> str:
        """Where the bucket lies; its ARN does not say."""
        place = self.call("GetBucketLocation").get("LocationConstraint")
        if not place:  # S3 does not name the oldest region of its first partition
            return "us-east-1"
        return _OLD_NAMES.get(str(place), str(place))

    def policy(self) -> str | None:
        """The text of its policy as AWS gives it."""
        answer = self.found("GetBucketPolicy", "NoSuchBucketPolicy")
        return None if answer is None else str(answer["Policy"])

    def put_policy(self, text: str | None) -> None:
        """Replace its policy, or take it off."""
        if text is None:
            self.call("DeleteBucketPolicy")
        else:
            self.call("PutBucketPolicy", Policy=text)

    def accepts_policy(self, text: str | None) -> bool:
        """Replace its policy; False while S3 still enforces a public access block that was just lifted."""
        try:
            self.put_policy(text)
        except AwsDenied:
            return False
        return True

    def block(self) -> dict[str, bool] | None:
        """Its four Block Public Access switches."""
        answer = self.found("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration")
        return None if answer is None else switches(answer)

    def put_block(self, block: Mapping[str, bool] | None) -> None:
        """Set its switches, or take the configuration off."""
        if block is None:
            self.call("DeletePublicAccessBlock")
        else:
            self.call("PutPublicAccessBlock", PublicAccessBlockConfiguration=dict(block))

    def some_key(self) -> str | None:
        """The key of an object in it, where there is one and the caller may list."""
        try:
            some = self.call("ListObjectsV2", MaxKeys=1)
        except AwsError:
            return None
        return next((str(entry["Key"]) for entry in some.get("Contents") or ()), None)


def switches(answer: Mapping[str, Any]) -> dict[str, bool]:
    """The four switches in an answer of GetPublicAccessBlock; S3 leaves out what is off."""
    on = answer["PublicAccessBlockConfiguration"]
    return {switch: bool(on.get(switch)) for switch in BLOCKED}

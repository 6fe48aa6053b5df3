"""Whose a destination is: an ARN may name its account, but a bucket's does not, so the account's own list decides."""

from collections.abc import Collection
from dataclasses import dataclass

from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn, ArnError


@dataclass(frozen=True, slots=True)
class Places:
    """What is ours: the bucket owner's account, the perimeter's accounts, and the owner's buckets by name."""

    owner: str
    accounts: frozenset[str]
    buckets: frozenset[str]

    @classmethod
    def of(cls, aws: Aws, accounts: Collection[str]) -> "Places":
        """Ask the caller's account for its buckets. Raises AwsError."""
        listed = aws.pages("s3", "ListBuckets", "Buckets")
        return cls(aws.account, frozenset({aws.account, *accounts}), frozenset(str(one["Name"]) for one in listed))

    def holds_bucket(self, bucket: str, account: str | None = None) -> bool:
        """Whether a bucket (its name or ARN) is ours; `account` is whose the configuration says it is.

        Our own buckets are known. Any other is believed to be of another account of ours only if it says so.
        """
        if _bare(bucket) in self.buckets:
            return True
        return account is not None and account != self.owner and account in self.accounts

    def holds(self, arn: str) -> bool:
        """Whether a queue, topic or function is ours, which its ARN says."""
        try:
            return Arn.parse(arn).account in self.accounts
        except ArnError:
            return False


def told_bucket(bucket: str, account: str | None) -> str:
    """A destination bucket in words."""
    return f"{_bare(bucket)} of account {account}" if account else f"{_bare(bucket)}, which is none of this account's"


def _bare(bucket: str) -> str:
    return bucket.rsplit(":", 1)[-1]

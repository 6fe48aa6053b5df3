"""S3 Control keeps what belongs to an account and a region, not to a bucket: access points, grants, batch jobs."""

from dataclasses import dataclass
from typing import Any

from stanch.catalog.actions.s3._answers import found, listed
from stanch.contracts.aws import Aws


@dataclass(frozen=True, slots=True)
class Control:
    """S3 Control of one account in one region. Every method raises AwsError."""

    aws: Aws
    account: str
    region: str

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """One call in this account and region."""
        return self.aws.call("s3control", operation, region=self.region, AccountId=self.account, **params)

    def found(self, operation: str, absent: str, **params: Any) -> dict[str, Any] | None:
        """The answer, or None where AWS says with the code `absent` that there is nothing."""
        return found(self.call, operation, absent, **params)

    def listed(self, operation: str, key: str, **params: Any) -> list[dict[str, Any]]:
        """All items of a listing, page by page."""
        return listed(self.call, operation, key, "NextToken", **params)

"""S3 Control keeps what belongs to an account and a region, not to a bucket: access points, grants, batch jobs."""

from dataclasses import dataclass
from typing import Any

from stanch.contracts.aws import Aws, AwsError


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
        try:
            return self.call(operation, **params)
        except AwsError as error:
            if error.code != absent:
                raise
            return None

    def listed(self, operation: str, key: str, **params: Any) -> list[dict[str, Any]]:
        """All items of a listing, page by page; botocore has no paginator for these."""
        items: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            answer = self.call(operation, **params, **more)
            items.extend(answer.get(key) or ())
            token = answer.get("NextToken")
            if not token:
                return items
            more = {"NextToken": str(token)}

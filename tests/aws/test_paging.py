"""What the next page is asked by, as each service's own answers tell."""

from typing import Any

import pytest

from stanch.aws.paging import following


@pytest.mark.parametrize(
    ("service", "operation", "page", "then"),
    [
        ("ec2", "DescribeInstances", {"NextToken": "2"}, {"NextToken": "2"}),
        ("ec2", "DescribeInstances", {"NextToken": ""}, {}),
        ("ec2", "DescribeInstances", {}, {}),
        ("iam", "ListUsers", {"IsTruncated": True, "Marker": "2"}, {"Marker": "2"}),
        ("iam", "ListUsers", {"IsTruncated": False, "Marker": "2"}, {}),
        ("kms", "ListGrants", {"Truncated": True, "NextMarker": "2"}, {"Marker": "2"}),
        ("s3", "ListBuckets", {"ContinuationToken": "2"}, {"ContinuationToken": "2"}),
        (
            "route53",
            "ListResourceRecordSets",
            {"IsTruncated": True, "NextRecordName": "b", "NextRecordType": "A"},
            {"StartRecordName": "b", "StartRecordType": "A"},
        ),
        ("s3", "GetBucketPolicy", {"NextToken": "2"}, {}),
    ],
)
def test_a_page_tells_how_the_next_one_is_asked_for(
    service: str, operation: str, page: dict[str, Any], then: dict[str, Any]
) -> None:
    assert following(service, operation, page) == then

"""Whom outside the perimeter the policies, lists and access points of a resource let in; the wider answer in doubt."""

from stanch.iam.exposure.bucket import Bucket, of_bucket, read_bucket
from stanch.iam.exposure.perimeter import Exposure, Perimeter
from stanch.iam.exposure.policies import of_policy
from stanch.iam.exposure.services import SERVICES, service_named

__all__ = [
    "SERVICES",
    "Bucket",
    "Exposure",
    "Perimeter",
    "of_bucket",
    "of_policy",
    "read_bucket",
    "service_named",
]

"""An access point is a second door to a bucket: its own policy and the bucket's must both let a request in.

Its alias stands where a bucket's name does. Access points know no anonymous access. Source: "Configuring IAM policies
for using access points" and "Access points restrictions and limitations", S3 User Guide.
"""

from typing import Any

from moto.s3control.models import AccessPoint, s3control_backends

from stanch.iam import Policy, is_public
from stanch.range.gate.directory import read_policy
from stanch.range.gate.permission import Need

_SUFFIX = "-s3alias"


def find_access_point(alias: str | None) -> AccessPoint | None:
    """The access point with this alias, in whatever account."""
    if not alias or not alias.endswith(_SUFFIX):
        return None
    return next((point for point in _all() if point.alias == alias), None)


def point_need(action: str, point: AccessPoint, key: str | None, context: dict[str, tuple[str, ...]]) -> Need:
    """What the access point itself must permit; for an object its ARN goes on with `/object/` and the key."""
    arn = str(point.arn)
    resource = f"{arn}/object/{key}" if key else arn
    return Need(action, resource, arn.split(":")[4], "access-point", context)


def point_grants(resource: str, caller_account: str | None) -> Policy | None:
    """The policy of an access point; its own RestrictPublicBuckets takes a public one away from strangers."""
    arn = resource.partition("/object/")[0]
    if caller_account is None:
        return None
    point = next((point for point in _all() if point.arn == arn), None)
    policy = read_policy(point.policy) if point else None
    if point is None or policy is None or caller_account == arn.split(":")[4]:
        return policy
    restricted = str(point.pubc.get("RestrictPublicBuckets")).lower() == "true"
    if not restricted or not is_public(policy):
        return policy
    return policy.without([index for index, one in enumerate(policy.statements) if one.effect == "Allow"])


def _all() -> list[Any]:
    backends = [backend for account in list(s3control_backends.values()) for backend in list(account.values())]
    return [
        point for backend in backends for points in list(backend.access_points.values()) for point in points.values()
    ]

"""The facts about a request that policy conditions can ask for. A key that does not apply is absent, not empty.

Source: "AWS global condition context keys", IAM User Guide.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from stanch.range.gate.identity import Identity
from stanch.range.request.call import Call
from stanch.range.request.position import Position
from stanch.range.request.signature import is_presigned

TIME = "%Y-%m-%dT%H:%M:%SZ"


def request_context(call: Call, identity: Identity, place: Position, now: datetime) -> Mapping[str, tuple[str, ...]]:
    """Condition keys of the request itself; what a single permission adds comes with that permission."""
    context: dict[str, str] = {
        "aws:CurrentTime": now.astimezone(UTC).strftime(TIME),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:RequestedRegion": call.region,
        # The range speaks plain HTTP on loopback; the caller it stands for used TLS unless it says otherwise.
        "aws:SecureTransport": "false" if call.http.headers.get("x-forwarded-proto") == "http" else "true",
        "aws:UserAgent": call.http.headers.get("user-agent", ""),
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
    }
    if place.endpoint is not None:
        context |= {
            "aws:SourceVpce": place.endpoint,
            "aws:SourceVpc": place.vpc or "",
            "aws:VpcSourceIp": place.address,
        }
    else:
        context["aws:SourceIp"] = place.address
    if call.prefix == "s3" and "authorization" in call.http.headers:
        context |= {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
    elif call.prefix == "s3" and is_presigned(call.http):
        context |= {"s3:authType": "REST-QUERY-STRING", "s3:signatureversion": "AWS4-HMAC-SHA256"}
    context |= principal_context(identity)
    return {key: (value,) for key, value in context.items()}


def principal_context(identity: Identity) -> dict[str, str]:
    """What is known of the caller; for an anonymous one only that there is none."""
    caller = identity.caller
    if caller.account is None:
        return {"aws:PrincipalType": "Anonymous", "aws:userid": "anonymous"}
    context = {
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalArn": (caller.role_arn if caller.kind == "role-session" else caller.arn) or "",
        "aws:PrincipalType": {"user": "User", "federated": "FederatedUser"}.get(caller.kind, "AssumedRole"),
        "aws:userid": identity.principal_id,
    }
    if identity.user_name is not None:
        context["aws:username"] = identity.user_name
    tags = getattr(identity.principal, "tags", None)
    for tag in tags.values() if isinstance(tags, dict) else tags or []:
        context[f"aws:PrincipalTag/{tag['Key']}"] = tag["Value"]
    if identity.session is not None:
        context["aws:TokenIssueTime"] = identity.session.issued.strftime(TIME)
        context["aws:MultiFactorAuthPresent"] = "false"
    return context

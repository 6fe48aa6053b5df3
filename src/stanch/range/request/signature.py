"""Signature Version 4: the secret never travels, only a keyed hash of the request does.

Source: "Create a signed AWS API request", IAM User Guide. Pure: the clock is an argument.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote

from stanch.range.request.call import Http

ALGORITHM = "AWS4-HMAC-SHA256"


class SignatureError(ValueError):
    """The signature does not hold; `reason` is `mismatch`, `expired`, `body` or `unsupported`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_signed(http: Http) -> bool:
    """Whether the request claims an identity at all, in whatever way."""
    return "authorization" in http.headers or bool({"X-Amz-Credential", "AWSAccessKeyId"} & set(http.arguments))


def is_presigned(http: Http) -> bool:
    """Whether the signature is part of the URL."""
    return "X-Amz-Signature" in http.arguments


def verify(http: Http, secret: str, now: datetime) -> None:
    """Raises SignatureError unless `secret` signed this very request, and in time when it is pre-signed."""
    if not http.scope:
        raise SignatureError("unsupported")
    signed_headers, given, date = _claims(http)
    if is_presigned(http) and now > _end(date, http.arguments.get("X-Amz-Expires", "")):
        raise SignatureError("expired")
    _, day, region, service, _ = http.scope
    canonical = "\n".join(
        [
            http.method,
            http.path if service == "s3" else quote(http.path, safe="/~"),
            _canonical_query(http.query),
            *(f"{name}:{' '.join(_header(http, name).split())}" for name in signed_headers),
            "",
            ";".join(signed_headers),
            _payload_hash(http),
        ]
    )
    scope = "/".join(http.scope[1:])
    to_sign = "\n".join([ALGORITHM, date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + secret.encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest(), given):
        raise SignatureError("mismatch")


def _claims(http: Http) -> tuple[list[str], str, str]:
    """Signed header names, signature in hex, and the request's timestamp."""
    if is_presigned(http):
        sent = http.arguments
        return sent.get("X-Amz-SignedHeaders", "").split(";"), sent["X-Amz-Signature"], sent.get("X-Amz-Date", "")
    fields = dict(
        part.strip().partition("=")[::2]
        for part in http.headers.get("authorization", "").removeprefix(ALGORITHM).split(",")
        if "=" in part
    )
    return fields.get("SignedHeaders", "").split(";"), fields.get("Signature", ""), http.headers.get("x-amz-date", "")


def _end(date: str, seconds: str) -> datetime:
    try:
        return datetime.strptime(date + "+0000", "%Y%m%dT%H%M%SZ%z") + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        raise SignatureError("mismatch") from None


def _canonical_query(query: str) -> str:
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != "X-Amz-Signature")


def _header(http: Http, name: str) -> str:
    return http.headers.get(name, "")


def _payload_hash(http: Http) -> str:
    declared = http.headers.get("x-amz-content-sha256")
    if declared is None:
        return "UNSIGNED-PAYLOAD" if is_presigned(http) else hashlib.sha256(http.body).hexdigest()
    if len(declared) == 64 and declared != hashlib.sha256(http.body).hexdigest():
        raise SignatureError("body")
    return declared


def session_token(http: Http) -> str | None:
    """The token that temporary credentials must bring along."""
    query = {name.lower(): value for name, value in parse_qsl(http.query)}
    return http.headers.get("x-amz-security-token") or query.get("x-amz-security-token")

"""An origin access identity is an old way for a distribution to read a bucket; S3 knows it by a canonical id.

Source: CreateCloudFrontOriginAccessIdentity and ListCloudFrontOriginAccessIdentities, CloudFront API Reference.
"""

import hashlib
from typing import Any

from moto.cloudfront import urls
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds

_PATH = "{0}/2020-05-31/origin-access-identity/cloudfront$"


def install(_: Sessions) -> None:
    """Put CloudFront right."""
    adds(CloudFrontResponse, "create_cloud_front_origin_access_identity")(create)
    adds(CloudFrontResponse, "list_cloud_front_origin_access_identities")(listed)
    urls.url_paths[_PATH] = CloudFrontResponse.dispatch


def create(self: Any) -> ActionResult:
    """Keep an identity; its canonical id is made of its own."""
    config = self._get_param("CloudFrontOriginAccessIdentityConfig")
    name = f"E{mock_random.get_random_string(12).upper()}"
    made = {"Id": name, "S3CanonicalUserId": hashlib.sha256(name.encode()).hexdigest()}
    _kept(self).append({**made, "Comment": config.get("Comment") or ""})
    whole = {**made, "CloudFrontOriginAccessIdentityConfig": config}
    return ActionResult({"CloudFrontOriginAccessIdentity": whole, "ETag": name})


def listed(self: Any) -> ActionResult:
    """All of them, on one page."""
    kept = _kept(self)
    page = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(kept), "Items": kept}
    return ActionResult({"CloudFrontOriginAccessIdentityList": page})


def _kept(response: Any) -> list[dict[str, str]]:
    kept: list[dict[str, str]] = vars(response.backend).setdefault("origin_access_identities", [])
    return kept

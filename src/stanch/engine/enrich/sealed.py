"""Data encrypted under a stranger's KMS key is the stranger's to open, and to withhold.

Reads: the key that a request names for encrypting, in the parameters of S3, EBS, RDS and their like.
Blind to: keys named by alias or bare id, which are the caller's own account's.
"""

from collections.abc import Mapping
from typing import Any

from stanch.engine.enrich.grants import Neighbours, Reach, reach_of
from stanch.engine.enrich.parameters import request_of, values_at
from stanch.engine.untrusted import text

_KEYS = (
    "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryptionConfiguration.Rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
    "kmsKeyId",
    "targetKmsKeyId",
    "sSESpecification.kMSMasterKeyId",
    "sSEKMSKeyId",
)
_TRAILS = "cloudtrail."  # a trail's key is told where its destination is


def sealed_to(record: Mapping[str, Any], neighbours: Neighbours) -> Reach:
    """Whose key the request encrypts with: INSIDE, OUTSIDE; NONE when it names none by ARN."""
    if (text(record.get("eventSource")) or "").startswith((_TRAILS, "kms.")):
        return Reach.NONE
    request = request_of(record)
    reach = Reach.NONE
    for path in _KEYS:
        for value in values_at(request, path):
            key = text(value) or ""
            if key.startswith("arn:") and ":kms:" in key:
                reach = max(reach, reach_of(key, neighbours))
    return reach

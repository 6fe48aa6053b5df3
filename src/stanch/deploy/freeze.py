"""A service control policy binds even an administrator of the account: frozen, nobody but the responder can change.

It is placed beforehand, attached to nothing; containment attaches it to one account. It must never bind the responder,
nor those whom the estate says never to touch: they are the way back in.
"""

from collections.abc import Sequence
from typing import Any

from stanch.domain.estate import Estate

MOST_CHARACTERS = 5120
"""Of one service control policy, white space included as it is stored (Organizations quotas)."""
_FROZEN = (
    "access-analyzer:DeleteAnalyzer",
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "config:DeleteConfigurationRecorder",
    "config:StopConfigurationRecorder",
    "ec2:DeleteFlowLogs",
    "ec2:ModifySnapshotAttribute",
    "ec2:ModifyImageAttribute",
    "guardduty:DeleteDetector",
    "guardduty:DisassociateFromAdministratorAccount",
    "guardduty:UpdateDetector",
    "iam:Add*",
    "iam:Attach*",
    "iam:Create*",
    "iam:Deactivate*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Enable*",
    "iam:Put*",
    "iam:Remove*",
    "iam:SetDefaultPolicyVersion",
    "iam:Update*",
    "iam:Upload*",
    "kms:CreateGrant",
    "kms:DisableKey",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "lambda:AddPermission",
    "lambda:CreateFunctionUrlConfig",
    "organizations:LeaveOrganization",
    "rds:ModifyDBSnapshotAttribute",
    "rolesanywhere:Create*",
    "rolesanywhere:Enable*",
    "rolesanywhere:Update*",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutAccountPublicAccessBlock",
    "s3:PutReplicationConfiguration",
    "securityhub:DisableSecurityHub",
    "sts:GetFederationToken",
)


def freeze(estate: Estate, responders: Sequence[str]) -> dict[str, Any]:
    """The policy's document. `responders` are names of roles; whom it spares are they and the `never_touch` roles."""
    spared = [f"arn:*:iam::*:role/{name}" for name in responders]
    spared += [pattern for pattern in estate.response.never_touch if is_identity(pattern)]
    statement = {
        "Sid": "FrozenButForTheResponder",
        "Effect": "Deny",
        "Action": list(_FROZEN),
        "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": list(dict.fromkeys(spared))}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def is_identity(pattern: str) -> bool:
    """Whether a `never_touch` pattern means roles or users: those are spared."""
    _, _, service, _, _, resource = pattern.split(":", 5)
    return service in ("iam", "*") and resource.startswith(("role/", "user/"))

"""In an account where nobody made a thing of some kind, AWS lists none: so answer the calls that moto does not know.

Only what nothing in the range can make stands here; whoever adds a maker must take its listing out.
"""

import json
from collections.abc import Mapping
from typing import Any

from stanch.range.gate.refusal import Answer, Refusal, refuse
from stanch.range.request.call import Call

NONE: Mapping[str, Mapping[str, str]] = {
    "accessanalyzer": {"ListAnalyzers": "analyzers"},
    "bedrock": {
        "ListGuardrails": "guardrails",
        "ListImportedModels": "modelSummaries",
        "ListInferenceProfiles": "inferenceProfileSummaries",
        "ListModelImportJobs": "modelImportJobSummaries",
        "ListProvisionedModelThroughputs": "provisionedModelSummaries",
    },
    "cloudtrail": {"ListEventDataStores": "EventDataStores"},
    "eks": {"ListAccessEntries": "accessEntries", "ListPodIdentityAssociations": "associations"},
    "guardduty": {"ListIPSets": "ipSetIds", "ListPublishingDestinations": "destinations"},
    "logs": {"DescribeAccountPolicies": "accountPolicies"},
    "macie2": {"ListClassificationJobs": "items", "ListFindingsFilters": "findingsFilterListItems"},
    "rolesanywhere": {"ListProfiles": "profiles", "ListTrustAnchors": "trustAnchors"},
    "sagemaker": {"ListMlflowTrackingServers": "TrackingServerSummaries"},
    "securityhub": {
        "DescribeActionTargets": "ActionTargets",
        "GetEnabledStandards": "StandardsSubscriptions",
        "GetInsights": "Insights",
        "ListAutomationRules": "AutomationRulesMetadata",
        "ListFindingAggregators": "FindingAggregators",
    },
}
"""Listings by service and operation, with the member in which AWS sends the list."""

ABSENT: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "backup": {"GetBackupVaultAccessPolicy": ("ResourceNotFoundException", "The vault has no access policy.")},
    "sagemaker": {"GetModelPackageGroupPolicy": ("ValidationException", "Cannot find resource policy for the group.")},
    "sso-admin": {
        "GetPermissionsBoundaryForPermissionSet": ("ResourceNotFoundException", "The permission set has no boundary.")
    },
}
"""Single things that are not there, with the code and the message in which AWS says so."""

DEFAULT: Mapping[str, Mapping[str, Any]] = {
    "macie2": {
        "GetFindingsPublicationConfiguration": {
            "securityHubConfiguration": {"publishClassificationFindings": False, "publishPolicyFindings": True}
        }
    },
}
"""Settings as they are where nobody changed them."""


def untouched(call: Call, request_id: str) -> Answer | None:
    """AWS's answer where nobody made such a thing, or None for a call that is moto's to answer."""
    if call.operation in ABSENT.get(call.service, {}):
        code, message = ABSENT[call.service][call.operation]
        return refuse(call, Refusal(code, message, 400), request_id)
    if call.operation in NONE.get(call.service, {}):
        return _json({NONE[call.service][call.operation]: []})
    if call.operation in DEFAULT.get(call.service, {}):
        return _json(DEFAULT[call.service][call.operation])
    return None


def _json(value: Mapping[str, Any]) -> Answer:
    return Answer(200, json.dumps(value).encode(), "application/json")

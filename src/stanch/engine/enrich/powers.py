"""An identity that may change what identities may do is an administrator, whatever its policy is called.

Reads: policyDocument, policyArn and their siblings in the request of IAM, IAM Identity Center and EKS.
Blind to: what a customer managed policy holds when only its ARN is named, and what a group may do.
"""

from collections.abc import Mapping
from typing import Any

from stanch.engine.enrich.documents import document_in
from stanch.engine.untrusted import table, text
from stanch.iam import PolicyError, escalates, is_admin, parse

# AWS's own policies that are as good as administrator: everything, everything but IAM, or IAM itself.
_MANAGED = frozenset({"AdministratorAccess", "IAMFullAccess", "PowerUserAccess"})
_EKS_POLICIES = frozenset({"AmazonEKSAdminPolicy", "AmazonEKSClusterAdminPolicy"})
_ONLY_ELSEWHERE = "sts:AssumeRole"  # leads up only where some other role's trust is open: too common to call it power
_DOCUMENTS = ("policyDocument", "inlinePolicy")


def gives_admin(record: Mapping[str, Any]) -> bool:
    """Whether the request of this record puts administrator-equivalent power into somebody's hands."""
    source = text(record.get("eventSource")) or ""
    request = table(record.get("requestParameters"))
    if source.startswith("eks."):
        return _policy_name(request.get("policyArn")) in _EKS_POLICIES
    if not source.startswith(("iam.", "sso.")):
        return False
    if _managed(request.get("policyArn")) or _managed(request.get("managedPolicyArn")):
        return True
    return any(_powerful(request.get(name)) for name in _DOCUMENTS)


def _managed(arn: object) -> bool:
    """Only AWS's own policies are known by name: `arn:<partition>:iam::aws:policy/...`."""
    given = text(arn)
    return given is not None and ":iam::aws:policy/" in given and _policy_name(given) in _MANAGED


def _policy_name(arn: object) -> str:
    return (text(arn) or "").rsplit("/", 1)[-1]


def _powerful(given: object) -> bool:
    document = document_in(given)
    if document is None:
        return False
    try:
        policy = parse(document)
    except (PolicyError, RecursionError):
        return False
    return is_admin(policy) or any(way != _ONLY_ELSEWHERE for way in escalates(policy))

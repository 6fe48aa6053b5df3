"""A role that trusts an OIDC provider trusts everyone with an account there, unless it names a subject.

GitHub, GitLab and Terraform Cloud are one issuer each for all their customers; an EKS cluster is an issuer of its own.
"""

import re
from collections.abc import Iterable

from stanch.iam.crowd import PUBLIC, Crowd
from stanch.iam.policy import Condition
from stanch.iam.wildcard import match_wildcard

_IDENTITY_POOLS = "cognito-identity.amazonaws.com"
_ABOUT_THE_APPLICATION = ("aud", "azp", "oaud", "amr", "app_id", "iss")
"""Claims that every user of the same application shares."""

_CHOSEN_IN_ONES_OWN = (
    *("base_ref", "environment", "event_name", "head_ref", "ref", "ref_protected", "ref_type", "repository_visibility"),
    *("runner_environment", "workflow"),
)
"""Claims of a build's own making: every customer may name a branch `main` and an environment `production`."""
_PATHS = ("job_workflow_ref", "namespace_path", "project_path", "repository", "workflow_ref")
_OWNER_NAMED = re.compile(r"(?:system:serviceaccount:|(?!system:serviceaccount:)[^:]+:)[^:/]+[/:]")
"""The part of a subject before its first wildcard, when it names an owner: `repo:acme/`, `organization:acme:`."""
_PATH_NAMED = re.compile(r"[^:/]+/")


def place_federated(provider: str, conditions: Iterable[Condition]) -> Crowd:
    """Whom a trust in a provider lets in.

    provider: as the policy names it. conditions: those that hold only when their key is there.
    """
    someone = Crowd("unknown", unplaced=frozenset([provider]))
    conditions = tuple(conditions)
    if provider == "*" or admits_guests(provider, conditions):
        return PUBLIC
    if ":saml-provider/" in provider:
        return someone  # a company's own directory: who is in it, AWS does not know
    issuer = provider.rpartition("oidc-provider/")[2].lower()
    if issuer.startswith("oidc.eks."):
        return someone
    narrowed = any(narrows(condition, issuer) for condition in conditions)
    return someone if narrowed else PUBLIC


def admits_guests(issuer: str, conditions: Iterable[Condition]) -> bool:
    """Whether an identity pool's visitors are meant who never signed in: whoever knows the pool's id is one.

    Source: Amazon Cognito Developer Guide, "Role trust and permissions".
    """
    return issuer == _IDENTITY_POOLS and any(
        condition.key.lower() == f"{_IDENTITY_POOLS}:amr"
        and not condition.operator.negated
        and any(match_wildcard(value, "unauthenticated") for value in condition.values)
        for condition in conditions
    )


def narrows(condition: Condition, issuer: str) -> bool:
    """Whether a condition names whom of an issuer's users it is about; issuer: in lower case."""
    named, colon, claim = condition.key.lower().rpartition(":")
    if not colon or named != issuer:
        return False
    if issuer == _IDENTITY_POOLS:
        return claim in ("aud", "sub") and not any(_wild(value) for value in condition.values)
    if claim in _ABOUT_THE_APPLICATION or claim in _CHOSEN_IN_ONES_OWN:
        return False
    owner = _PATH_NAMED if claim in _PATHS else _OWNER_NAMED
    return all(_names_someone(value, owner) for value in condition.values)


def _names_someone(value: str, owner: re.Pattern[str]) -> bool:
    return bool(value) and (not _wild(value) or owner.match(re.split(r"[*?]|\$\{", value)[0]) is not None)


def _wild(value: str) -> bool:
    return "*" in value or "?" in value or "${" in value

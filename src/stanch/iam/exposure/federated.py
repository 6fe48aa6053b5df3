"""A role that trusts an identity provider trusts whoever the conditions on its claims leave.

GitHub, GitLab or Google are one issuer for all their customers; a cluster, a tenant or a company's directory is one of
its own. Source: IAM User Guide, "Available keys for AWS OIDC federation"; the providers' pages on their subjects.
"""

import re
from dataclasses import dataclass

from stanch.iam.binding import firm
from stanch.iam.federation import admits_guests, narrows
from stanch.iam.policy import Statement

_OF_ONE_CUSTOMER = re.compile(
    r"oidc\.circleci\.com/org/[^/]+|token\.actions\.githubusercontent\.com/[^/]+|vstoken\.dev\.azure\.com/[^/]+"
    r"|oidc\.vercel\.com/[^/]+|api\.bitbucket\.org/2\.0/workspaces/[^/]+/.*|sts\.windows\.net/[^/]+/?"
    r"|oidc\.eks\..*|cognito-idp\.[^/]+/[^/]+|[^/]+\.(okta|auth0|onelogin)\.com(/.*)?"
    r"|login\.microsoftonline\.com/(?!common|organizations|consumers)[^/]+(/.*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a trust in a provider amounts to. why: empty when it names whom it trusts."""

    issuer: str
    public: bool = False
    why: str = ""
    unplaced: tuple[str, ...] = ()


def seen(provider: str, statement: Statement) -> Sighting:
    """Judge one federated principal of one trust statement."""
    issuer = provider.rpartition("oidc-provider/")[2]
    conditions = firm(statement)
    if ":saml-provider/" in provider:
        if any(condition.key.lower().startswith("saml:") for condition in conditions):
            return Sighting(provider, unplaced=(provider,))
        return Sighting(provider, why="trusts the whole directory, for any application: no SAML:aud, no subject")
    if admits_guests(issuer, statement.conditions):
        return Sighting(issuer, public=True, why=f"trusts every visitor of {issuer}, also who never signed in")
    if provider != "*" and any(narrows(condition, issuer.lower()) for condition in conditions):
        return Sighting(issuer, unplaced=(provider,))
    if _OF_ONE_CUSTOMER.fullmatch(issuer):
        return Sighting(issuer, why=f"trusts every user of {issuer}: no subject is named")
    return Sighting(issuer, public=True, why=f"trusts everyone with an account at {issuer}: no subject is named")

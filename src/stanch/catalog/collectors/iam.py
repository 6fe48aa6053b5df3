"""One paginated call, GetAccountAuthorizationDetails, tells every user, group, role and managed policy of an account.

Reads: users, groups, roles with their last use, policies with all versions, the credential report, the password policy,
    identity providers, virtual MFA devices and server certificates.
Blind to: ids of access keys (the report tells their age and last use); instance profiles without a role.
"""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from stanch.catalog.collectors import _credential_report
from stanch.catalog.collectors._answers import items, part
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.arn import Arn

SCOPE = Scope.ACCOUNT
PERMISSIONS = (
    "iam:GenerateCredentialReport",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountPasswordPolicy",
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:GetOpenIDConnectProvider",
    "iam:GetSAMLProvider",
    "iam:ListAccountAliases",
    "iam:ListOpenIDConnectProviders",
    "iam:ListSAMLProviders",
    "iam:ListServerCertificates",
    "iam:ListVirtualMFADevices",
)

_KINDS = {
    "UserDetailList": "iam/user",
    "GroupDetailList": "iam/group",
    "RoleDetailList": "iam/role",
    "Policies": "iam/policy",
}
_A_PAGE = 1000
_MOST_PAGES = 10_000
_DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument", "Document")
_LISTS = ("UserPolicyList", "GroupPolicyList", "RolePolicyList", "PolicyVersionList")


def collect(look: Look) -> Iterator[Thing]:
    """The account's identities and policies, and the account itself (`iam/account`, by the ARN of its root).

    The account holds, for each list, how much there is or the marker: no user seen is not the same as no user there.
    """
    root = str(Arn(look.partition, "iam", "", look.account, "root"))
    report = _credential_report.begin(look, root)
    found, whole = _details(look, root)
    certificates = look.list("iam", "ListServerCertificates", "ServerCertificateMetadataList", of=root)
    devices = look.list("iam", "ListVirtualMFADevices", "VirtualMFADevices", of=root)
    openid = look.list("iam", "ListOpenIDConnectProviders", "OpenIDConnectProviderList", of=root)
    saml = look.list("iam", "ListSAMLProviders", "SAMLProviderList", of=root)
    policy = look.ask("iam", "GetAccountPasswordPolicy", of=root, none=("NoSuchEntity",))
    summary = look.ask("iam", "GetAccountSummary", of=root)
    aliases = look.list("iam", "ListAccountAliases", "AccountAliases", of=root)
    rows = _credential_report.rows(look, root, report)
    yield Thing(
        "iam/account",
        root,
        {
            "AuthorizationDetails": whole,
            "AccountAliases": aliases,
            "SummaryMap": part(summary, "SummaryMap"),
            "PasswordPolicy": part(policy, "PasswordPolicy"),
            "CredentialReport": _row(rows, root),
            "OpenIDConnectProviderList": _names(openid, "Arn"),
            "SAMLProviderList": _names(saml, "Arn"),
            "ServerCertificateMetadataList": _names(certificates, "Arn"),
            "VirtualMFADevices": _names(devices, "SerialNumber"),
        },
    )
    for kind, detail in found:
        credentials = {"CredentialReport": _row(rows, detail["Arn"])} if kind == "iam/user" else {}
        yield Thing(kind, detail["Arn"], {**detail, **credentials})
    yield from (Thing("iam/server-certificate", one["Arn"], one) for one in items(certificates))
    yield from (Thing("iam/virtual-mfa-device", one["SerialNumber"], one) for one in items(devices))
    yield from look.each(partial(_openid, look), items(openid))
    yield from look.each(partial(_saml, look), items(saml))


def _details(look: Look, root: str) -> tuple[list[tuple[str, Mapping[str, Any]]], Any]:
    """Everything of all pages, and how much of each kind; a marker in its place when a page is missing."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    counts = dict.fromkeys(_KINDS, 0)
    place: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = look.ask("iam", "GetAccountAuthorizationDetails", of=root, MaxItems=_A_PAGE, **place)
        if unseen(page) is not None:
            return found, page
        for name, kind in _KINDS.items():
            listed = page.get(name) or ()
            counts[name] += len(listed)
            found += [(kind, _decoded(detail)) for detail in listed]
        if not page.get("IsTruncated"):
            break
        place = {"Marker": page["Marker"]}
    return found, counts


def _decoded(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same with its policies as objects; AWS sends them percent-encoded, and most clients decode them."""
    decoded = {key: _document(value) if key in _DOCUMENTS else value for key, value in holder.items()}
    return {key: [_decoded(one) for one in value] if key in _LISTS else value for key, value in decoded.items()}


def _document(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(unquote(value))
    except ValueError:
        return value


def _openid(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = listed["Arn"]
    told = look.ask("iam", "GetOpenIDConnectProvider", of=arn, OpenIDConnectProviderArn=arn)
    return Thing("iam/oidc-provider", arn, {**listed, "OpenIDConnectProvider": told})


def _saml(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = listed["Arn"]
    told = look.ask("iam", "GetSAMLProvider", of=arn, SAMLProviderArn=arn)
    return Thing("iam/saml-provider", arn, {**listed, "SAMLProvider": told})


def _names(listed: Any, key: str) -> Any:
    return [one[key] for one in listed] if isinstance(listed, list) else listed


def _row(rows: Any, arn: str) -> Any:
    return rows if unseen(rows) is not None else rows.get(arn)

"""In an organisation, what an account may do ends where the policies of the root and of the units above it end.

Reads: the organisation, its roots, units and accounts, service and resource control policies with where they are
    attached, delegated administrators.
Blind to: all but the organisation's own description, unless the account manages it or administers it by delegation.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stanch.catalog.collectors._answers import document, items, part
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.ACCOUNT
PERMISSIONS = (
    "organizations:DescribeOrganization",
    "organizations:DescribePolicy",
    "organizations:ListAccountsForParent",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListDelegatedServicesForAccount",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies",
    "organizations:ListRoots",
    "organizations:ListTargetsForPolicy",
)

_CONTROLS = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
_NONE = ("AWSOrganizationsNotInUseException",)
_DEEPEST = 10
"""Levels of units below the root; AWS allows five."""


class _Level(NamedTuple):
    """A root or unit with what is directly below it."""

    kind: str
    data: dict[str, Any]
    units: Any
    accounts: Any


def collect(look: Look) -> Iterator[Thing]:
    """The organisation that the account is in, and as much of it as the account is shown; nothing outside of one."""
    described = look.ask("organizations", "DescribeOrganization", of="organizations", none=_NONE)
    if described is None or unseen(described) is not None:
        return
    organization = described["Organization"]
    arn = organization["Arn"]
    roots = look.list("organizations", "ListRoots", "Roots", of=arn)
    if not isinstance(roots, list):
        # Whoever may not see the root may see nothing of the rest: one gap says it.
        hidden = dict.fromkeys(("Roots", "DelegatedAdministrators", *_CONTROLS), roots)
        yield Thing("organizations/organization", arn, {**organization, **hidden})
        return
    administrators = look.list("organizations", "ListDelegatedAdministrators", "DelegatedAdministrators", of=arn)
    policies = {control: _listed(look, arn, control, roots) for control in _CONTROLS}
    told = {
        "Roots": [root["Id"] for root in roots],
        "DelegatedAdministrators": _ids(administrators),
        **{control: _ids(listed) for control, listed in policies.items()},
    }
    yield Thing("organizations/organization", arn, {**organization, **told})
    yield from _tree(look, roots, _services(look, administrators))
    shown = [policy for listed in policies.values() for policy in items(listed)]
    yield from look.each(lambda policy: _policy(look, policy), shown)


def _listed(look: Look, arn: str, control: str, roots: list[dict[str, Any]]) -> Any:
    """The policies of a type; None where the type is not enabled: then none of them counts."""
    on = ((kind["Type"], kind["Status"]) for root in roots for kind in root.get("PolicyTypes") or ())
    if (control, "ENABLED") not in on:
        return None
    return look.list("organizations", "ListPolicies", "Policies", of=f"{arn} {control}", Filter=control)


def _policy(look: Look, summary: Mapping[str, Any]) -> Thing:
    arn, asked = summary["Arn"], {"PolicyId": summary["Id"]}
    described = look.ask("organizations", "DescribePolicy", of=arn, **asked)
    targets = look.list("organizations", "ListTargetsForPolicy", "Targets", of=arn, **asked)
    content = document(part(described, "Policy"), "Content")
    return Thing("organizations/policy", arn, {**summary, "Content": content, "Targets": targets})


def _tree(look: Look, roots: list[dict[str, Any]], services: Any) -> Iterator[Thing]:
    """Each root, unit and account with the id of what is above it."""

    def below(place: tuple[str, dict[str, Any]]) -> _Level:
        kind, data = place
        asked = {"of": data["Arn"], "ParentId": data["Id"]}
        units = look.list("organizations", "ListOrganizationalUnitsForParent", "OrganizationalUnits", **asked)
        return _Level(kind, data, units, look.list("organizations", "ListAccountsForParent", "Accounts", **asked))

    level = [("organizations/root", root) for root in roots]
    for _ in range(_DEEPEST):
        under: list[tuple[str, dict[str, Any]]] = []
        for kind, data, units, accounts in look.each(below, level):
            children = {"OrganizationalUnits": _ids(units), "Accounts": _ids(accounts)}
            yield Thing(kind, data["Arn"], {**data, **children})
            for account in items(accounts):
                delegated = services if unseen(services) is not None else services.get(account["Id"])
                facts = {**account, "ParentId": data["Id"], "DelegatedServices": delegated}
                yield Thing("organizations/account", account["Arn"], facts)
            under += [("organizations/unit", {**unit, "ParentId": data["Id"]}) for unit in items(units)]
        if not under:
            break
        level = under


def _services(look: Look, administrators: Any) -> Any:
    """By account, the services that it administers for the organisation; a marker when nobody knows who does."""
    if not isinstance(administrators, list):
        return administrators

    def delegated(one: Mapping[str, Any]) -> tuple[str, Any]:
        asked = {"of": one["Arn"], "AccountId": one["Id"]}
        return one["Id"], look.list("organizations", "ListDelegatedServicesForAccount", "DelegatedServices", **asked)

    return dict(look.each(delegated, administrators))


def _ids(listed: Any) -> Any:
    return [one["Id"] for one in listed] if isinstance(listed, list) else listed

"""A file of facts holds the answers of one account or of many, and, besides, policies of resources and of levels.

Shapes: `{account: answer}`, one answer alone, or `{"accounts": {account: answer}, "resource_policies": {arn: policy},
"resources": [...], "scps": ..., "rcps": ..., "organization": {"Id", "MasterAccountId"}}`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stanch.iam.accounts import account_of, is_account, read_arn
from stanch.iam.organization import Account, Organization, Resource
from stanch.iam.policy import Policy
from stanch.iam.reading.account import LISTS, AccountReader, Details, managed_policies, pages
from stanch.iam.reading.documents import Documents, Missing, OnFault, unwrapped
from stanch.iam.reading.faults import FactsError, account_id, items, mapping, shown, text
from stanch.iam.reading.levels import read_levels
from stanch.iam.reading.things import ResourceReader

MOST_IDENTITIES = 100_000
"""Users and roles of a file. AWS's quota is 5 000 users and 1 000 roles an account before it is raised."""

_BESIDES = ("resource_policies", "resources", "scps", "rcps")
_NAMES = {
    **{name.replace("_", ""): name for name in ("accounts", *_BESIDES, "organization", "managed_policies")},
    "scp": "scps",
    "servicecontrolpolicies": "scps",
    "rcp": "rcps",
    "resourcecontrolpolicies": "rcps",
    "organizationid": "organization_id",
    "orgid": "organization_id",
    "managementaccount": "management_account",
    "managementaccountid": "management_account",
    "masteraccountid": "management_account",
}
"""The parts of a file, by their names without case and separators."""


def read_organization(document: Any, *, missing: Missing = "error", on_fault: OnFault | None = None) -> Organization:
    """Read an organisation from a JSON document as loaded.

    missing: what an attached policy is whose document the file lacks; `unknown` is one that may allow and deny
    anything: against the caller where access must be sure, for him where it may be.
    on_fault: is told of each user, group, role, resource or policy that cannot be read; the rest is read, and what such
    a policy says is unknown. A line that does not even name whom it is about is left out.
    Raises FactsError with the path inside the document, the fault and the remedy; MissingPolicy is one.
    """
    top = mapping(document, "the file")
    answers, besides = _parts(top)
    documents = Documents(missing, on_fault)
    details = {account: pages(value, path) for path, account, value in answers}
    accounts = _accounts(details, besides, documents)
    resources = ResourceReader(accounts)
    named, things = _things(details, besides, documents, resources)
    rcps = read_levels(besides.get("rcps"), accounts, documents, "rcps")
    return Organization(
        accounts=accounts,
        resource_policies=named,
        resources=things,
        rcps={account: levels for account, levels in rcps.items() if levels},
        id=_organization(besides).get("Id"),
    )


def _parts(top: Mapping[str, Any]) -> tuple[list[tuple[str, str, Any]], Mapping[str, Any]]:
    """The accounts' answers, each with its path and account, and what the file holds besides."""
    if any(key in top for key in LISTS):
        return [("the file", _account_in(top), top)], {}
    answers = [(account, account, value) for account, value in top.items() if is_account(account)]
    besides = {name: value for key, value in top.items() if (name := _NAMES.get(_plain(key)))}
    if not answers and not besides:
        raise FactsError(
            "the file", "holds no account", "write {account id: what get-account-authorization-details answers}"
        )
    accounts = mapping(besides.get("accounts", {}), "accounts")
    answers += [(f"accounts.{key}", account_id(key, "accounts"), value) for key, value in accounts.items()]
    return answers, besides


def _plain(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _account_in(answer: Mapping[str, Any]) -> str:
    for kind in LISTS[:3]:
        for path, each in items(answer.get(kind), kind):
            if account := account_of(text(each, "Arn", path)):
                return account
    raise FactsError("the file", "does not tell its account", "write {account id: this answer}")


def _accounts(details: Mapping[str, Details], besides: Mapping[str, Any], documents: Documents) -> dict[str, Account]:
    # All managed policies first: an AWS-managed document that one account's answer has serves every account.
    for path, each in items(besides.get("managed_policies"), "managed_policies"):
        documents.managed(each, path)
    managed = {account: managed_policies(answer, documents) for account, answer in details.items()}
    scps = read_levels(besides.get("scps"), details, documents, "scps")
    manager = _organization(besides).get("MasterAccountId")
    found: dict[str, Account] = {}
    left = MOST_IDENTITIES
    for account, answer in details.items():
        for path, page in answer:
            if page and not any(key in page for key in (*LISTS, *_BESIDES)):
                remedy = "write what `aws iam get-account-authorization-details` answers"
                raise FactsError(path, f"has none of {', '.join(LISTS)}", remedy)
            own = read_levels({account: page["scps"]} if "scps" in page else None, (), documents, f"{path}.scps")
            scps = {**scps, **own}
        read = AccountReader(account, managed[account], documents).read(answer)
        left -= len(read.identities)
        if left < 0:
            raise FactsError(account, f"the file has more than {MOST_IDENTITIES} users and roles", "split the file")
        found[account] = replace(read, scps=None if account == manager else scps.get(account))
    return found


def _organization(besides: Mapping[str, Any]) -> dict[str, str]:
    """`Id` and `MasterAccountId`, as describe-organization answers them or as they are said shortly."""
    given = besides.get("organization") or {}
    given = {"Id": given} if isinstance(given, str) else mapping(given, "organization")
    given = mapping(given.get("Organization", given), "organization")
    found = {
        "Id": besides.get("organization_id") or given.get("Id") or given.get("id"),
        "MasterAccountId": besides.get("management_account")
        or given.get("MasterAccountId")
        or given.get("ManagementAccountId"),
    }
    return {key: value for key, value in found.items() if isinstance(value, str) and value}


def _things(
    details: Mapping[str, Details], besides: Mapping[str, Any], documents: Documents, reader: ResourceReader
) -> tuple[dict[str, Policy], tuple[Resource, ...]]:
    policies: dict[str, Policy] = {}
    things: dict[str, Resource] = {}
    parts = [("", "", besides), *((path, account, page) for account, all_ in details.items() for path, page in all_)]
    for path, account, part in parts:
        where = f"{path}." if path else ""
        for each in reader.read_all(part.get("resources"), f"{where}resources", account):
            things[each.arn] = each
        for arn, policy, owned in _policies(part.get("resource_policies"), documents, f"{where}resource_policies"):
            policies[arn] = policy
            owner = owned or account
            if owner and arn not in things:
                things[arn] = reader.read(arn, f"{where}resource_policies", owner)
    return policies, tuple(things.values())


def _policies(value: Any, documents: Documents, path: str) -> Iterator[tuple[str, Policy, str]]:
    """Policies of resources, each with its ARN and, where the file says so, its owner."""
    if isinstance(value, list):
        value = {text(each, "arn", where): each for where, each in items(value, path)}
    for arn, given in mapping(value or {}, path).items():
        where = f"{path}.{arn if read_arn(arn) else shown(arn)}"
        if read_arn(arn) is None:
            raise FactsError(where, "is no ARN", "name each policy by the ARN of its resource")
        document, facts = unwrapped(given)
        owner = facts.get("account") or facts.get("owner")
        if document is not None:
            yield (
                arn,
                documents.read(document, where, principal=True),
                account_id(owner, f"{where}.account") if owner else "",
            )

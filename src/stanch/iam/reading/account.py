"""`GetAccountAuthorizationDetails` answers with all users, groups, roles and managed policies of one account.

IAM API Reference. Long answers come in pages; documents come percent-encoded, or decoded by the client.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from stanch.iam.accounts import account_of
from stanch.iam.organization import Account, Group, Identity, IdentityKind, Named
from stanch.iam.policy import Policy
from stanch.iam.reading.documents import Documents, unknown
from stanch.iam.reading.faults import FactsError, items, mapping, shown, text, values

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")

Details = Sequence[tuple[str, Mapping[str, Any]]]
"""The pages of one account's answer, each with its path."""


def pages(value: Any, path: str) -> Details:
    """The pages of an answer, given as a list or as one."""
    return list(items(value, path)) if isinstance(value, list) else [(path, mapping(value, path))]


def managed_policies(details: Details, documents: Documents) -> dict[str, Policy]:
    """The default versions of an account's managed policies, by ARN."""

    def spoilt(policy: Mapping[str, Any], path: str) -> tuple[str, Policy | None]:
        return text(policy, "Arn", path), unknown(path)

    found = documents.spared(_each(details, "Policies"), documents.managed, spoilt)
    return {arn: policy for arn, policy in found if policy is not None}


class AccountReader:
    """Reads the identities of one account."""

    def __init__(self, account: str, managed: Mapping[str, Policy], documents: Documents) -> None:
        self._account, self._managed, self._documents = account, managed, documents

    def read(self, details: Details) -> Account:
        """The account; its levels are not in this answer."""
        spared = self._documents.spared
        groups = {one.name: one for one in spared(_each(details, "GroupDetailList"), self._group, self._spoilt_group)}
        user, spoilt_user = partial(self._user, groups), partial(self._spoilt, "user")
        users = [*spared(_each(details, "UserDetailList"), user, spoilt_user)]
        roles = [*spared(_each(details, "RoleDetailList"), self._role, partial(self._spoilt, "role"))]
        members: dict[str, list[str]] = defaultdict(list)
        for one in users:
            for arn in one.groups:
                members[arn].append(one.arn)
        told = tuple(replace(group, members=tuple(members[group.arn])) for group in groups.values())
        versions = spared(_each(details, "Policies"), self._documents.superseded, lambda *_: ("", None))
        superseded = {arn: others for arn, others in versions if others is not None}
        return Account(self._account, (*users, *roles), told, self._managed, superseded=superseded)

    def _group(self, group: Mapping[str, Any], path: str) -> Group:
        arn = self._arn(group, path)
        name = _name(group, "GroupName", arn)
        policies = tuple(self._policies(group, "GroupPolicyList", f"group/{name}", path))
        return Group(arn, self._account, name, policies)

    def _spoilt_group(self, group: Mapping[str, Any], path: str) -> Group:
        arn = self._arn(group, path)
        return Group(arn, self._account, _name(group, "GroupName", arn), (Named(path, unknown(path)),))

    def _spoilt(self, kind: IdentityKind, holder: Mapping[str, Any], path: str) -> Identity:
        """Somebody of whom no more can be read than who it is: its policies, and who may become it, are unknown."""
        arn = self._arn(holder, path)
        trust = unknown(path, principal=True) if kind == "role" else None
        return Identity(
            kind, arn, self._account, arn.rpartition("/")[2], policies=(Named(path, unknown(path)),), trust=trust
        )

    def _user(self, groups: Mapping[str, Group], user: Mapping[str, Any], path: str) -> Identity:
        arn = self._arn(user, path)
        name = _name(user, "UserName", arn)
        policies = [*self._policies(user, "UserPolicyList", f"user/{name}", path)]
        joined: list[str] = []
        for at, group in enumerate(values(user.get("GroupList"), f"{path}.GroupList")):
            if isinstance(group, str) and group in groups:
                joined.append(groups[group].arn)
                policies += groups[group].policies
            else:
                told = group if isinstance(group, str) else shown(group)
                policies.append(self._documents.absent(f"group {told}", f"{path}.GroupList[{at}]"))
        return Identity(
            kind="user",
            arn=arn,
            account=self._account,
            name=name,
            unique_id=_optional(user, "UserId"),
            policies=_each_once(policies),
            boundary=self._boundary(user, path),
            groups=tuple(joined),
            tags=_tags(user, path),
        )

    def _role(self, role: Mapping[str, Any], path: str) -> Identity:
        arn = self._arn(role, path)
        name = _name(role, "RoleName", arn)
        trust = role.get("AssumeRolePolicyDocument")
        profiles = items(role.get("InstanceProfileList"), f"{path}.InstanceProfileList")
        return Identity(
            kind="role",
            arn=arn,
            account=self._account,
            name=name,
            unique_id=_optional(role, "RoleId"),
            policies=_each_once([*self._policies(role, "RolePolicyList", f"role/{name}", path)]),
            boundary=self._boundary(role, path),
            trust=None
            if trust is None
            else self._documents.read(trust, f"{path}.AssumeRolePolicyDocument", principal=True),
            profiles=tuple(text(profile, "Arn", where) for where, profile in profiles),
            tags=_tags(role, path),
        )

    def _policies(self, holder: Mapping[str, Any], inline: str, owner: str, path: str) -> Iterator[Named]:
        for where, each in items(holder.get(inline), f"{path}.{inline}"):
            document = each.get("PolicyDocument")
            name = f"{owner}:{_optional(each, 'PolicyName') or where}"
            if document is None:
                yield self._documents.absent(name, where)
            else:
                yield Named(name, self._documents.read(document, f"{where}.PolicyDocument"))
        where = f"{path}.AttachedManagedPolicies"
        for at, attached in enumerate(values(holder.get("AttachedManagedPolicies"), where)):
            given = attached if isinstance(attached, str) else text(mapping(attached, where), "PolicyArn", where)
            yield self._documents.attached(given, self._managed, f"{where}[{at}]")

    def _boundary(self, holder: Mapping[str, Any], path: str) -> Named | None:
        given, path = holder.get("PermissionsBoundary"), f"{path}.PermissionsBoundary"
        if not given:
            return None
        arn = given if isinstance(given, str) else text(mapping(given, path), "PermissionsBoundaryArn", path)
        return self._documents.attached(arn, self._managed, path)

    def _arn(self, holder: Mapping[str, Any], path: str) -> str:
        arn = text(holder, "Arn", path)
        account = account_of(arn)
        if account != self._account:
            fault = f"{shown(arn)} is not of account {self._account}"
            raise FactsError(f"{path}.Arn", fault, "put each answer under the account that gave it")
        return arn


def _each(details: Details, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, page in details:
        yield from items(page.get(kind), f"{path}.{kind}")


def _each_once(policies: Sequence[Named]) -> tuple[Named, ...]:
    return tuple({(named.name, named.policy.source): named for named in policies}.values())


def _name(holder: Mapping[str, Any], key: str, arn: str) -> str:
    return _optional(holder, key) or arn.rpartition("/")[2]


def _optional(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def _tags(holder: Mapping[str, Any], path: str) -> dict[str, str]:
    given = holder.get("Tags")
    if isinstance(given, Mapping):
        return {str(key): str(value) for key, value in given.items()}
    found = {}
    for where, tag in items(given, f"{path}.Tags"):
        found[text(tag, "Key", where)] = str(tag.get("Value", ""))
    return found

"""What an intruder leaves in IAM to come back by has a date: users, roles, keys, passwords, devices, providers.

Blind to: when a trust was edited, a policy attached or an inline policy written. AWS does not say.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from stanch.catalog.actions._strangers import Ours, strangers
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.domain.arn import Arn, ArnError
from stanch.iam import PolicyError, admits, parse

MOST_USERS = 250
"""Users whose keys are listed, one call each: the contained one first, then the youngest."""

_BEDROCK = "bedrock.amazonaws.com"

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing in the account and when it was made.

    `user` is the name of the user to whom it belongs. `closed` when it is no way in: an inactive key, a role that
    trusts nobody.
    """

    what: str
    made: datetime
    arn: str = ""
    user: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """The users, groups, roles and policies of an account, in four calls and their pages."""

    users: Sequence[Record]
    groups: Sequence[Record]
    roles: Sequence[Record]
    policies: Sequence[Record]

    @classmethod
    def read(cls, aws: Aws) -> "Account":
        """Raises AwsError when it cannot be looked at."""
        return cls(
            users=_details(aws, "UserDetailList", "User"),
            groups=_details(aws, "GroupDetailList", "Group"),
            roles=_details(aws, "RoleDetailList", "Role"),
            policies=_details(aws, "Policies", "LocalManagedPolicy"),
        )

    def denied(self, policy: str) -> frozenset[str]:
        """The names of the users whose inline policy of that name denies them everything."""
        return frozenset(str(user["UserName"]) for user in self.users if _denies_all(user, policy))

    def users_by_age(self, first: str) -> list[Record]:
        """The user with that ARN, then the youngest first."""
        youngest = sorted(self.users, key=lambda user: user["CreateDate"], reverse=True)
        return sorted(youngest, key=lambda user: user["Arn"] != first)


def signs(aws: Aws, account: Account, principal: str, since: datetime) -> Iterator[Sign]:
    """Everything of the account that has a date; passwords only of the principal and of users made since."""
    users = account.users_by_age(principal)
    asked = [user for user in users if user["Arn"] == principal or user["CreateDate"] >= since]
    return chain(
        _principals(account),
        _versions(account.policies),
        (sign for user in users[:MOST_USERS] for sign in _keys(aws, str(user["UserName"]))),
        (sign for user in asked for sign in _password(aws, str(user["UserName"]))),
        _service_keys(aws),
        _devices(aws),
        _providers(aws),
    )


def doors(account: Account, ours: Ours, callers: Collection[str]) -> Iterator[str]:
    """The roles, in words, whose trust admits these outside accounts, by name or among everybody."""
    for role in account.roles if callers else ():
        try:
            let_in = strangers(parse(role["AssumeRolePolicyDocument"]), ours)
        except PolicyError:  # what cannot be read admits nobody
            continue
        known = [name for name in let_in if name == "everybody" or account_of(name) in callers]
        if known:
            yield f"the trust of role {role['RoleName']} admits {', '.join(known)}"


def account_of(principal: str) -> str:
    """The account of a principal as a policy or a log names it; empty where it says none."""
    try:
        return Arn.parse(principal).account
    except ArnError:
        return principal if principal.isdecimal() else ""


def _details(aws: Aws, key: str, kind: str) -> list[dict[str, Any]]:
    return aws.pages("iam", "GetAccountAuthorizationDetails", key, Filter=[kind])


def _principals(account: Account) -> Iterator[Sign]:
    for user in account.users:
        name = str(user["UserName"])
        yield Sign(f"user {name}", user["CreateDate"], str(user["Arn"]), name)
    for group in account.groups:
        yield Sign(f"group {group['GroupName']}", group["CreateDate"])
    for role in account.roles:
        # A service-linked role is its service's: nobody else can open it.
        if not str(role["Path"]).startswith("/aws-service-role/"):
            closed = _admits_nobody(role)
            yield Sign(f"role {role['RoleName']}", role["CreateDate"], str(role["Arn"]), closed=closed)


def _versions(policies: Sequence[Record]) -> Iterator[Sign]:
    for policy in policies:
        for version in policy.get("PolicyVersionList") or ():
            yield Sign(f"version {version['VersionId']} of {policy['Arn']}", version["CreateDate"])


def _keys(aws: Aws, user: str) -> Iterator[Sign]:
    try:
        listed = aws.pages("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=user)
    except AwsAbsent:  # deleted since the users were listed
        return
    for key in listed:
        closed = key["Status"] != "Active"
        yield Sign(f"access key {key['AccessKeyId']} of {user}", key["CreateDate"], user=user, closed=closed)


def _service_keys(aws: Aws) -> Iterator[Sign]:
    asked: dict[str, Any] = {"ServiceName": _BEDROCK, "AllUsers": True}
    while True:
        try:
            page = aws.call("iam", "ListServiceSpecificCredentials", **asked)
        except AwsError as error:
            if error.code != "NotSupportedService":  # a partition without Bedrock has no keys for it
                raise
            return
        for key in page.get("ServiceSpecificCredentials") or ():
            user, closed = str(key["UserName"]), key["Status"] != "Active"
            what = f"Bedrock API key {key['ServiceSpecificCredentialId']} of {user}"
            yield Sign(what, key["CreateDate"], user=user, closed=closed)
        if not page.get("IsTruncated"):
            return
        asked["Marker"] = page["Marker"]


def _password(aws: Aws, user: str) -> Iterator[Sign]:
    try:
        profile = aws.call("iam", "GetLoginProfile", UserName=user)["LoginProfile"]
    except AwsAbsent:
        return
    yield Sign(f"console password of {user}", profile["CreateDate"], user=user)


def _devices(aws: Aws) -> Iterator[Sign]:
    for device in aws.pages("iam", "ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus="Assigned"):
        user = str((device.get("User") or {}).get("UserName") or "")
        yield Sign(f"MFA device {device['SerialNumber']} of {user or 'the root user'}", device["EnableDate"], user=user)


def _providers(aws: Aws) -> Iterator[Sign]:
    for provider in aws.pages("iam", "ListSAMLProviders", "SAMLProviderList"):
        yield Sign(f"provider {provider['Arn']}", provider["CreateDate"])
    for provider in aws.pages("iam", "ListOpenIDConnectProviders", "OpenIDConnectProviderList"):
        arn = str(provider["Arn"])
        try:
            found = aws.call("iam", "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
        except AwsAbsent:
            continue
        yield Sign(f"provider {arn}", found["CreateDate"])


def _denies_all(user: Record, policy: str) -> bool:
    for inline in user.get("UserPolicyList") or ():
        if inline["PolicyName"] == policy:
            found = inline["PolicyDocument"]
            listed = (json.loads(found) if isinstance(found, str) else found)["Statement"]
            return any(
                (s["Effect"], s.get("Action"), s.get("Resource"), s.get("Condition")) == ("Deny", "*", "*", None)
                for s in listed
            )
    return False


def _admits_nobody(role: Record) -> bool:
    try:
        return admits(parse(role["AssumeRolePolicyDocument"]), inside=lambda _: True).reach == "nobody"
    except PolicyError:
        return False

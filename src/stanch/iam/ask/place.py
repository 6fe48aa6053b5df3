"""A resource brings facts of its own: who owns it, whose policies bind it, and what its own policy says.

An S3 bucket's ARN does not tell its owner. A role and a KMS key always have a policy of their own: where the file lacks
it, what it says is unknown; another resource without one has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from stanch.iam.accounts import is_account, read_arn
from stanch.iam.organization import Organization
from stanch.iam.policy import Policy

ROLE_ACTIONS = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")
KEYS = frozenset(["aws:resourceaccount", "s3:resourceaccount", "aws:resourceorgid", "aws:requestedregion"])
"""Condition keys, in lower case, that the resource decides."""


@dataclass(frozen=True, slots=True)
class Place:
    """A resource as one request would meet it.

    owner: the account; None where it is the caller's own, whoever asks; "unknown" where nobody knows.
    policy: of the resource, a role's trust included; None for none, "unknown" for one that must be there and is not.
    decides_alone: nothing but the resource's own policy lets even its own account in.
    context: the known keys of KEYS.
    """

    arn: str
    owner: str | Literal["unknown"] | None
    policy: Policy | Literal["unknown"] | None
    decides_alone: bool
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Places:
    """The resources of an organisation, found by ARN; one that no file names is a resource all the same."""

    def __init__(self, organization: Organization) -> None:
        self._policies = organization.resource_policies
        self._organization_id = organization.id
        self._accounts = organization.accounts
        self._trusts = {
            one.arn: one.trust
            for account in organization.accounts.values()
            for one in account.identities
            if one.kind == "role"
        }
        self._owners = {each.arn: each.account for each in organization.resources if each.account}

    def find(self, action: str, arn: str) -> Place:
        """The resource with this ARN, or `*` for none in particular, as an action in lower case meets it."""
        on_role = action.startswith(ROLE_ACTIONS) and ":role/" in arn
        decides_alone = on_role or (action.startswith("kms:") and ":key/" in arn)
        policy = self._trusts.get(arn) if on_role else self._policy(arn)
        owner = self._owner(arn)
        return Place(
            arn,
            owner,
            "unknown" if policy is None and decides_alone else policy,
            decides_alone,
            self._context(arn, owner),
        )

    def _policy(self, arn: str) -> Policy | None:
        policy = self._policies.get(arn)
        return self._policies.get(_whole(arn)) if policy is None else policy

    def _owner(self, arn: str) -> str | None:
        known = self._owners.get(arn) or self._owners.get(_whole(arn))
        if known:
            return known
        parsed = read_arn(arn)
        if parsed is None or parsed.service != "s3":
            return parsed.account if parsed and is_account(parsed.account) else None
        if is_account(parsed.account):
            return parsed.account
        return next(iter(self._accounts)) if len(self._accounts) == 1 else "unknown"

    def _context(self, arn: str, owner: str | None) -> dict[str, tuple[str, ...]]:
        context: dict[str, tuple[str, ...]] = {}
        if owner is not None and owner != "unknown":
            context = {"aws:resourceaccount": (owner,), "s3:resourceaccount": (owner,)}
            if self._organization_id is not None and owner in self._accounts:
                context["aws:resourceorgid"] = (self._organization_id,)
        parsed = read_arn(arn)
        if parsed and parsed.region.replace("-", "").isalnum():
            context["aws:requestedregion"] = (parsed.region,)
        return context


def _whole(arn: str) -> str:
    """What the policy of a part hangs on: an object's bucket, an index's table."""
    parsed = read_arn(arn)
    if parsed is None:
        return arn
    if parsed.service == "s3" and not parsed.resource.startswith(("accesspoint/", "job/", "storage-lens")):
        return arn.partition("/")[0]
    if parsed.service == "dynamodb" and parsed.resource.startswith("table/"):
        return "/".join(arn.split("/")[:2])
    return arn

"""Who may do what is written in a hundred places: identities, groups, boundaries, trusts, resources, organisations.

Read from AWS's own answers: `GetAccountAuthorizationDetails` of each account, policies of resources, service control
policies. What refers to a document that is not there is an error that names it, and never an empty policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stanch.iam.policy import Policy

IdentityKind = Literal["user", "role"]
Level = Sequence["Named"]
"""The policies attached at one level of an organisation: the root, a unit, or the account."""


@dataclass(frozen=True, slots=True)
class Named:
    """A policy with the name people know it by: an ARN for a managed one, `role/Name:Inline` for an inline one."""

    name: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Identity:
    """A user or a role of one account.

    policies: all that are its own and, for a user, those of its groups, each once.
    trust: who may become it; None for a user.
    groups: ARNs. profiles: ARNs of the instance profiles that hand the role to instances.
    tags: as written; condition keys compare their names without case.
    """

    kind: IdentityKind
    arn: str
    account: str
    name: str
    unique_id: str = ""
    policies: tuple[Named, ...] = ()
    boundary: Named | None = None
    trust: Policy | None = None
    groups: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_service_linked(self) -> bool:
        """Whether only its AWS service can use it; no service control policy binds it."""
        return ":role/aws-service-role/" in self.arn

    @property
    def is_protected(self) -> bool:
        """Whether only AWS can change it: linked to a service, or made by IAM Identity Center."""
        return self.is_service_linked or ":role/aws-reserved/" in self.arn


@dataclass(frozen=True, slots=True)
class Group:
    """A group of users: its members have its policies."""

    arn: str
    account: str
    name: str
    policies: tuple[Named, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that exists: what runs with a role (`roles`), or what is worth reaching.

    service: as in action names, `lambda`, `ec2`, `codebuild`. kind: as in its ARN, `function`, `instance`, `project`.
    """

    arn: str
    service: str
    kind: str
    account: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """All identities of one account, and the managed policies they could be given.

    managed: the default version of each, by ARN. superseded: the versions beside it, () when there are none; a policy
    that is not here may have any.
    scps: the levels from the organisation's root down to the account,
    None for an account that no organisation binds: without one, or the one that manages it.
    """

    id: str
    identities: tuple[Identity, ...] = ()
    groups: tuple[Group, ...] = ()
    managed: Mapping[str, Policy] = field(default_factory=dict)
    scps: tuple[Level, ...] | None = None
    superseded: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Organization:
    """Accounts together with the policies of resources (by ARN; a role's trust is not among them) and what exists.

    rcps: the levels that bind the resources of an account. id: as in `o-a1b2c3d4e5`; None where it is not told.
    told: the sorts (`lambda:function`) of which `resources` names all that runs with a role; None: of all sorts, if it
        names anything that does.
    """

    accounts: Mapping[str, Account]
    resource_policies: Mapping[str, Policy] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    rcps: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)
    id: str | None = None
    told: frozenset[str] | None = None

    def identity(self, arn: str) -> Identity | None:
        """The user or role with this ARN."""
        return next((i for account in self.accounts.values() for i in account.identities if i.arn == arn), None)

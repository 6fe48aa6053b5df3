"""A request meets seven kinds of policy: four that only limit, and those of the caller and the resource, which grant.

What each kind says of a request is read here; `evaluate` weighs it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from stanch.iam.clause import Clause
from stanch.iam.naming import Grant
from stanch.iam.organization import Named
from stanch.iam.policy import Policy
from stanch.iam.principals import denies, grant
from stanch.iam.request import Request
from stanch.iam.variables import Context

Layer = Literal["scp", "rcp", "pb", "identity", "resource", "session", "vpce"]
Given = Policy | Named
Leaning = Literal["known", "allow", "deny"]
"""How to take a statement of which it is not known whether it applies: `allow` as far as it lets in, `deny` as far as
it keeps out; `known` where there is no doubt."""

LAYERS: tuple[Layer, ...] = get_args(Layer)
TITLES: dict[Layer, str] = {
    "scp": "service control policy",
    "rcp": "resource control policy",
    "pb": "permissions boundary",
    "identity": "identity policy",
    "resource": "resource policy",
    "session": "session policy",
    "vpce": "VPC endpoint policy",
}
RCP_SERVICES = frozenset(
    (
        *("aoss", "cognito-identity", "cognito-idp", "cognito-sync", "dynamodb", "ecr"),
        *("kms", "logs", "s3", "secretsmanager", "sqs", "sts"),
    )
)
"""Services, as in action names, whose resources a resource control policy binds: Organizations User Guide, "List of
AWS services that support RCPs", as of February 2026."""

_BUCKET_POLICY_ACTIONS = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")


@dataclass(slots=True)
class Reading:
    """What one layer says of a request. strength: of a resource policy's best allow; level: an organisation's, or 0."""

    layer: Layer
    level: int = 0
    allows: list[str] = field(default_factory=list)
    denies: list[str] = field(default_factory=list)
    strength: Grant = Grant.NONE


@dataclass
class Question:
    """A request made ready to be read: names in lower case, whether the caller has a boundary.

    doubts: collects the unknown keys on which a statement that may matter hangs.
    """

    request: Request
    context: Context
    bounded: bool
    leaning: Leaning = "known"
    unknown: frozenset[str] = frozenset()
    doubts: set[str] = field(default_factory=set)

    @cached_property
    def action(self) -> str:
        """The action in lower case."""
        return self.request.action.lower()

    @property
    def own_account(self) -> bool:
        """Whether caller and resource are of one account."""
        return self.request.resource_account in (None, self.request.caller.account)

    @property
    def in_aws(self) -> bool:
        """Whether the caller is an identity of an account, and so has policies of its own."""
        caller = self.request.caller
        return caller.kind not in ("anonymous", "service") and not caller.signs_in

    @property
    def bound_by_scps(self) -> bool:
        """Whether the policies that an organisation puts on its accounts' identities bind the caller."""
        return self.in_aws and self.request.caller.account is not None and not self.request.caller.is_service_linked

    @property
    def bound_by_rcps(self) -> bool:
        """Whether the policies that an organisation puts on its accounts' resources bind the request."""
        return heeds_rcps(self.action, self.request.resource) and not self.request.caller.is_service_linked

    def meets(self, layer: Layer) -> bool:
        """Whether policies of this layer count for the request, if there are any."""
        match layer:
            case "scp":
                return self.bound_by_scps
            case "rcp":
                return self.bound_by_rcps
            case "pb" | "identity" | "session":
                return self.in_aws
            case _:
                return True

    def applying(self, policy: Policy) -> Iterable[Clause]:
        """The statements about this request, whatever their principal."""
        request = self.request
        for clause in policy.program.about(self.action):
            if self.leaning == "known":
                if clause.holds(request.resource, self.context):
                    yield clause
            elif self._leans(clause):
                yield clause

    def _leans(self, clause: Clause) -> bool:
        possible, doubted = clause.may_hold(self.request.resource, self.context, self.unknown)
        if not doubted:
            return possible
        self.doubts |= doubted
        return clause.is_allow == (self.leaning == "allow")


def heeds_rcps(action: str, resource: str) -> bool:
    """Whether a resource control policy can deny an action, in lower case, on a resource.

    None keeps a grant from being retired (KMS Developer Guide, "Resource control policies in AWS KMS"), nor a service
    from assuming its service-linked role (Organizations User Guide, "Resource control policies").
    """
    if action == "kms:retiregrant" or (action == "sts:assumerole" and ":role/aws-service-role/" in resource):
        return False
    return action.partition(":")[0] in RCP_SERVICES


def read(policies: Sequence[Given], layer: Layer, question: Question, level: int = 0) -> Reading:
    """What policies without principals say."""
    found = Reading(layer, level)
    for number, given in enumerate(policies, 1):
        for clause in question.applying(_policy(given)):
            told = _told(layer, given, number if len(policies) > 1 or layer == "identity" else 0, clause, question)
            (found.allows if clause.is_allow else found.denies).append(told)
    return found


def read_named(policies: Sequence[Given], layer: Layer, question: Question, level: int = 0) -> Reading:
    """What policies that name principals say."""
    found = Reading(layer, level)
    caller = question.request.caller
    for number, given in enumerate(policies, 1):
        for clause in question.applying(_policy(given)):
            told = _told(layer, given, number if len(policies) > 1 else 0, clause, question)
            if clause.is_allow:
                if strength := grant(clause, caller):
                    found.allows.append(told)
                    found.strength = max(found.strength, strength)
            elif denies(clause, caller, bounded=question.bounded) or (layer == "rcp" and not clause.says_who):
                found.denies.append(told)
    return found


def read_resource(policy: Given | None, question: Question) -> Reading:
    """What the resource's own policy says."""
    found = read_named([policy] if policy else [], "resource", question)
    request = question.request
    if request.caller.kind == "root" and question.own_account and question.action in _BUCKET_POLICY_ACTIONS:
        # S3 lets the owner's root user read, replace and delete a bucket policy that denies it; else nobody could.
        found.denies.clear()
    return found


def _policy(given: Given) -> Policy:
    return given.policy if isinstance(given, Named) else given


def _told(layer: Layer, given: Given, number: int, clause: Clause, question: Question) -> str:
    name = f" {given.name}" if isinstance(given, Named) else f" {number}" if number else ""
    named = f" ({clause.sid})" if clause.sid else ""
    effect = "allows" if clause.is_allow else "denies"
    return f"{TITLES[layer]}{name}, Statement[{clause.index}]{named} {effect} {question.request.action}"

"""The goals of an escalation: everything, another principal, or what is worth stealing.

An administrator may do nearly everything on things of any name: in one region at least three quarters of the sampled
writing actions of unrelated services, and at least three quarters of the actions that write IAM. Both are asked of all
his policies together, less what boundary, organisation and denials take. Who may only give himself the rest is not one
yet; he is a step away. A denial of something small hides no administrator; one of `iam:*` does.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stanch.iam.conditions import ConditionTest
from stanch.iam.escalation.asker import Asker, answer
from stanch.iam.escalation.imagined import ANY_NAME, probes
from stanch.iam.escalation.landscape import Landscape
from stanch.iam.escalation.standing import Standing
from stanch.iam.matching import names_action, names_resource
from stanch.iam.policy import Policy, Statement
from stanch.iam.principals import Grant, denies, grant
from stanch.iam.ways import BREADTH

SHARE = 0.75
"""Of the sampled actions. Real administrators lack a few: an organisation's guard rails deny some to everybody."""

WRITES_IAM = (
    ("iam:AddUserToGroup", "group"),
    ("iam:AttachGroupPolicy", "group"),
    ("iam:AttachRolePolicy", "role"),
    ("iam:AttachUserPolicy", "user"),
    ("iam:CreateAccessKey", "user"),
    ("iam:CreateLoginProfile", "user"),
    ("iam:CreatePolicy", "policy"),
    ("iam:CreatePolicyVersion", "policy"),
    ("iam:CreateRole", "role"),
    ("iam:CreateUser", "user"),
    ("iam:PassRole", "role"),
    ("iam:PutGroupPolicy", "group"),
    ("iam:PutRolePolicy", "role"),
    ("iam:PutUserPolicy", "user"),
    ("iam:SetDefaultPolicyVersion", "policy"),
    ("iam:UpdateAssumeRolePolicy", "role"),
    ("iam:UpdateLoginProfile", "user"),
)
READS = {
    "dynamodb": ("dynamodb:GetItem", "dynamodb:Scan"),
    "ecr": ("ecr:BatchGetImage",),
    "kms": ("kms:Decrypt",),
    "s3": ("s3:GetObject",),
    "sagemaker": ("sagemaker:DescribeModelPackage",),
    "secretsmanager": ("secretsmanager:GetSecretValue",),
    "sns": ("sns:Subscribe",),
    "sqs": ("sqs:ReceiveMessage",),
    "ssm": ("ssm:GetParameter",),
}
"""What counts as reading something, by its service: any one of these. Of an S3 bucket its objects are meant."""


class Held(NamedTuple):
    """Whether a goal is reached: surely, and possibly."""

    sure: bool
    possible: bool


def actions_asked() -> tuple[str, ...]:
    """All actions that goals ask about."""
    return tuple(a for a, _ in (*BREADTH, *WRITES_IAM)) + tuple(a for actions in READS.values() for a in actions)


def is_administrator(land: Landscape, standing: Standing, asker: Asker) -> Held:
    """Whether a standing amounts to `*` on `*`."""
    mask = sum(land.world.bit[action.lower()] for action, _ in WRITES_IAM)
    if (mask & standing.actions).bit_count() < SHARE * len(WRITES_IAM):
        return Held(False, False)
    arn = f"arn:{land.partition}:iam::{standing.account}"
    writes = _share(land, standing, asker, [(a, f"{arn}:{kind}/{ANY_NAME}") for a, kind in WRITES_IAM])
    if not writes.possible:
        return writes
    samples = (probes(land.partition, standing.account, region) for region in land.regions)
    shares = [_share(land, standing, asker, [(action, thing.arn) for action, thing in sample]) for sample in samples]
    sure, possible = any(share.sure for share in shares), any(share.possible for share in shares)
    return Held(writes.sure and sure, possible)


def asked_of_administrators(land: Landscape, standing: Standing) -> list[tuple[str, str]]:
    """A few of the sampled actions, each with its thing: enough to say by which statements someone is one."""
    sample = [(action, thing.arn) for action, thing in probes(land.partition, standing.account, land.regions[0])]
    return [("iam:AttachRolePolicy", f"arn:{land.partition}:iam::{standing.account}:role/{ANY_NAME}"), sample[0]]


def _share(land: Landscape, standing: Standing, asker: Asker, asked: Sequence[tuple[str, str]]) -> Held:
    sure = possible = 0
    for action, arn in asked:
        granted = standing.may(action.lower(), asker)
        bits = land.things.named(arn)
        sure, possible = sure + bool(granted.sure & bits), possible + bool(granted.possible & bits)
    return Held(sure >= SHARE * len(asked), possible >= SHARE * len(asked))


def readable(arn: str) -> tuple[tuple[str, str], ...]:
    """The actions that read a thing, each with the ARN it is asked about; () for what nothing here reads."""
    service = arn.split(":", 3)[2] if arn.count(":") > 4 else ""
    about = f"{arn}/{ANY_NAME}" if service == "s3" and "/" not in arn.split(":", 5)[5] else arn
    return tuple((action, about) for action in READS.get(service, ()))


class Reading:
    """Whether principals may read one thing: by their own policies, and by the policy of the thing."""

    def __init__(self, land: Landscape, arn: str, account: str) -> None:
        self._land, self._account = land, account
        self._asked = readable(arn)
        self._policy = land.organization.resource_policies.get(arn)
        self._is_key = ":kms:" in arn

    def held(self, standing: Standing, asker: Asker) -> Held:
        """Whether a principal may read it."""
        found = Held(False, False)
        for action, arn in self._asked:
            one = self._one(standing, asker, action, arn)
            found = Held(found.sure or one.sure, found.possible or one.possible)
        return found

    def _one(self, standing: Standing, asker: Asker, action: str, arn: str) -> Held:
        bits = self._land.things.named(arn)
        own = standing.may(action.lower(), asker) & bits
        own_account = not self._account or standing.account == self._account
        sure, strength = self._resource(self._policy, asker, action, arn)
        denied, deniable = self._denied(standing, asker, action, arn)
        if denied:
            return Held(False, False)
        named = standing.may_when_named(action.lower(), asker, bounded=strength is not Grant.DIRECT) & bits
        if own_account and strength in (Grant.ROLE, Grant.DIRECT):
            possible, certain = bool(named.possible), bool(named.sure) and sure
            possible, certain = possible or bool(own.possible), certain or bool(own.sure)
        elif own_account and not self._is_key:
            possible, certain = bool(own.possible), bool(own.sure)
        else:
            allowed = strength is not Grant.NONE or (self._is_key and self._policy is None and own_account)
            possible, certain = (
                allowed and bool(own.possible),
                allowed and bool(own.sure) and (sure or self._policy is None),
            )
        # Whose a thing is must be known for its owner's policies to suffice.
        return Held(certain and not deniable and bool(self._account), possible)

    def _resource(self, policy: Policy | None, asker: Asker, action: str, arn: str) -> tuple[bool, Grant]:
        best, certain = Grant.NONE, False
        for effect, held, statement in self._about(policy, asker, action, arn):
            if effect == "Allow" and (strength := grant(statement, asker.caller)) and strength >= best:
                certain = held or (certain and strength == best)
                best = strength
        return certain, best

    def _denied(self, standing: Standing, asker: Asker, action: str, arn: str) -> tuple[bool, bool]:
        sure = possible = False
        for effect, held, statement in self._about(self._policy, asker, action, arn):
            if effect == "Deny" and denies(statement, asker.caller, bounded=standing.fences.boundary is not None):
                sure, possible = sure or held, True
        return sure, possible

    def _about(
        self, policy: Policy | None, asker: Asker, action: str, arn: str
    ) -> Iterator[tuple[str, bool, Statement]]:
        """The statements that are or may be about this: the effect, and whether surely."""
        for statement in policy.statements if policy else ():
            if not names_action(statement, action) or not names_resource(statement, arn, asker.known):
                continue
            tests = [ConditionTest(c, variables=statement.variables) for c in statement.conditions]
            answers = [answer(test, asker, action.partition(":")[0], {}) for test in tests]
            if False not in answers:
                yield statement.effect, None not in answers, statement

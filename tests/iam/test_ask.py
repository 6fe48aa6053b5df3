"""Asked at once of everybody, `who can` answers as the evaluator does, asked of one caller after the other."""

import random
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.iam import Caller, Policy, Request, evaluate, parse
from stanch.iam.ask import Asker
from stanch.iam.organization import Account, Identity, Named, Organization, Resource

ACCOUNTS = ("111122223333", "444455556666", "777788889999")
OUTSIDE = "999999999999"
ORG = "o-a1b2c3d4e5"
ANY_KEY = frozenset("*")
TEAMS = ("red", "blue", "b*")
NAMES = ("serving", "training", "export", "admin")
SESSION = "i-0abc"
KEYS = [f"arn:aws:kms:eu-central-1:{account}:key/k" for account in ACCOUNTS[:2]]
OBJECTS = ["arn:aws:s3:::weights/red/serving/x", "arn:aws:s3:::logs/blue/x", "arn:aws:s3:::nobodys/red/x"]
QUEUE = f"arn:aws:sqs:eu-central-1:{ACCOUNTS[0]}:jobs"
SERVICE_LINKED = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


def role_arn(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/ml/{name}"


def session_arn(account: str, name: str, session: str = SESSION) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{name}/{session}"


class World:
    """An organisation at random, small enough that everything meets everything."""

    ACTIONS = (["*"], ["s3:*"], ["S3:Get*", "kms:*"], ["s3:GetObject"], ["sts:AssumeRole"], ["sqs:*", "s3:ListBucket"])
    RESOURCES = (
        *(["*"], ["arn:aws:s3:::weights/*", QUEUE], ["arn:aws:s3:::*/red/?"], ["arn:aws:s3:::logs/*"]),
        *(["arn:aws:s3:::*/${aws:PrincipalTag/team}/*"], ["arn:aws:s3:::*/${aws:username}/x", QUEUE]),
        *(["arn:aws:s3:::weights/red/${aws:userid}/*"], [f"arn:aws:iam::{ACCOUNTS[0]}:role/*"], [KEYS[0]]),
        *(["arn:aws:kms:*:${aws:PrincipalAccount}:key/*"], ["arn:aws:kms:*:${aws:ResourceAccount}:key/*"]),
        *(["arn:aws:s3:::weights/${aws:username, 'red'}/*"],),
    )
    CONDITIONS = (
        {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        {"StringNotEquals": {"aws:PrincipalTag/Team": ["red", "blue"]}},
        {"StringEquals": {"aws:PrincipalOrgID": ORG}},
        {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-other00000"}},
        {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/ml/serving", f"arn:aws:iam::{ACCOUNTS[0]}:role/*"]}},
        {"ArnNotEquals": {"aws:PrincipalArn": role_arn(ACCOUNTS[0], "admin")}},
        {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ml/ad*"}},
        {"ForAllValues:StringLike": {"aws:PrincipalArn": "*admin"}},
        {"StringEquals": {"aws:PrincipalAccount": ACCOUNTS[1]}},
        {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
        {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
        {"Bool": {"aws:SecureTransport": "false"}},
        {"Bool": {"aws:MultiFactorAuthPresent": True}},
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}, "StringEquals": {"aws:PrincipalType": "User"}},
        {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringLike": {"aws:PrincipalTag/team": "b*"}},
        {"Null": {"aws:PrincipalTag/team": "true"}},
        {"StringLike": {"aws:username": "serv*"}},
    )
    PRINCIPALS = (
        *("*", ACCOUNTS[0], f"arn:aws:iam::{ACCOUNTS[1]}:root", f"arn:aws-cn:iam::{ACCOUNTS[0]}:root"),
        *(role_arn(ACCOUNTS[0], "serving"), session_arn(ACCOUNTS[0], "serving"), role_arn(ACCOUNTS[1], "export")),
        *(f"arn:aws:iam::{ACCOUNTS[0]}:user/serving", f"arn:aws:iam::{ACCOUNTS[1]}:user/training", "AIDAGONE"),
    )

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - no secret hangs on it

    def organization(self) -> Organization:
        accounts = {account: self.account(account) for account in ACCOUNTS}
        owned = (("arn:aws:s3:::weights", ACCOUNTS[0]), ("arn:aws:s3:::logs", ACCOUNTS[1]))
        policies = {arn: self.policy(named=True) for arn in ("arn:aws:s3:::weights", KEYS[0], QUEUE) if self.flip(0.8)}
        rcps = {account: self.levels() for account in ACCOUNTS[:2] if self.flip(0.3)}
        resources = tuple(Resource(arn, "s3", "bucket", account) for arn, account in owned)
        return Organization(accounts, policies, resources, rcps, id=ORG if self.flip(0.7) else None)

    def account(self, account: str) -> Account:
        kinds = [(kind, name) for kind in ("user", "role") for name in NAMES if self.flip(0.6)]
        linked = [self.identity(account, "role", SERVICE_LINKED)] if self.flip(0.2) else []
        identities = (*(self.identity(account, kind, name) for kind, name in kinds), *linked)
        return Account(account, identities, scps=self.levels() if self.flip(0.5) else None)

    def identity(self, account: str, kind: Any, name: str) -> Identity:
        path = "user" if kind == "user" else "role" if name == SERVICE_LINKED else "role/ml"
        return Identity(
            kind=kind,
            arn=f"arn:aws:iam::{account}:{path}/{name}",
            account=account,
            name=name.rpartition("/")[2],
            unique_id=self.chance.choice(["", "AIDA1"]),
            policies=tuple(Named(f"p{at}", self.policy(denying=0.15)) for at in range(self.chance.randint(1, 4))),
            boundary=Named("fence", self.policy()) if self.flip(0.2) else None,
            trust=self.policy(named=True) if kind == "role" else None,
            tags={"Team": self.chance.choice(TEAMS)} if self.flip(0.6) else {},
        )

    def levels(self) -> tuple[tuple[Named, ...], ...]:
        full = Named("full", parse({"Version": "2012-10-17", "Statement": self.statement("Allow", plain=True)}))
        policies = [Named("scp", self.policy(denying=0.8)) for _ in range(2)]
        return tuple((full, *(p for p in policies if self.flip(0.5))) for _ in range(self.chance.randint(1, 2)))

    def policy(self, *, named: bool = False, denying: float = 0.2) -> Policy:
        statements = [self.statement("Deny" if self.flip(denying) else "Allow", named=named) for _ in range(3)]
        version = "2012-10-17" if self.flip(0.9) else "2008-10-17"
        return parse({"Version": version, "Statement": statements[: self.chance.randint(1, 3)]})

    def statement(self, effect: str, *, named: bool = False, plain: bool = False) -> dict[str, Any]:
        statement: dict[str, Any] = {"Effect": effect, "Action": "*", "Resource": "*"}
        if plain and self.flip(0.7):
            return statement
        statement = {"Effect": effect}
        statement[self.pick("Action", "NotAction", 0.15)] = self.chance.choice(self.ACTIONS)
        statement[self.pick("Resource", "NotResource", 0.2)] = self.chance.choice(self.RESOURCES)
        if named:
            listed = self.chance.sample(self.PRINCIPALS, self.chance.randint(1, 3))
            statement[self.pick("Principal", "NotPrincipal", 0.2)] = {"AWS": listed}
        if self.flip(0.5):
            statement["Condition"] = self.chance.choice(self.CONDITIONS)
        return statement

    def flip(self, chance: float) -> bool:
        return self.chance.random() < chance

    def pick(self, usual: str, other: str, chance: float) -> str:
        return other if self.flip(chance) else usual


def asked() -> Iterator[tuple[str, str]]:
    yield from (("s3:GetObject", arn) for arn in OBJECTS)
    yield from (("kms:Decrypt", arn) for arn in KEYS)
    yield "sqs:SendMessage", QUEUE
    yield "sts:AssumeRole", role_arn(ACCOUNTS[0], "serving")
    yield "s3:ListAllMyBuckets", "*"


def one_by_one(organization: Organization, action: str, resource: str) -> tuple[set[str], set[str]]:
    """Who surely can and who may, each caller evaluated by itself, over all that is not known."""
    must: set[str] = set()
    may: set[str] = set()
    for account in organization.accounts.values():
        for one in account.identities:
            results = set(decisions(organization, one, action, resource))
            if results == {"Allowed"}:
                must.add(one.arn)
            elif results & {"Allowed", "Unknown"}:
                may.add(one.arn)
    return must, may


def decisions(organization: Organization, one: Identity, action: str, resource: str) -> Iterator[str]:
    for caller in callers(one):
        for owner in owners(organization, one, resource):
            for policy in resource_policies(organization, action, resource):
                yield evaluate(
                    Request(caller, action, resource, owner, context(organization, one, owner, resource), ANY_KEY),
                    identity=one.policies,
                    boundary=one.boundary,
                    resource_policy=policy,
                    scps=organization.accounts[one.account].scps or (),
                    rcps=organization.rcps.get(owner or one.account, ()),
                ).result


def callers(one: Identity) -> list[Caller]:
    if one.kind == "user":
        return [Caller("user", one.account, one.arn)]
    sessions = ("*", SESSION)
    return [Caller("role-session", one.account, session_arn(one.account, one.name, s), one.arn) for s in sessions]


def owners(organization: Organization, one: Identity, resource: str) -> list[str | None]:
    if resource == "*":
        return [None]
    bucket = resource.partition("/")[0]
    known = {each.arn: each.account for each in organization.resources}
    if bucket in known:
        return [known[bucket]]
    return [*ACCOUNTS, OUTSIDE] if ":s3:" in resource else [resource.split(":")[4]]


def resource_policies(organization: Organization, action: str, resource: str) -> list[Policy | None]:
    if action == "sts:AssumeRole":
        role = organization.identity(resource)
        policy = role.trust if role else None
    else:
        policy = organization.resource_policies.get(resource.partition("/")[0] if ":s3:" in resource else resource)
    if policy is None and action in ("sts:AssumeRole", "kms:Decrypt"):
        to_accounts = {"Effect": "Allow", "Principal": {"AWS": list(ACCOUNTS)}, "Action": "*", "Resource": "*"}
        return [None, parse({"Version": "2012-10-17", "Statement": to_accounts})]
    return [policy]


def context(organization: Organization, one: Identity, owner: str | None, resource: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        "aws:PrincipalArn": (one.arn,),
        "aws:PrincipalAccount": (one.account,),
        "aws:PrincipalType": ("User" if one.kind == "user" else "AssumedRole",),
        "aws:username": (one.name,) if one.kind == "user" else (),
        "aws:SecureTransport": ("true",),
    }
    if one.kind == "user" and one.unique_id:
        found["aws:userid"] = (one.unique_id,)
    if one.kind == "user" or not (one.trust and one.trust.program.about("sts:tagsession")):
        found["aws:PrincipalTag/team"] = tuple(one.tags.values())
    if organization.id:
        found["aws:PrincipalOrgID"] = (organization.id,)
    if owner is not None and owner != OUTSIDE and "nobodys" not in resource:
        found["aws:ResourceAccount"] = (owner,)
    if resource.split(":")[3:4] == ["eu-central-1"]:
        found["aws:RequestedRegion"] = ("eu-central-1",)
    return found


def assert_same(organization: Organization) -> int:
    asker, compared = Asker(organization), 0
    for action, resource in asked():
        answers = asker.who_can(action, resource)
        assert (set(answers.must), set(answers.may)) == one_by_one(organization, action, resource), (action, resource)
        compared += len(asker.callers.identities)
        for access in answers.access():
            assert access.because, access
            assert not any("unless  " in told or "if  " in told for told in access.conditions), access
            assert bool(access.conditions) == (access.answer == "may"), access
    return compared


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**64))
def test_answers_as_the_evaluator_does_one_by_one(seed: int) -> None:
    assert_same(World(seed).organization())


def test_answers_as_the_evaluator_does_over_thousands_of_questions() -> None:
    assert sum(assert_same(World(seed).organization()) for seed in range(60)) > 5000

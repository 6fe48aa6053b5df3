"""The graph's sets say what the evaluator says of each request alone, and more permission never leads to less."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from stanch.iam import Caller, Policy, Request, evaluate, parse
from stanch.iam.escalation import Escalation
from stanch.iam.escalation.landscape import Landscape
from stanch.iam.escalation.paths import all_paths
from stanch.iam.escalation.trusts import Trusts
from stanch.iam.organization import Account, Identity, Named, Organization

HERE, THERE = "111122223333", "444455556666"
ROLES = tuple(f"arn:aws:iam::{account}:role/{name}" for account in (HERE, THERE) for name in ("app", "ops"))
USERS = tuple(f"arn:aws:iam::{account}:user/dev" for account in (HERE, THERE))

_actions = some.sampled_from(["sts:AssumeRole", "sts:*", "iam:PutRolePolicy", "iam:*", "*", "IAM:Put*", "s3:GetObject"])
_resources = some.sampled_from(
    [
        "*",
        *ROLES,
        f"arn:aws:iam::{HERE}:role/*",
        "arn:aws:iam::*:role/a?p",
        "arn:aws:iam::*:role/${aws:PrincipalTag/team}",
    ]
)
_conditions: some.SearchStrategy[dict[str, Any] | None] = some.sampled_from(
    [
        None,
        None,
        None,
        {"StringEquals": {"aws:PrincipalAccount": HERE}},
        {"StringEquals": {"aws:PrincipalTag/team": "app"}},
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}},
        {"StringEqualsIfExists": {"aws:username": "dev"}},
        {"StringEquals": {"aws:ResourceAccount": HERE}},
        {"ForAnyValue:StringLike": {"aws:PrincipalServiceNamesList": "*"}},
    ]
)
_named = some.sampled_from(["*", HERE, THERE, f"arn:aws:iam::{HERE}:root", *ROLES, *USERS])


@some.composite
def _statements(draw: some.DrawFn, *, trust: bool = False) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": draw(some.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    statement[draw(some.sampled_from(["Action", "Action", "NotAction"])) if not trust else "Action"] = (
        "sts:AssumeRole" if trust else draw(some.lists(_actions, min_size=1, max_size=2))
    )
    if trust:
        statement["Principal"] = {"AWS": draw(some.lists(_named, min_size=1, max_size=2))}
    else:
        key = draw(some.sampled_from(["Resource", "Resource", "NotResource"]))
        statement[key] = draw(some.lists(_resources, min_size=1, max_size=2))
    condition = draw(_conditions)
    if condition and not (trust and "aws:ResourceAccount" in str(condition)):
        statement["Condition"] = condition
    return statement


def _policies(*, trust: bool = False) -> some.SearchStrategy[Policy]:
    listed = some.lists(_statements(trust=trust), min_size=1, max_size=3)
    return listed.map(lambda statements: parse({"Version": "2012-10-17", "Statement": statements}))


@some.composite
def _organizations(draw: some.DrawFn) -> Organization:
    accounts = {}
    for account in (HERE, THERE):
        identities = []
        for arn in (*ROLES, *USERS):
            if f"::{account}:" in arn:
                kind, name = arn.rpartition(":")[2].split("/")
                boundary = draw(some.one_of(some.none(), some.none(), _policies()))
                identities.append(
                    Identity(
                        "role" if kind == "role" else "user",
                        *(arn, account, name),
                        policies=tuple(
                            Named(f"{name}{at}", draw(_policies())) for at in range(draw(some.integers(0, 2)))
                        ),
                        boundary=Named("boundary", boundary) if boundary else None,
                        trust=draw(_policies(trust=True)) if kind == "role" else None,
                        tags={"team": draw(some.sampled_from(["app", "ops"]))},
                    )
                )
        scp = draw(some.one_of(some.none(), _policies()))
        accounts[account] = Account(account, tuple(identities), scps=((Named("scp", scp),),) if scp else None)
    return Organization(accounts)


def _decided(land: Landscape, number: int, action: str, target: str, trust: Policy | None) -> bool:
    identity, account = land.identities[number], target.split(":")[4]
    caller = Caller("user", identity.account, identity.arn)
    if identity.kind == "role":
        session = f"arn:aws:sts::{identity.account}:assumed-role/{identity.name}/probe"
        caller = Caller("role-session", identity.account, session, identity.arn)
    context = {**land.asker(number).known, "aws:resourceaccount": (account,)}
    levels = land.organization.accounts[identity.account].scps or ()
    return evaluate(
        Request(caller, action, target, account, context),
        identity=[named.policy for named in identity.policies],
        boundary=identity.boundary.policy if identity.boundary else None,
        resource_policy=trust,
        scps=[[named.policy for named in level] for level in levels],
    ).allowed


@settings(max_examples=150, deadline=None)
@given(_organizations())
def test_who_may_write_and_assume_which_role_is_what_the_evaluator_says(organization: Organization) -> None:
    land = Landscape(organization, all_paths(), ())
    trusts = Trusts(land)
    for number, standing in enumerate(land.standings):
        asker = land.asker(number)
        writes = standing.may("iam:putrolepolicy", asker)
        assumes = trusts.open_to(number, standing, asker)
        assert (writes.sure, assumes.sure) == (writes.possible, assumes.possible)
        for role in ROLES:
            at = land.place[role]
            held = organization.identity(role)
            if role.split(":")[4] == land.identities[number].account:
                expected = _decided(land, number, "iam:PutRolePolicy", role, None)
                assert bool(writes.sure >> at & 1) == expected, (land.identities[number].arn, role)
            expected = _decided(land, number, "sts:AssumeRole", role, held.trust if held else None)
            assert bool(assumes.sure >> at & 1) == expected, (land.identities[number].arn, role)


@settings(max_examples=60, deadline=None)
@given(_organizations(), _policies(), some.integers(0, 5))
def test_one_deny_more_leads_nobody_further(organization: Organization, extra: Policy, which: int) -> None:
    denials = [dict(s.raw) for s in extra.statements if s.effect == "Deny"]
    if not denials:
        return
    denial = Named("extra", parse({"Version": "2012-10-17", "Statement": denials}))
    accounts = {}
    at = 0
    for account in organization.accounts.values():
        listed = []
        for identity in account.identities:
            more = (denial,) if at == which else ()
            listed.append(
                Identity(
                    *(identity.kind, identity.arn, identity.account, identity.name, "", (*identity.policies, *more)),
                    *(identity.boundary, identity.trust, identity.groups, identity.profiles, identity.tags),
                )
            )
            at += 1
        accounts[account.id] = Account(account.id, tuple(listed), scps=account.scps)
    before = {one.principal for one in Escalation(organization).to("admin")}
    after = {one.principal for one in Escalation(Organization(accounts)).to("admin")}
    assert after <= before

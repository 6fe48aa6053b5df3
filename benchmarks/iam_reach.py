"""The escalation graph at three sizes: building it and asking who gets to everything, in seconds of one core.

The organisation is made from a seed: ten accounts or fewer, trusts in accounts and across them, a few managed policies
that many share, an inline policy for each role, boundaries, a service control policy, functions and instances.
"""

import sys
from collections.abc import Iterator
from random import Random
from time import process_time
from typing import Any

from stanch.iam.escalation.reach import Escalation
from stanch.iam.organization import Account, Identity, Named, Organization, Resource
from stanch.iam.policy import Policy, parse

SIZES = (500, 2_000, 10_000)
CEILINGS = {500: 1.0, 10_000: 20.0}
"""Seconds that the graph may take, by the number of roles."""

_SERVICES = ("ec2", "lambda", "ecs-tasks", "glue", "codebuild", "sagemaker", "cloudformation")
_INLINE: tuple[tuple[float, Any, str], ...] = (
    (0.30, ["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::bucket-{n}/*"),
    (0.15, ["sqs:*", "sns:Publish"], "*"),
    (0.15, ["dynamodb:*"], "arn:aws:dynamodb:*:{account}:table/table-{n}"),
    (0.12, "sts:AssumeRole", "arn:aws:iam::{other}:role/role-{pick}"),
    (0.06, ["iam:PassRole", "lambda:*"], "*"),
    (0.04, ["iam:PassRole", "ec2:RunInstances"], "*"),
    (0.04, "ssm:SendCommand", "*"),
    (0.03, "lambda:UpdateFunctionCode", "arn:aws:lambda:*:{account}:function:function-{n}*"),
    (0.03, "iam:CreateAccessKey", "arn:aws:iam::{account}:user/user-{n}"),
    (0.02, "iam:PutRolePolicy", "arn:aws:iam::{account}:role/role-{pick}"),
    (0.02, "sts:AssumeRole", "*"),
    (0.02, ["iam:PassRole", "glue:*", "codebuild:*"], "arn:aws:iam::{account}:role/role-{n}*"),
    (0.02, "iam:*", "arn:aws:iam::{account}:user/${{aws:username}}"),
)
_MANAGED = {
    "AdministratorAccess": ("*", "*"),
    "ReadOnlyAccess": (["s3:Get*", "s3:List*", "ec2:Describe*", "iam:Get*", "iam:List*", "lambda:Get*"], "*"),
    "AmazonSSMManagedInstanceCore": (["ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*"], "*"),
}


def organization(roles: int, seed: int = 7) -> Organization:
    """So many roles, and a tenth as many users, the same for the same seed."""
    random = Random(seed)
    accounts = [f"{111_100_000_000 + at}" for at in range(max(1, min(10, roles // 100)))]
    names = {account: [f"role-{at}" for at in range(at, roles, len(accounts))] for at, account in enumerate(accounts)}
    managed = {f"arn:aws:iam::aws:policy/{name}": _policy(_allow(*grant)) for name, grant in _MANAGED.items()}
    built, resources = {}, []
    for account in accounts:
        identities = tuple(_identities(random, account, accounts, names, managed))
        scp = Named("guard-rails", _policy(_allow("*", "*"), _deny("organizations:LeaveOrganization", "*")))
        built[account] = Account(account, identities, managed=managed, scps=((scp,), (scp,)))
        resources += list(_running(random, account, identities))
    return Organization(built, resources=tuple(resources))


def _identities(
    random: Random, account: str, accounts: list[str], names: dict[str, list[str]], managed: dict[str, Policy]
) -> Iterator[Identity]:
    root, boundary = f"arn:aws:iam::{account}", Named("boundary", _policy(_allow(["s3:*", "sqs:*", "lambda:*"], "*")))
    attached = [Named(arn, policy) for arn, policy in managed.items()]
    for at, name in enumerate(names[account]):
        inline = Named(f"role/{name}:inline", _policy(_inline(random, at, account, accounts, names)))
        more = attached[:1] if random.random() < 0.01 else [random.choice(attached[1:])]
        yield Identity(
            *("role", f"{root}:role/{name}", account, name, f"AROA{at}", (inline, *more)),
            boundary=boundary if random.random() < 0.1 else None,
            trust=_policy(_trust(random, account, accounts, names)),
            profiles=(f"{root}:instance-profile/{name}",) if random.random() < 0.3 else (),
        )
    for at in range(len(names[account]) // 10):
        inline = Named(f"user/user-{at}:inline", _policy(_inline(random, at, account, accounts, names)))
        yield Identity("user", f"{root}:user/user-{at}", account, f"user-{at}", f"AIDA{at}", (inline,))


def _inline(random: Random, at: int, account: str, accounts: list[str], names: dict[str, list[str]]) -> dict[str, Any]:
    _, action, resource = random.choices(_INLINE, [weight for weight, *_ in _INLINE])[0]
    other = random.choice(accounts)
    pick = random.choice(names[other]).removeprefix("role-")
    return _allow(action, resource.format(n=at, account=account, other=other, pick=pick))


def _trust(random: Random, account: str, accounts: list[str], names: dict[str, list[str]]) -> dict[str, Any]:
    kind = random.random()
    if kind < 0.5:
        who: dict[str, Any] = {"Service": f"{random.choice(_SERVICES)}.amazonaws.com"}
    elif kind < 0.75:
        who = {"AWS": f"arn:aws:iam::{account}:root"}
    else:
        other = random.choice(accounts)
        who = {"AWS": f"arn:aws:iam::{other}:role/{random.choice(names[other])}"}
    return {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}


def _running(random: Random, account: str, identities: tuple[Identity, ...]) -> Iterator[Resource]:
    for at, identity in enumerate(identities):
        trusted = identity.trust.statements[0].principals if identity.trust else None
        service = trusted[0].value.partition(".")[0] if trusted and trusted[0].kind == "Service" else ""
        if service == "lambda":
            arn = f"arn:aws:lambda:eu-central-1:{account}:function:function-{at}"
            yield Resource(arn, "lambda", "function", account, (identity.arn,))
        elif service == "ec2" and random.random() < 0.5:
            arn = f"arn:aws:ec2:eu-central-1:{account}:instance/i-{at:017x}"
            yield Resource(arn, "ec2", "instance", account, (identity.arn,))


def _policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: Any, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _deny(action: Any, resource: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def main(sizes: tuple[int, ...] = SIZES) -> int:
    """Print one line a size; 1 when a ceiling is broken."""
    failed = 0
    for roles in sizes:
        subject = organization(roles)
        started = process_time()
        escalation = Escalation(subject)
        built = process_time() - started
        found = list(escalation.to("admin"))
        spent = process_time() - started
        edges = sum(map(len, escalation.graph.edges))
        print(
            f"{roles:>6} roles: {spent:6.2f} s ({built:.2f} s the graph), {len(escalation.graph.nodes)} nodes,"
            f" {edges} edges, {len(found)} of {len(escalation.land.identities)} get to admin"
        )
        failed += spent > CEILINGS.get(roles, float("inf"))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:])) or SIZES))

"""Who can read, write, list and delete in a thousand buckets, asked of ten thousand roles at once.

Run as `python -m benchmarks.iam_asking`. The organisation is made up from a seed: shared managed policies, inline ones
with tags and addresses, boundaries, service control policies, bucket policies. Peer: IAMSpy (z3), 6.6 s for one
question over 200 roles. Floor: a set operation on ten thousand bits for each question and each of its layers.
"""

import argparse
import gc
import json
import random
import resource
import sys
import time
from typing import Any

from benchmarks.figures import Table
from stanch.iam import Caller, Request, evaluate, parse
from stanch.iam.ask import Asker
from stanch.iam.organization import Account, Identity, Named, Organization, Resource

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject")
ORG = "o-a1b2c3d4e5"
TEAMS = tuple(f"team-{at}" for at in range(40))
ROLES_PER_ACCOUNT = 500
SAMPLE = 60_000
SEED = 20_261_123

Document = dict[str, Any]


def document(*statements: Document) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Any, resources: Any, **more: Any) -> Document:
    """An Allow."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any, **more: Any) -> Document:
    """A Deny."""
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **more}


class Made:
    """An organisation made up from a seed."""

    def __init__(self, roles: int, buckets: int, seed: int = SEED) -> None:
        self._chance = random.Random(seed)
        self.accounts = [f"{at:012d}" for at in range(100_000_000_001, 100_000_000_002 + (roles - 1) // 500)]
        self.buckets = [f"{self._chance.choice(TEAMS)}-data-{at:05d}" for at in range(buckets)]
        self._managed = [Named(f"managed/{at}", parse(self._managed_document(at))) for at in range(40)]
        self._fences = [
            Named("boundary/storage", parse(document(allow(["s3:*", "logs:*", "kms:*"], "*")))),
            Named("boundary/reading", parse(document(allow("s3:Get*", "*"), allow("s3:List*", "arn:aws:s3:::team*")))),
        ]
        self._organization = self._make(roles)

    @property
    def organization(self) -> Organization:
        """What was made."""
        return self._organization

    def objects(self) -> list[str]:
        """One object of each bucket."""
        return [f"arn:aws:s3:::{bucket}/part-00001.parquet" for bucket in self.buckets]

    def _make(self, roles: int) -> Organization:
        full = Named("FullAWSAccess", parse(document(allow("*", "*"))))
        guard = Named("guard", parse(document(
            deny("*", "*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": ORG}}),
            deny("s3:Delete*", "*", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ops/*"}}),
        )))  # fmt: skip
        members: dict[str, list[Identity]] = {account: [] for account in self.accounts}
        for at in range(roles):
            account = self.accounts[at % len(self.accounts)]
            members[account].append(self._role(at, account))
        return Organization(
            {a: Account(a, tuple(m), scps=((full,), (full, guard)) if i else None) for i, (a, m) in
             enumerate(members.items())},
            {f"arn:aws:s3:::{bucket}": parse(self._bucket_policy(bucket)) for bucket in self.buckets[::2]},
            tuple(Resource(f"arn:aws:s3:::{bucket}", "s3", "bucket", self._chance.choice(self.accounts))
                  for bucket in self.buckets),
            id=ORG,
        )  # fmt: skip

    def _role(self, at: int, account: str) -> Identity:
        chance, name = self._chance, f"role-{at:05d}"
        path = chance.choice(["app", "app", "app", "ops"])
        own = [Named(f"role/{name}:own", parse(self._inline_document(at)))] if chance.random() < 0.7 else []
        return Identity(
            "role", f"arn:aws:iam::{account}:role/{path}/{name}", account, name,
            policies=(*chance.sample(self._managed, chance.randint(1, 4)), *own),
            boundary=chance.choice(self._fences) if chance.random() < 0.2 else None,
            trust=parse(document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                  "Action": "sts:AssumeRole"})),
            tags={"team": chance.choice(TEAMS)},
        )  # fmt: skip

    def _managed_document(self, at: int) -> Document:
        team = TEAMS[at % len(TEAMS)]
        return self._chance.choice([
            document(allow(["s3:GetObject", "s3:ListBucket"], [f"arn:aws:s3:::{team}-*", f"arn:aws:s3:::{team}-*/*"])),
            document(allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}-*")),
            document(allow("s3:Get*", "*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
            document(allow(["ec2:*", "logs:*"], "*"), deny("s3:Delete*", "*")),
            document({"Effect": "Allow", "NotAction": ["iam:*", "s3:Put*"], "Resource": f"arn:aws:s3:::*-data-{at}*"}),
            document(allow("sqs:*", "*"), allow("kms:Decrypt", "*")),
        ])  # fmt: skip

    def _inline_document(self, at: int) -> Document:
        bucket = self._chance.choice(self.buckets)
        return document(
            allow(["s3:GetObject", "s3:PutObject"], [f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::scratch-{at}/*"]),
            allow("logs:PutLogEvents", f"arn:aws:logs:eu-central-1:*:log-group:/app/{at}:*"),
        )

    def _bucket_policy(self, bucket: str) -> Document:
        chance, both = self._chance, [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        plain = deny("s3:*", both, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
        account, at = chance.choice(self.accounts), chance.randrange(1000)
        return document(plain, *chance.sample([
            allow("s3:GetObject", both, Principal={"AWS": f"arn:aws:iam::{account}:root"}),
            allow("s3:Get*", both, Principal={"AWS": f"arn:aws:iam::{self.accounts[0]}:role/app/role-{at:05d}"}),
            allow("s3:*", both, Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORG}}),
            deny("s3:Put*", both, Principal="*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
            allow("s3:PutObject", both, Principal="*",
                  Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/ops/*"}}),
        ], 2))  # fmt: skip


def measure(roles: int, buckets: int) -> dict[str, Any]:
    """Make, ask and count; seconds are of the processor."""
    made = Made(roles, buckets)
    gc.collect()
    gc.freeze()
    start = time.process_time()
    asker = Asker(made.organization)
    indexed = time.process_time()
    objects = made.objects()
    must = may = 0
    for action in ACTIONS:
        for arn in objects:
            found = asker.who_can(action, arn).found
            must += found.sure.bit_count()
            may += (found.maybe & ~found.sure).bit_count()
    end = time.process_time()
    floor = _floor(roles, len(objects) * len(ACTIONS))
    return {
        "roles": roles, "buckets": buckets, "decisions": roles * buckets * len(ACTIONS),
        "seconds": round(end - start, 3), "index_seconds": round(indexed - start, 3), "floor_seconds": round(floor, 3),
        "must": must, "may": may,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def _floor(roles: int, questions: int) -> float:
    """What only uniting and cutting the sets would take: a dozen operations for each question."""
    one, other = (1 << roles) - 1, (1 << (roles - 1)) - 1
    start = time.process_time()
    for _ in range(questions * 12):
        _ = one & other
    return time.process_time() - start


def differing(made: Made, sample: int) -> list[tuple[str, str, str]]:
    """The decisions of a sample, half of them of callers who may, on which the plain evaluator has another opinion."""
    asker, chance = Asker(made.organization), random.Random(SEED + 1)
    identities, objects = asker.callers.identities, made.objects()
    wrong: list[tuple[str, str, str]] = []
    for _ in range(sample // 20):
        action, arn = chance.choice(ACTIONS), chance.choice(objects)
        answers = asker.who_can(action, arn)
        sure, maybe = answers.found
        letting = [at for at in chance.sample(range(len(identities)), min(500, len(identities))) if maybe >> at & 1]
        for at in [*letting[:10], *chance.sample(range(len(identities)), 20)][:20]:
            told = "Allowed" if sure >> at & 1 else "Unknown" if maybe >> at & 1 else "Denied"
            if told != plainly(made.organization, identities[at], action, arn):
                wrong.append((identities[at].arn, action, arn))
    return wrong


def plainly(organization: Organization, one: Identity, action: str, arn: str) -> str:
    """The plain evaluator's answer for one caller."""
    bucket = arn.partition("/")[0]
    owner = next(each.account for each in organization.resources if each.arn == bucket)
    session = f"arn:aws:sts::{one.account}:assumed-role/{one.name}/*"
    context = {
        "aws:PrincipalArn": (one.arn,),
        "aws:PrincipalOrgID": (ORG,),
        "aws:SecureTransport": ("true",),
        "aws:PrincipalTag/team": (one.tags["team"],),
    }
    caller = Caller("role-session", one.account, session, one.arn)
    result = evaluate(
        Request(caller, action, arn, owner, context, frozenset("*")),
        identity=one.policies,
        boundary=one.boundary,
        resource_policy=organization.resource_policies.get(bucket),
        scps=organization.accounts[one.account].scps or (),
    ).result
    return result if result in ("Allowed", "Unknown") else "Denied"


def main() -> None:
    """Print the figures at three sizes, and the comparison with the plain evaluator."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--sizes", type=int, nargs="*", default=[1_000, 3_000, 10_000])
    asked.add_argument("--buckets", type=int, default=1_000)
    asked.add_argument("--sample", type=int, default=SAMPLE)
    asked.add_argument("--format", choices=["table", "json"], default="table")
    given = asked.parse_args()
    heads = ("roles", "decisions", "seconds", "of them indexing", "floor", "must", "may", "peak MB")
    table = Table(f"who-can: {len(ACTIONS)} actions x {given.buckets} buckets", heads)
    for size in given.sizes:
        one = measure(size, given.buckets)
        keys = ("roles", "decisions", "seconds", "index_seconds", "floor_seconds", "must", "may", "peak_mb")
        table.rows.append([f"{one[key]:,}" for key in keys])
        if given.format == "json":
            print(json.dumps({"figure": "iam-asking", **one}))
    wrong = differing(Made(max(given.sizes), given.buckets), given.sample)
    if given.format == "json":
        print(json.dumps({"figure": "iam-asking-compared", "sample": given.sample, "differing": len(wrong)}))
    else:
        print(table.text())
        print(f"  compared with the plain evaluator: {given.sample:,} decisions, {len(wrong)} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

"""An administrator may do nearly everything, or may give himself the permission to.

A grant under a condition on the caller or the moment (MFA, address, time) counts: it is a grant to whoever meets it.
A grant limited by tags or other properties of the resource does not; nor does a Deny that only sometimes fires.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.iam.accounts import is_account
from stanch.iam.conditions import holds
from stanch.iam.matching import names_action, names_resource
from stanch.iam.policy import Condition, Policy, Statement
from stanch.iam.variables import Context
from stanch.iam.ways import BREADTH, BY_ASSUMING_ROLES, BY_PASSING_ROLES, BY_WRITING_IAM, Way

NEARLY_EVERYTHING = 0.75
"""Share of the sampled services. Whoever has these and writes IAM gains the rest, so a few exceptions hide nobody."""

_ANY_ACCOUNT = "0" * 12
_PLACES_TRIED = 4  # partitions and accounts that the policy's own ARNs name
_ABOUT_CALLER_OR_MOMENT = (
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principal",
    "aws:referer",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
)


@dataclass(frozen=True, slots=True)
class _Place:
    partition: str
    account: str

    def arn(self, rest: str) -> str:
        return f"arn:{self.partition}:{rest.format(account=self.account)}"


def is_admin(policy: Policy) -> bool:
    """Tell whether an identity policy amounts to `*` on `*`, by whatever combination of its statements."""
    reader = _Reader(policy)
    return any(_is_admin_at(place, reader) for place in _places(policy))


def escalates(policy: Policy) -> tuple[str, ...]:
    """The known ways from an identity policy to any permission, each as the actions it takes; () when there is none.

    A way counts when its actions are allowed on resources of any name: `iam:*`, `sts:AssumeRole` on `*`,
    `iam:PassRole` with `ec2:RunInstances`. A way open on a few named resources is a question to the account's graph.
    """
    reader, places = _Reader(policy), _places(policy)
    ways = (*BY_WRITING_IAM, *BY_ASSUMING_ROLES, *BY_PASSING_ROLES)
    return tuple(str(way) for way in ways if any(_is_open(way, place, reader) for place in places))


class _Reader:
    """An identity policy, each action looked up in it once."""

    def __init__(self, policy: Policy) -> None:
        # A Deny that only sometimes fires stops nobody for good; a statement with a principal is no identity policy's.
        self._statements = [
            statement
            for statement in policy.statements
            if (statement.effect == "Allow" or not statement.conditions)
            and statement.principals is None
            and statement.not_principals is None
        ]
        self._about: dict[str, list[Statement]] = {}

    def grants(self, action: str, resource: str, context: Context) -> bool:
        if action not in self._about:
            self._about[action] = [s for s in self._statements if names_action(s, action)]
        allowed = False
        for statement in self._about[action]:
            if names_resource(statement, resource, context):
                if statement.effect == "Deny":
                    return False
                allowed = allowed or not any(_limits(c, statement, context) for c in statement.conditions)
        return allowed


def _is_admin_at(place: _Place, reader: _Reader) -> bool:
    if not any(_is_open(way, place, reader) for way in BY_WRITING_IAM):
        return False
    granted = sum(reader.grants(action, place.arn(where), {}) for action, where in BREADTH)
    return granted >= NEARLY_EVERYTHING * len(BREADTH)


def _is_open(way: Way, place: _Place, reader: _Reader) -> bool:
    context = {"iam:passedtoservice": (way.passed_to,)} if way.passed_to else {}
    return all(reader.grants(action, place.arn(where), context) for action, where in way.needs)


def _limits(condition: Condition, statement: Statement, context: Context) -> bool:
    """Whether a condition on an Allow keeps it from being general."""
    key = condition.key.lower()
    if key in context:
        return not holds(condition, context, variables=statement.variables)
    if key.startswith(_ABOUT_CALLER_OR_MOMENT):
        return False
    return not holds(condition, {}, variables=statement.variables)  # what an absent key satisfies excludes little


def _places(policy: Policy) -> list[_Place]:
    """Where to try: the partitions and accounts in the policy's own ARNs, or any when it names none."""
    found = dict.fromkeys(_named_places(policy))
    return list(found)[:_PLACES_TRIED] or [_Place("aws", _ANY_ACCOUNT)]


def _named_places(policy: Policy) -> Iterator[_Place]:
    for statement in policy.statements:
        for pattern in statement.resources or ():
            scheme, *parts = pattern.split(":", 5)
            if scheme == "arn" and parts:
                fixed = parts[0].replace("-", "").isalnum()
                account = parts[3] if len(parts) > 3 and is_account(parts[3]) else _ANY_ACCOUNT
                yield _Place(parts[0] if fixed else "aws", account)

"""A thief who is locked out has often left a second key under the mat: a user, a key, a role made while he was in.

Reads: the account's IAM, once AWS has become consistent. Changes nothing.
Blind to: what carries no date (an edited trust, an attached or inline policy), and other services' ways in.
"""

from datetime import UTC, datetime, timedelta

from stanch.catalog.actions._strangers import Ours
from stanch.catalog.actions.iam import _deny, _leavings
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("role", "user")
PHASE = Phase.SEAL
AFFECTS = Affects.NOBODY
PERMISSIONS = (
    "iam:GetRole",
    "iam:GetUser",
    "iam:GetAccountAuthorizationDetails",
    "iam:ListAccessKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:GetLoginProfile",
    "iam:ListVirtualMFADevices",
    "iam:ListSAMLProviders",
    "iam:ListOpenIDConnectProviders",
    "iam:GetOpenIDConnectProvider",
)

CONSISTENT_SECONDS = 11
"""IAM shows what was made a moment ago within ten seconds."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Since the incident's first event; where a person named the principal and nobody knows since when, from now on."""
    kind = resource.kind.capitalize()
    arn = str(aws.call("iam", f"Get{kind}", **{f"{kind}Name": resource.name})[kind]["Arn"])
    since, ours = _whole_second(case), Ours.of(case.perimeter, aws.account)
    callers = {_leavings.account_of(actor) for actor in case.actors}
    return Plan(
        resource=arn,
        before={},
        calls=(
            f"look, {CONSISTENT_SECONDS} s after the last change, for what was made in IAM since {since:{_TIME}}",
            "iam:GetAccountAuthorizationDetails: users, groups, roles, versions of policies",
            "iam:ListAccessKeys, ListServiceSpecificCredentials, GetLoginProfile, ListVirtualMFADevices: of its users",
            "iam:ListSAMLProviders, ListOpenIDConnectProviders, GetOpenIDConnectProvider",
        ),
        undo="nothing to undo: it only looks",
        settings={
            "since": f"{since:{_TIME}}",
            "deny": _deny.of_user(case.incident),
            "ours": ours.to_json(),
            "callers": sorted(account for account in callers if account and not ours.holds(account)),
        },
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: it changes nothing."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Nothing is changed; the look is the proof."""
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """No way in is younger than the incident, and no role trusts an outside account of its callers."""
    wait(CONSISTENT_SECONDS)
    since = datetime.strptime(step.settings["since"], _TIME).replace(tzinfo=UTC)
    account = _leavings.Account.read(aws)
    denied = account.denied(step.settings["deny"])
    new = list(_leavings.doors(account, Ours.read(step.settings["ours"]), step.settings["callers"]))
    told: list[str] = []
    for sign in _leavings.signs(aws, account, step.resource, since):
        if sign.made < since:
            continue
        what = f"{sign.what}, made {sign.made:{_TIME}}"
        if sign.arn == step.resource:
            told.append(f"what was contained is itself new: {what}")
        elif sign.closed or sign.user in denied:
            told.append(f"new, but no way in any more: {what}")
        else:
            new.append(what)
    return Proof(not new, Method.STATE, (*new, *told, *_bounds(account, step.settings["since"])))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing was changed."""


def _bounds(account: _leavings.Account, since: str) -> tuple[str, ...]:
    """What was looked at, and what could not be."""
    unseen = len(account.users) - _leavings.MOST_USERS
    return (
        f"looked at {len(account.users)} users and {len(account.roles)} roles for what was made since {since}",
        "not knowable: when a trust was edited, a policy attached, its default version set or an inline policy written",
        *((f"NOT looked at: the access keys of {unseen} more users",) if unseen > 0 else ()),
    )


def _whole_second(case: Case) -> datetime:
    """IAM's dates are whole seconds: the incident's first one counts, that of a plan without an incident does not."""
    if case.since is not None:
        return case.since.astimezone(UTC).replace(microsecond=0)
    return case.now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)

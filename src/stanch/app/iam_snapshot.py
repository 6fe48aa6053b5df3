"""What a snapshot tells of who may do what, as the one document that such questions are answered from.

What the snapshot could not see becomes a policy that may allow and may deny anything: an answer then hangs on it, and
is never a no.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stanch.app.iam_levels import levels
from stanch.app.iam_unseen import unknown_policy
from stanch.contracts.collector import Unknown, unseen
from stanch.iam.accounts import is_account, read_arn
from stanch.iam.exposure import SERVICES
from stanch.iam.organization import Organization
from stanch.iam.reading import FactsError, read_organization

if TYPE_CHECKING:
    from stanch.contracts.collector import Place
    from stanch.estate.snapshot import Snapshot

DETAILS = {
    "iam/user": "UserDetailList",
    "iam/group": "GroupDetailList",
    "iam/role": "RoleDetailList",
    "iam/policy": "Policies",
}
POLICIES = ("Policy", "ResourcePolicy")
"""The keys under which collectors put the policy of a thing."""

_RUN_WITH_ROLES = {
    "ec2:instance": ("ec2/hosts", ("ec2:DescribeInstances",)),
    "lambda:function": ("functions", ("lambda:ListFunctions",)),
    "sagemaker:notebook-instance": ("sagemaker", ("sagemaker:ListNotebook", "sagemaker:DescribeNotebook")),
}
"""Sorts of things of which a snapshot has all: by which collector, and the calls that must not have failed."""
_WHO = ("iam/", "organizations/", "sts/", "sso/")
_RUNS_NOTHING = ("s3/",)
"""Kinds that name roles, as a bucket does the one that replicates it, and run nothing of anybody's making."""
_DECIDE = ("iam:GetAccountAuthorizationDetails", "sts:AssumeRole", "ec2:DescribeInstances", "lambda:ListFunctions")
MALFORMED = "Malformed"
"""The code of a gap in what AWS did tell: it is no policy, or no line of IAM's, as stanch knows them."""
_IDENTITIES = "iam:GetAccountAuthorizationDetails"
_LINE = re.compile(r"accounts\.(?P<account>\d{12})\.(?P<list>[A-Za-z]+)\[(?P<at>\d+)\]")
_OF_RESOURCE = re.compile(r"resource_policies\.(?P<arn>arn:[^ ]*?)(?=\.Statement|\.Version|$)")
_POLICIED = frozenset(SERVICES) - {"iam", "vpce"}


def document_of(snapshot: "Snapshot", about: Sequence[str] = ()) -> dict[str, Any]:
    """The document that `read_organization` takes; `about` are ARNs that will be asked for.

    An ARN that is asked for and that the snapshot does not have has a policy that nobody saw.
    """
    accounts: dict[str, dict[str, Any]] = {
        account: {**{name: [] for name in DETAILS.values()}, "resources": [], "resource_policies": {}}
        for account in snapshot.accounts
        if is_account(account)
    }
    for place in snapshot.places:
        if place.account in accounts:
            _put(accounts[place.account], place)
    known = {place.thing.arn for place in snapshot.places}
    absent = {arn: unknown_policy(arn, principal=True) for arn in map(_whole, about) if _has_policy(arn, known)}
    return {"accounts": accounts, "resource_policies": absent, **levels(snapshot)}


def told(snapshot: "Snapshot") -> frozenset[str]:
    """The sorts of things of which the snapshot has all, in the regions that it looked at."""
    return frozenset(sort for sort, (who, calls) in _RUN_WITH_ROLES.items() if _is_whole(snapshot, who, calls))


def gaps(snapshot: "Snapshot") -> Iterator[Unknown]:
    """What was not seen and decides who may do what."""
    for account in snapshot.accounts:
        for who in ("iam", "organizations"):
            if is_account(account) and (account, None, who) not in snapshot.looked:
                yield Unknown(who, "NotLookedAt", None, account, f"no collector looked at {who}")
    for unknown in snapshot.unknowns:
        service, _, name = unknown.operation.partition(":")
        policies = service != "iam" and ("Policy" in name or (service in _POLICIED and name.startswith("List")))
        if policies or service == "organizations" or unknown.operation in _DECIDE or unknown.of in ("iam", "account"):
            yield unknown


def organization_of(snapshot: "Snapshot", about: Sequence[str] = ()) -> tuple[Organization, tuple[Unknown, ...]]:
    """The organisation that a snapshot tells of, and each part of it that cannot be read: what that says is unknown.

    Raises FactsError where nothing can be read at all.
    """
    document = document_of(snapshot, about)
    faults: dict[str, FactsError] = {}

    def note(fault: FactsError) -> None:
        faults.setdefault(fault.path, fault)

    organization = read_organization(document, missing="unknown", on_fault=note)
    return replace(organization, told=told(snapshot)), tuple(_spoilt(document, one) for one in faults.values())


def _spoilt(document: Mapping[str, Any], fault: FactsError) -> Unknown:
    """The gap that a part of the document is which cannot be read, by the ARN of what it is of."""
    why = str(fault).removeprefix(f"{fault.path}: ")
    line, policy = _LINE.match(fault.path), _OF_RESOURCE.search(fault.path)
    if line:
        thing = document["accounts"][line["account"]][line["list"]][int(line["at"])]
        arn, below = thing.get("Arn"), fault.path[line.end() :].lstrip(".")
        of = arn if isinstance(arn, str) else fault.path
        return Unknown(_IDENTITIES, MALFORMED, None, of, f"{below}: {why}" if below else why, line["account"])
    return Unknown("policy", MALFORMED, None, policy["arn"] if policy else fault.path, why)


def policy_of(place: "Place") -> Any:
    """The policy of a thing: an object, None where there is none, a marker where it could not be read."""
    for key in POLICIES:
        if key in place.thing.data:
            policy = place.thing.data[key]
            return policy if policy is None or isinstance(policy, Mapping) else {"$unseen": "it is no JSON object"}
    return None


def _put(account: dict[str, Any], place: "Place") -> None:
    kind, arn, data = place.thing.kind, place.thing.arn, place.thing.data
    if kind in DETAILS:
        account[DETAILS[kind]].append(data)
        return
    if kind.startswith(_WHO) or read_arn(arn) is None:
        return
    idle = kind.startswith(_RUNS_NOTHING)
    runs = {key: value for key, value in data.items() if key not in POLICIES and not idle}
    account["resources"].append({"arn": arn, "account": place.account, "of": runs})
    policy = policy_of(place)
    if policy is not None:
        seen = unknown_policy(arn, principal=True) if unseen(policy) else policy
        account["resource_policies"][arn] = {"policy": seen, "account": place.account}


def _is_whole(snapshot: "Snapshot", who: str, calls: tuple[str, ...]) -> bool:
    accounts: Iterable[str] = snapshot.accounts
    everywhere = all((account, region, who) in snapshot.looked for account in accounts for region in snapshot.regions)
    failed = any(one.operation.startswith(calls) or one.of == who for one in snapshot.unknowns)
    return bool(snapshot.regions) and everywhere and not failed


def _whole(arn: str) -> str:
    """The bucket of an object."""
    return arn.partition("/")[0] if ":s3:::" in arn else arn


def _has_policy(arn: str, known: set[str]) -> bool:
    """Whether a thing that the snapshot does not have is of a service whose things have policies."""
    parsed = read_arn(arn)
    if parsed is None or arn in known or "*" in arn or "?" in arn:
        return False
    return parsed.service in _POLICIED

"""One switch closes every public bucket of an account, those not yet found and those not yet made included.

Blind to: grants to named accounts, which Block Public Access ignores; buckets of other accounts.
"""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.s3 import _probe
from stanch.catalog.actions.s3._bucket import BLOCKED, Bucket, switches
from stanch.catalog.actions.s3._control import Control
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("root",)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = (
    "s3:GetAccountPublicAccessBlock",
    "s3:PutAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:ListBucket",
)

LOOKED_AT = 200
"""Buckets of which the plan says whether they are public: two calls each, before anything is closed."""

TRIED = 5
"""Public buckets that the proof tries as a stranger."""

_EVERYBODY = ("/AllUsers", "/AuthenticatedUsers")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless where all four switches are on already; refuses another account than the caller's."""
    if resource.account != aws.account:
        raise Refused(f"these credentials act in {aws.account}, not in {resource.account}: run there")
    before = {"block": _block(_control(aws))}
    if before["block"] == BLOCKED:
        raise Needless(f"Block Public Access is on for all of account {aws.account} already")
    names = sorted(str(bucket["Name"]) for bucket in aws.pages("s3", "ListBuckets", "Buckets"))
    public = [name for name in names[:LOOKED_AT] if _is_public(Bucket(aws, name, aws.account))]
    unseen = len(names) - LOOKED_AT
    return Plan(
        before=before,
        calls=(f"s3:PutAccountPublicAccessBlock on account {aws.account}: {', '.join(BLOCKED)}",),
        undo=f"s3:PutAccountPublicAccessBlock on account {aws.account}, as it was",
        breaks=(
            f"every public bucket of account {aws.account} is closed: links, websites, partners",
            "other accounts lose a public bucket as well, those too whom a public policy names",
            *(f"public now: {name}" for name in public),
            *((f"not looked at, there are too many buckets: {unseen}",) if unseen > 0 else ()),
        ),
        settings={"tried": public[:TRIED]},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"block": {four flags} | None}`."""
    return {"block": _block(_control(aws))}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call; each bucket's own configuration stays as it is."""
    control = _control(aws)
    now = _block(control)
    if now != BLOCKED and now != (step.before or {}).get("block"):
        raise Overtaken(f"somebody changed the public access block of account {aws.account} since the plan was made")
    if now != BLOCKED:
        _put(control, BLOCKED)
    settled(lambda: _block(control) == BLOCKED, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """A stranger lists and reads buckets that were public: 403 each time."""
    if not settled(lambda: _block(_control(aws)) == BLOCKED, wait):
        return Proof(False, Method.STATE, (f"the public access block of account {aws.account} is not on",))
    keys = {name: Bucket(aws, name, aws.account).some_key() for name in step.settings["tried"]}
    said: dict[str, str] = {}

    def refused() -> bool:
        for name, key in keys.items():
            answers = _probe.answers(aws.anonymous(), name, key)
            said.update({f"{what} in {name}": answer for what, answer in answers.items()})
        return _probe.refused(said) or _probe.unreachable(said)

    settled(refused, wait)
    told = tuple(f"anonymous {what}: {answer}" for what, answer in said.items())
    if _probe.unreachable(said):
        none = (f"the public access block of account {aws.account} is on; no public bucket was known to try it on",)
        return Proof(True, Method.STATE, told or none)
    return Proof(_probe.refused(said), Method.EFFECT, told)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The switches as they were, or none."""
    control, before = _control(aws), (step.before or {}).get("block")
    if _block(control) != before:
        _put(control, before)
    settled(lambda: _block(control) == before, wait)


def _control(aws: Aws) -> Control:
    return Control(aws, aws.account, aws.region)


def _block(control: Control) -> dict[str, bool] | None:
    answer = control.found("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration")
    return None if answer is None else switches(answer)


def _put(control: Control, block: dict[str, bool] | None) -> None:
    if block is None:
        control.call("DeletePublicAccessBlock")
    else:
        control.call("PutPublicAccessBlock", PublicAccessBlockConfiguration=block)


def _is_public(bucket: Bucket) -> bool:
    """Whether its policy or its ACL says so; what cannot be looked at is not known to be."""
    status = _answer(bucket, "GetBucketPolicyStatus").get("PolicyStatus") or {}
    if status.get("IsPublic"):
        return True
    grants = _answer(bucket, "GetBucketAcl").get("Grants") or ()
    return any(str(grant.get("Grantee", {}).get("URI") or "").endswith(_EVERYBODY) for grant in grants)


def _answer(bucket: Bucket, operation: str) -> dict[str, Any]:
    try:
        return bucket.call(operation)
    except AwsError:  # no policy, or not ours to see: the plan must not fail for one bucket of many
        return {}

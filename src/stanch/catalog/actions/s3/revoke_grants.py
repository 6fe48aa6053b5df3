"""S3 Access Grants hand a grantee credentials of the bucket's own role, so no bucket policy sees who is reading.

Blind to: credentials that were handed out already; they live on, up to twelve hours, as sessions of the location's
role, which the plan names. The resource policy by which another account may ask for grants is not edited.
"""

from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._control import Control
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.domain.arn import Arn, ArnError
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("bucket",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "s3:GetBucketLocation",
    "s3:ListAccessGrants",
    "s3:GetAccessGrantsLocation",
    "s3:DeleteAccessGrant",
    "s3:CreateAccessGrant",
)

_NO_INSTANCE = "AccessGrantsInstanceNotExistsError"
_THERE_ALREADY = "AccessGrantAlreadyExists"

Grant = Mapping[str, Any]


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless where no grant on the bucket is held by somebody outside the perimeter."""
    bucket = Bucket(aws, resource.resource, aws.account)
    control = Control(aws, bucket.owner, bucket.region())
    ours = Ours.of(case.perimeter, bucket.owner)
    found = {_meaning(grant): grant for grant in _strangers(control, bucket.name, ours)}
    if not found:
        raise Needless(f"no access grant on {bucket.name} is held by a stranger")
    roles = sorted({role for grant in found.values() if (role := _role(control, grant))})
    return Plan(
        before={"grants": dict.fromkeys(found, True)},
        calls=tuple(f"s3:DeleteAccessGrant: {meaning}" for meaning in found),
        undo="s3:CreateAccessGrant for each, alike but with a new id and without its tags",
        breaks=(
            *(f"{grant['Grantee']['GranteeIdentifier']} gets no new credentials" for grant in found.values()),
            *(
                f"NOT cut: credentials handed out already are sessions of {role}: revoke them (iam/revoke_sessions)"
                for role in roles
            ),
        ),
        settings={
            "owner": bucket.owner,
            "region": control.region,
            "ours": ours.to_json(),
            "grants": {meaning: _as_made(grant) for meaning, grant in found.items()},
        },
    )


def read(aws: Aws, step: Step) -> State:
    """`{"grants": {what a grant says: whether there is one}}`; a grant that is made again has another id."""
    there = set(_ids(aws, step))
    return {"grants": {meaning: meaning in there for meaning in step.settings["grants"]}}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Delete every grant that says one of these, however often it was made."""
    control = _control(aws, step)
    for meaning, ids in _ids(aws, step).items():
        for id_ in ids if meaning in step.settings["grants"] else ():
            _delete(control, id_)
    settled(lambda: not any(read(aws, step)["grants"].values()), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Look again for any grant that a stranger holds; only the grantee could try one."""
    bucket, control, ours = Bucket.of(aws, step), _control(aws, step), Ours.read(step.settings["ours"])
    left: list[str] = []

    def none_left() -> bool:
        left[:] = [_meaning(grant) for grant in _strangers(control, bucket.name, ours)]
        return not left

    if settled(none_left, wait):
        return Proof(True, Method.STATE, (f"no access grant on {bucket.name} is held by a stranger",))
    return Proof(False, Method.STATE, tuple(f"still there: {meaning}" for meaning in left))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Make the grants again, each with the location, grantee and permission that it had."""
    control, before = _control(aws, step), (step.before or {}).get("grants") or {}
    now = read(aws, step)["grants"]
    for meaning, was_there in before.items():
        if was_there and not now[meaning]:
            _create(control, step.settings["grants"][meaning])
    settled(lambda: read(aws, step)["grants"] == before, wait)


def _strangers(control: Control, bucket: str, ours: Ours) -> list[Grant]:
    return [grant for grant in _grants(control) if _covers(grant, bucket) and _held_outside(grant, ours)]


def _grants(control: Control) -> list[Grant]:
    try:
        return list(control.listed("ListAccessGrants", "AccessGrantsList"))
    except AwsError as error:
        if error.code != _NO_INSTANCE:
            raise
        return []


def _covers(grant: Grant, bucket: str) -> bool:
    """Whether a grant's scope (`s3://bucket/prefix*`, or a shorter one) and the bucket have anything in common."""
    scope, whole = str(grant.get("GrantScope") or "").removesuffix("*"), f"s3://{bucket}/"
    return scope.startswith(whole) or whole.startswith(scope)


def _held_outside(grant: Grant, ours: Ours) -> bool:
    """An IAM grantee's ARN names its account; users and groups of a directory are those of our own Identity Center."""
    grantee = grant.get("Grantee") or {}
    if grantee.get("GranteeType") != "IAM":
        return False
    try:
        return Arn.parse(str(grantee.get("GranteeIdentifier"))).account not in ours.accounts
    except ArnError:
        return True


def _meaning(grant: Grant) -> str:
    """What a grant says, whatever its id."""
    through = f" through {grant['ApplicationArn']}" if grant.get("ApplicationArn") else ""
    return f"{grant['Permission']} on {grant['GrantScope']} to {grant['Grantee']['GranteeIdentifier']}{through}"


def _as_made(grant: Grant) -> dict[str, Any]:
    """The request that makes it again."""
    kept = ("AccessGrantsLocationId", "AccessGrantsLocationConfiguration", "Grantee", "Permission", "ApplicationArn")
    made = {name: grant[name] for name in kept if grant.get(name)}
    whole_prefix = str(grant["GrantScope"]).endswith("*")
    return made if whole_prefix else {**made, "S3PrefixType": "Object"}


def _create(control: Control, made: Mapping[str, Any]) -> None:
    try:
        control.call("CreateAccessGrant", **made)
    except AwsError as error:
        if error.code != _THERE_ALREADY:
            raise


def _delete(control: Control, id_: str) -> None:
    try:
        control.call("DeleteAccessGrant", AccessGrantId=id_)
    except AwsAbsent:
        return  # somebody else was faster


def _ids(aws: Aws, step: Step) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for grant in _grants(_control(aws, step)):
        found.setdefault(_meaning(grant), []).append(str(grant["AccessGrantId"]))
    return found


def _role(control: Control, grant: Grant) -> str | None:
    """The role whose sessions the grantee holds; None where it cannot be looked at."""
    try:
        location = control.call("GetAccessGrantsLocation", AccessGrantsLocationId=grant["AccessGrantsLocationId"])
    except AwsError:
        return None
    return location.get("IAMRoleArn")


def _control(aws: Aws, step: Step) -> Control:
    return Control(aws, step.settings["owner"], step.settings["region"])

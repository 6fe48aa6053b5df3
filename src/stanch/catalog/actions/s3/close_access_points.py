"""An access point has a policy of its own, and its own Block Public Access cannot be changed once it is made.

Access points know no anonymous access, so only a signed stranger could try one: the proof is the policies read back.
Blind to: access points that other accounts made for this bucket; they reach it only as far as the bucket's policy lets
them. Multi-Region access points are told, not closed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from stanch.catalog.actions._document import same
from stanch.catalog.actions._names import short
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.catalog.actions.s3 import _marker, _policy
from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._control import Control
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step
from stanch.iam import PolicyError

APPLIES_TO = ("bucket",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "s3:GetBucketLocation",
    "s3:ListAccessPoints",
    "s3:GetAccessPointPolicy",
    "s3:PutAccessPointPolicy",
    "s3:DeleteAccessPointPolicy",
    "s3:ListMultiRegionAccessPoints",
)

_MULTI_REGION_HOME = {"aws": "us-west-2"}
"""The one region that answers for Multi-Region access points, in the one partition that has them."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless where no access point lets a stranger in; refuses where a policy cannot be read."""
    bucket = Bucket(aws, resource.resource, aws.account)
    control = Control(aws, bucket.owner, bucket.region())
    ours, sid = Ours.of(case.perimeter, bucket.owner), f"StanchClosed{short(case.incident)}"
    every = {point["Name"]: point for point in _points(control, bucket)}
    try:
        before = _open(control, every.values(), sid, ours)
    except PolicyError as error:
        raise Refused(
            f"an access point's policy on {bucket.name} cannot be read ({error}): close it by hand"
        ) from error
    arns = {name: _arn(control, every[name]) for name in before}
    closed = {
        name: _policy.closed(text, (arns[name], f"{arns[name]}/object/*"), sid, ours) for name, text in before.items()
    }
    told = _multi_region(aws, bucket)
    if not closed:
        raise Needless(f"no access point of {bucket.name} lets a stranger in{''.join(f'; {line}' for line in told)}")
    return Plan(
        before={"policies": before},
        calls=tuple(
            f"s3:PutAccessPointPolicy on {name}: {change}" for name, one in closed.items() for change in one.changes
        ),
        undo=f"s3:PutAccessPointPolicy on {', '.join(closed)}, each as it was",
        breaks=(
            *(f"everyone outside {', '.join(ours.accounts)} loses the access point {name}" for name in closed),
            *(f"cut as well, for nobody said who it is: {who}" for one in closed.values() for who in one.unplaced),
            *(f"NOT closed: {line}" for line in told),
        ),
        settings={
            "owner": bucket.owner,
            "region": control.region,
            "sid": sid,
            "closed": {name: one.text for name, one in closed.items()},
            "full": [name for name, one in closed.items() if not one.whole],
            "known": sorted(every),
            "ours": ours.to_json(),
        },
        policies={arns[name]: one.text for name, one in closed.items() if one.text is not None},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"policies": {access point: text | None}}`, of those that are closed, without what other steps of ours added."""
    return {"policies": _now(aws, step)}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Each policy by itself; all are looked at before the first is changed."""
    control, sid, wanted = _control(aws, step), step.settings["sid"], step.settings["closed"]
    _refuse_overtaken(_now(aws, step), wanted, (step.before or {}).get("policies") or {})
    for name, text in wanted.items():
        if not same(_text(control, name, sid), text):
            _put(control, name, sid, text)
    settled(lambda: _is(aws, step, wanted), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read the policies back, and look for access points that were made or opened since the plan."""
    if not settled(lambda: _is(aws, step, step.settings["closed"]), wait):
        return Proof(False, Method.STATE, ("an access point's policy is not as it was written",))
    if step.settings["full"]:
        full = ", ".join(step.settings["full"])
        return Proof(False, Method.STATE, (f"no room for the Deny in the policy of {full}: shorten it by hand",))
    points = _points(_control(aws, step), Bucket.of(aws, step))
    made = sorted({point["Name"] for point in points} - set(step.settings["known"]))
    if made:
        return Proof(False, Method.STATE, (f"made since the plan: {', '.join(made)}; plan again",))
    opened = _opened_since(aws, step, points)
    if opened:
        return Proof(False, Method.STATE, (f"{opened}; plan again",))
    closed = ", ".join(step.settings["closed"])
    return Proof(
        True, Method.STATE, (f"the policies of {closed} deny every principal outside; no other lets a stranger in",)
    )


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Each policy as it was."""
    control, sid, before = _control(aws, step), step.settings["sid"], (step.before or {}).get("policies") or {}
    for name, text in before.items():
        if not same(_text(control, name, sid), text):
            _put(control, name, sid, text)
    settled(lambda: _is(aws, step, before), wait)


def _points(control: Control, bucket: Bucket) -> list[dict[str, Any]]:
    listed = control.listed("ListAccessPoints", "AccessPointList", Bucket=bucket.name)
    return [point for point in listed if point.get("BucketAccountId") in (None, bucket.owner)]


def _open(control: Control, points: Iterable[Mapping[str, Any]], sid: str, ours: Ours) -> dict[str, str | None]:
    """The policies, by name, of the access points that let strangers in. Raises PolicyError.

    S3 binds an access point of a VPC to it for good: one of ours is not meant, whatever its policy says.
    """
    reached = (p for p in points if not ours.holds((p.get("VpcConfiguration") or {}).get("VpcId") or ""))
    texts = {str(point["Name"]): _text(control, point["Name"], sid) for point in reached}
    return {name: text for name, text in texts.items() if _policy.lets_strangers_in(text, ours)}


def _opened_since(aws: Aws, step: Step, points: Iterable[Mapping[str, Any]]) -> str:
    """In words, the access points that were harmless when it was planned and are no more; empty for none."""
    try:
        found = _open(_control(aws, step), points, step.settings["sid"], Ours.read(step.settings["ours"]))
    except PolicyError as error:
        return f"an access point's policy cannot be read ({error})"
    return f"opened since the plan: {', '.join(found)}" if found else ""


def _arn(control: Control, point: Mapping[str, Any]) -> str:
    made = Arn(control.aws.partition, "s3", control.region, control.account, f"accesspoint/{point['Name']}")
    return str(point.get("AccessPointArn") or made)


def _control(aws: Aws, step: Step) -> Control:
    return Control(aws, step.settings["owner"], step.settings["region"])


def _now(aws: Aws, step: Step) -> dict[str, str | None]:
    control, sid = _control(aws, step), step.settings["sid"]
    return {name: _text(control, name, sid) for name in step.settings["closed"]}


def _is(aws: Aws, step: Step, wanted: Mapping[str, str | None]) -> bool:
    now = _now(aws, step)
    return all(same(now[name], text) for name, text in wanted.items())


def _refuse_overtaken(
    now: Mapping[str, str | None], wanted: Mapping[str, str | None], before: Mapping[str, str | None]
) -> None:
    strays = [name for name in now if not same(now[name], wanted[name]) and not same(now[name], before.get(name))]
    if not strays:
        return
    changed = f"somebody changed the policy of {', '.join(strays)} since the plan was made"
    if any(same(now[name], wanted[name]) for name in now):
        # Others are changed already, by a first try: what they were before must stay known.
        raise AwsError("s3:PutAccessPointPolicy", "Conflict", changed)
    raise Overtaken(changed)


def _text(control: Control, name: str, sid: str) -> str | None:
    return _marker.apart(_whole_text(control, name), (sid,))[0]


def _whole_text(control: Control, name: str) -> str | None:
    answer = control.found("GetAccessPointPolicy", "NoSuchAccessPointPolicy", Name=name)
    return None if answer is None else str(answer["Policy"])


def _put(control: Control, name: str, sid: str, text: str | None) -> None:
    _, others = _marker.apart(_whole_text(control, name), (sid,))
    whole = _marker.together(text, others)
    if whole is None:
        control.call("DeleteAccessPointPolicy", Name=name)
    else:
        control.call("PutAccessPointPolicy", Name=name, Policy=whole)


def _multi_region(aws: Aws, bucket: Bucket) -> tuple[str, ...]:
    """In words, the Multi-Region access points that lead to this bucket."""
    home = _MULTI_REGION_HOME.get(aws.partition)
    if home is None:
        return ()
    try:
        found = Control(aws, bucket.owner, home).listed("ListMultiRegionAccessPoints", "AccessPoints")
    except AwsError as error:
        return (f"Multi-Region access points could not be looked at ({error.code})",)
    here = (p for p in found if any(region.get("Bucket") == bucket.name for region in p.get("Regions") or ()))
    return tuple(f"the Multi-Region access point {p['Name']} also leads to {bucket.name}" for p in here)

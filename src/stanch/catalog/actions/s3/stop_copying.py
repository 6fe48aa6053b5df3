"""A bucket that is closed to strangers may still send them everything: replication and exports push, nobody reads.

Blind to: whether a copy is under way (S3 does not say, so the proof is the configuration read back, and a second look
for any that leads outside); what EventBridge rules do with the events; S3 Batch Operations, see `s3/cancel_jobs`.
"""

from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._copying import CHANNELS, Leak, Places, notifications
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("bucket",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "s3:ListAllMyBuckets",
    "s3:GetReplicationConfiguration",
    "s3:PutReplicationConfiguration",
    "iam:PassRole",
    "s3:GetInventoryConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:GetAnalyticsConfiguration",
    "s3:PutAnalyticsConfiguration",
    "s3:GetBucketNotification",
    "s3:PutBucketNotification",
    "s3:GetBucketLogging",
    "s3:PutBucketLogging",
)

Parts = dict[str, dict[str, Any]]
"""Channel -> id of the part -> its value."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless where nothing leads outside."""
    bucket = Bucket(aws, resource.resource, aws.account)
    ours = Ours.of(case.perimeter, bucket.owner)
    found = _leaks(bucket, Places.of(aws, ours.accounts))
    bridged = notifications.goes_to_event_bridge(bucket)
    also = (f"(EventBridge gets the events of {bucket.name} too: look at the rules that send them on)",)
    if not found:
        raise Needless(f"nothing copies {bucket.name} to a stranger{f' {also[0]}' if bridged else ''}")
    leaks = [leak for parts in found.values() for leak in parts.values()]
    return Plan(
        before={channel: {id_: leak.now for id_, leak in parts.items()} for channel, parts in found.items()},
        calls=(*(leak.told for leak in leaks), *(also if bridged else ())),
        undo=f"each configuration of {bucket.name} as it was",
        breaks=(
            "whoever was meant to receive these copies no longer does",
            *(leak.after for leak in leaks if leak.after),
        ),
        settings={
            "owner": bucket.owner,
            "ours": ours.to_json(),
            "stopped": {
                channel: {id_: leak.stopped for id_, leak in parts.items()} for channel, parts in found.items()
            },
        },
    )


def read(aws: Aws, step: Step) -> State:
    """`{channel: {part: value}}` of the parts that are stopped, and of no other."""
    return _now(aws, step)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Channel by channel; all are looked at before the first is changed."""
    bucket, stopped = Bucket.of(aws, step), step.settings["stopped"]
    _refuse_overtaken(bucket, _now(aws, step), stopped, step.before or {})
    for channel, values in stopped.items():
        CHANNELS[channel].put(bucket, values)
    settled(lambda: _now(aws, step) == stopped, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back what was stopped, and look again for anything that leads outside."""
    if not settled(lambda: _now(aws, step) == step.settings["stopped"], wait):
        return Proof(False, Method.STATE, ("what copies to strangers is not stopped as it was written",))
    left = _leaks(Bucket.of(aws, step), Places.of(aws, Ours.read(step.settings["ours"]).accounts))
    if left:
        new = tuple(f"made since the plan: {leak.told}" for parts in left.values() for leak in parts.values())
        return Proof(False, Method.STATE, new)
    stopped = (f"{channel}: {', '.join(parts)} stopped" for channel, parts in step.settings["stopped"].items())
    return Proof(True, Method.STATE, (*stopped, "a second look found nothing else that leads outside"))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Each part its value; S3 may refuse a destination that is gone by now."""
    bucket, before = Bucket.of(aws, step), step.before or {}
    for channel, values in before.items():
        CHANNELS[channel].put(bucket, values)
    settled(lambda: _now(aws, step) == before, wait)


def _leaks(bucket: Bucket, places: Places) -> dict[str, Mapping[str, Leak]]:
    found = {name: channel.leaks(bucket, places) for name, channel in CHANNELS.items()}
    return {name: parts for name, parts in found.items() if parts}


def _now(aws: Aws, step: Step) -> Parts:
    bucket = Bucket.of(aws, step)
    return {name: CHANNELS[name].held(bucket, tuple(parts)) for name, parts in step.settings["stopped"].items()}


def _refuse_overtaken(bucket: Bucket, now: Parts, stopped: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    parts = [(channel, id_) for channel, values in now.items() for id_ in values]
    strays = [f"{c} {i}" for c, i in parts if now[c][i] not in (stopped[c][i], before.get(c, {}).get(i))]
    if not strays:
        return
    changed = f"somebody changed {', '.join(strays)} of {bucket.name} since the plan was made"
    if any(now[c][i] == stopped[c][i] for c, i in parts):
        # Others are stopped already, by a first try: what they were before must stay known.
        raise AwsError("s3:PutBucketReplication", "Conflict", changed)
    raise Overtaken(changed)

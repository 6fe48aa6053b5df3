"""Event notifications tell a queue, a topic or a function the key of each object within seconds of its writing.

Value of a part: its configuration, None once it is taken out.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._copying.channel import Leak
from stanch.catalog.actions.s3._copying.places import Places

_KINDS = {
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}


def leaks(bucket: Bucket, places: Places) -> Mapping[str, Leak]:
    """The notifications to queues, topics and functions of accounts that are not ours."""
    found: dict[str, Leak] = {}
    for id_, kind, one in _all(_configuration(bucket)):
        if not places.holds(one[_KINDS[kind]]):
            told = f"s3:PutBucketNotification on {bucket.name}: take out {one['Id']!r} to {one[_KINDS[kind]]}"
            found[id_] = Leak(one, None, told)
    return found


def held(bucket: Bucket, ids: Collection[str]) -> dict[str, Any]:
    """Each of these notifications."""
    there = {id_: one for id_, _, one in _all(_configuration(bucket))}
    return {id_: there.get(id_) for id_ in ids}


def put(bucket: Bucket, values: Mapping[str, Any]) -> None:
    """Take these notifications out, or put them in; S3 takes the configuration only whole."""
    found = _configuration(bucket)
    there = {id_: one for id_, _, one in _all(found)}
    if all(there.get(id_) == wanted for id_, wanted in values.items()):
        return
    changed = dict(found)
    for kind in _KINDS:
        kept = [one for id_, of, one in _all(found) if of == kind and id_ not in values]
        added = [one for id_, one in values.items() if one is not None and id_.startswith(f"{kind}/")]
        changed[kind] = [*kept, *added]
    # Of the destinations that stay, one may be broken already: that is not for containment to find out.
    bucket.call(
        "PutBucketNotificationConfiguration",
        NotificationConfiguration={kind: value for kind, value in changed.items() if value or kind not in _KINDS},
        SkipDestinationValidation=True,
    )


def goes_to_event_bridge(bucket: Bucket) -> bool:
    """Whether the account's event bus gets this bucket's events too; its rules may send them on."""
    return "EventBridgeConfiguration" in _configuration(bucket)


def _all(configuration: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind in _KINDS:
        for one in configuration.get(kind) or ():
            yield f"{kind}/{one['Id']}", kind, one


def _configuration(bucket: Bucket) -> dict[str, Any]:
    return bucket.call("GetBucketNotificationConfiguration")

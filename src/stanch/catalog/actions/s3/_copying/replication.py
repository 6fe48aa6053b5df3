"""Replication copies each new object as it is written, with the permissions of its role.

A rule is disabled, not removed. Value of a part: the rule's status.
"""

from collections.abc import Collection, Mapping
from typing import Any

from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._copying.channel import Leak
from stanch.catalog.actions.s3._copying.places import Places, told_bucket

ON, OFF = "Enabled", "Disabled"


def leaks(bucket: Bucket, places: Places) -> Mapping[str, Leak]:
    """The enabled rules whose destination is not ours."""
    return {
        rule["ID"]: _leak(bucket, rule)
        for rule in rules(bucket)
        if rule["Status"] == ON and leads_outside(rule, places)
    }


def leads_outside(rule: Mapping[str, Any], places: Places) -> bool:
    """Whether a rule's destination is not ours, enabled or not."""
    target = rule["Destination"]
    return not places.holds_bucket(target["Bucket"], target.get("Account"))


def held(bucket: Bucket, ids: Collection[str]) -> dict[str, Any]:
    """The status of each of these rules."""
    status = {rule["ID"]: rule["Status"] for rule in rules(bucket)}
    return {id_: status.get(id_) for id_ in ids}


def put(bucket: Bucket, values: Mapping[str, Any]) -> None:
    """Set the status of these rules; S3 takes the configuration only whole."""
    found = _configuration(bucket)
    if found is None:
        return
    changed = [{**rule, "Status": values.get(rule["ID"]) or rule["Status"]} for rule in found["Rules"]]
    if changed != found["Rules"]:
        bucket.call("PutBucketReplication", ReplicationConfiguration={**found, "Rules": changed})


def _leak(bucket: Bucket, rule: Mapping[str, Any]) -> Leak:
    where = told_bucket(rule["Destination"]["Bucket"], rule["Destination"].get("Account"))
    return Leak(
        now=ON,
        stopped=OFF,
        told=f"s3:PutBucketReplication on {bucket.name}: disable rule {rule['ID']!r}, which copies to {where}",
        after=f"what is written while rule {rule['ID']!r} is disabled is not copied afterwards by itself",
    )


def rules(bucket: Bucket) -> list[dict[str, Any]]:
    """All replication rules of a bucket. Raises AwsError."""
    found = _configuration(bucket)
    return list(found["Rules"]) if found else []


def _configuration(bucket: Bucket) -> dict[str, Any] | None:
    answer = bucket.found("GetBucketReplication", "ReplicationConfigurationNotFoundError")
    return answer["ReplicationConfiguration"] if answer else None

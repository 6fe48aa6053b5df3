"""A conditional write (`If-None-Match: *`) never overwrites: S3 itself refuses it where an object is already.

Looking is listing: CloudTrail knows no data event for it, so that looking after a decoy does not touch it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.s3._bucket import Bucket
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

PERMISSIONS = (
    "s3:GetBucketLocation",
    "s3:GetBucketObjectLockConfiguration",
    "s3:ListBucketVersions",
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
)

_NO_LOCK = "ObjectLockConfigurationNotFoundError"
_READERS = (
    "whoever reads all that lies here by habit (a sync, a scanner, a loader that goes by no index) sets off the alarm: "
    "declare them with purpose service, or plant beside it"
)
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


class DecoyObjects:
    """Implements `contracts.action.Action` for these objects of one bucket; `told` is kept with the step."""

    APPLIES_TO: tuple[str, ...] = ("bucket", "object")
    PHASE: Phase = Phase.DATA
    AFFECTS: Affects = Affects.NOBODY
    PERMISSIONS: tuple[str, ...] = PERMISSIONS

    def __init__(
        self, bodies: Mapping[str, bytes] | None = None, told: Mapping[str, Any] | None = None, *, begun: bool = False
    ) -> None:
        """`bodies` are the contents by key; without them what was planted can be looked at and retired.

        `begun` says that an earlier run may have written some of them already.
        """
        self._bodies = dict(bodies or {})
        self._told = dict(told or {})
        self._begun = begun

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        """Refuses a bucket that is not ours or would not let go of a decoy, and a key at which there is something."""
        bucket = Bucket(aws, resource.resource.partition("/")[0], aws.account)
        try:
            region = bucket.region()
        except AwsAbsent:
            raise Refused(f"there is no bucket {bucket.name}: make it first, or plant in another") from None
        except AwsDenied as error:
            raise Refused(
                f"bucket {bucket.name} is not of account {aws.account}, or not yours to see ({error})"
            ) from None
        _refuse_retention(bucket)
        taken = [
            key for key, found in _look(bucket, self._bodies).items() if found and not self._wrote(bucket, key, found)
        ]
        if taken:
            raise Refused(f"s3://{bucket.name}/{taken[0]} is there already and is not overwritten: plant elsewhere")
        names = [f"s3://{bucket.name}/{key}" for key in self._bodies]
        return Plan(
            before=dict.fromkeys(self._bodies),
            calls=tuple(
                f"s3:PutObject {name}, {len(body):,} bytes, only where nothing is"
                for name, body in zip(names, self._bodies.values(), strict=True)
            ),
            undo=f"s3:DeleteObject {', '.join(names)}, the version that was written",
            breaks=(
                _READERS,
                f"nothing is heard unless CloudTrail records data events of {bucket.name} in {region}",
            ),
            settings={**self._told, "owner": aws.account, "keys": list(self._bodies)},
            resource=str(Arn(resource.partition, "s3", "", "", f"{bucket.name}/{next(iter(self._bodies))}")),
        )

    def read(self, aws: Aws, step: Step) -> State:
        """`{key: {etag, bytes, version, written} | None}`."""
        return _look(_bucket(aws, step), step.settings["keys"])

    def apply(self, aws: Aws, step: Step, wait: Wait) -> Witness | None:
        """Write each object where nothing is; what an earlier run wrote is left as it is. Raises Overtaken."""
        bucket = _bucket(aws, step)
        there = _look(bucket, self._bodies)
        for key, body in self._bodies.items():
            if there[key] is not None:
                if not _is_own(bucket, key, body, there[key] or {}):
                    raise Overtaken(f"somebody wrote s3://{bucket.name}/{key} since the plan was made")
                continue
            try:
                bucket.call("PutObject", Key=key, Body=body, IfNoneMatch="*")
            except AwsError as error:
                if error.code in _TAKEN:
                    raise Overtaken(f"somebody wrote s3://{bucket.name}/{key} since the plan was made") from error
                raise
        settled(lambda: None not in _look(bucket, self._bodies).values(), wait)
        return None

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        """Each object is listed, of the size that was written."""
        found = self.read(aws, step)
        sizes = {key: len(body) for key, body in self._bodies.items()}
        told = tuple(
            f"{key}: not there" if one is None else f"{key}: {one['bytes']:,} bytes" for key, one in found.items()
        )
        holds = all(one is not None and one["bytes"] == sizes.get(key, one["bytes"]) for key, one in found.items())
        return Proof(holds, Method.STATE, told)

    def undo(self, aws: Aws, step: Step, wait: Wait) -> None:
        """Delete what was written, that very version."""
        bucket = _bucket(aws, step)
        for key, found in _look(bucket, step.settings["keys"]).items():
            if found is not None and (step.before or {}).get(key) is None:
                # Without its version (`null` where there are none) a bucket that once had versions would keep it.
                bucket.call("DeleteObject", Key=key, VersionId=found["version"])
        settled(lambda: self.read(aws, step) == step.before, wait)

    def _wrote(self, bucket: Bucket, key: str, found: Mapping[str, Any]) -> bool:
        """Whether an earlier run of ours wrote what lies at a key."""
        return self._begun and _is_own(bucket, key, self._bodies[key], found)


def _bucket(aws: Aws, step: Step) -> Bucket:
    return Bucket(aws, Arn.parse(step.resource).resource.partition("/")[0], step.settings["owner"])


def _look(bucket: Bucket, keys: Mapping[str, Any] | list[str]) -> dict[str, dict[str, Any] | None]:
    return {key: _current(bucket, key) for key in keys}


def _current(bucket: Bucket, key: str) -> dict[str, Any] | None:
    """What lies at a key now, by a listing; the exact key comes first of those that begin with it."""
    listed = bucket.call("ListObjectVersions", Prefix=key, MaxKeys=1000).get("Versions") or ()
    for version in listed:
        if version["Key"] == key and version["IsLatest"]:
            return {
                "bytes": int(version["Size"]),
                "etag": str(version["ETag"]).strip('"'),
                "version": str(version["VersionId"]),
                "written": version["LastModified"].isoformat(),
            }
    return None


def _refuse_retention(bucket: Bucket) -> None:
    lock = bucket.found("GetObjectLockConfiguration", _NO_LOCK)
    kept = ((lock or {}).get("ObjectLockConfiguration") or {}).get("Rule", {}).get("DefaultRetention")
    if kept:
        days = f"{kept['Days']} days" if kept.get("Days") else f"{kept.get('Years')} years"
        raise Refused(f"Object Lock keeps all that is written to {bucket.name} for {days}: it could not be retired")


def _is_own(bucket: Bucket, key: str, body: bytes, found: Mapping[str, Any]) -> bool:
    """Whether what lies there is what we would have written."""
    if found["etag"] == hashlib.md5(body, usedforsecurity=False).hexdigest():
        return True
    # Under a key of KMS the tag is no hash: only the content can tell, and reading it is a touch that will be told.
    return bool(found["bytes"] == len(body) and bucket.call("GetObject", Key=key)["Body"] == body)

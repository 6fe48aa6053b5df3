"""Object Lock keeps a version of an object from deletion until its time is over, whoever asks for it.

In governance mode whoever holds s3:BypassGovernanceRetention may still delete it; in compliance mode nobody may. The
bucket's own default decides which, governance where it has none.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from io import SEEK_END
from typing import Any, BinaryIO, Self

from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import EvidencePlace

PERMISSIONS = (
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:GetBucketObjectLockConfiguration",
    "s3:PutObject",
    "s3:PutObjectRetention",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectRetention",
    "kms:GenerateDataKey",
    "kms:Decrypt",
)
"""What keeping and looking at evidence needs, with a bucket that is encrypted under a key of KMS."""

_LONGEST = 700
_TAKEN = {"PreconditionFailed", "412"}


class VaultError(Exception):
    """This bucket cannot keep evidence; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One object as the bucket holds it: SHA-256 in hexadecimal as S3 itself worked it out, size in bytes.

    `mode` and `until` are of its retention, None where it has none; `sha256` is None where S3 keeps no such checksum.
    """

    key: str
    sha256: str | None
    bytes: int
    version: str | None
    mode: str | None
    until: datetime | None

    @property
    def locked(self) -> bool:
        """Whether it is under any retention at all."""
        return self.mode is not None and self.until is not None


class Vault:
    """The evidence bucket behind one door. `Vault.open` looks first whether it can keep anything.

    Whoever has looked before may say what was found: the `owner` of the bucket, its `region`, the `mode` of its locks.
    """

    def __init__(self, aws: Aws, place: EvidencePlace, owner: str, region: str, mode: str) -> None:
        self._aws = aws
        self.owner = owner
        self.region = region
        self.mode = mode
        self._always: dict[str, Any] = {"Bucket": place.bucket, "ExpectedBucketOwner": owner}
        self._key = place.key if place.key and Arn.parse(place.key).region == region else None
        self.bucket = place.bucket

    @classmethod
    def open(cls, aws: Aws, place: EvidencePlace) -> Self:
        """The bucket of this place, in our own account or that of the copies.

        Raises VaultError where it has no Object Lock or is not there, AwsError where it cannot be looked at.
        """
        if place.bucket is None:
            raise VaultError("no evidence bucket is named: set [response.evidence] bucket in stanch.toml")
        owner, region = _found(aws, place)
        try:
            answer = aws.call(
                "s3", "GetObjectLockConfiguration", region=region, Bucket=place.bucket, ExpectedBucketOwner=owner
            )
        except AwsError as error:
            if error.code != "ObjectLockConfigurationNotFoundError":
                raise
            answer = {}
        locks = answer.get("ObjectLockConfiguration") or {}
        if locks.get("ObjectLockEnabled") != "Enabled":
            raise VaultError(_without_lock(place.bucket))
        default = (locks.get("Rule") or {}).get("DefaultRetention") or {}
        return cls(aws, place, owner, region, str(default.get("Mode") or "GOVERNANCE"))

    def keep(self, key: str, body: bytes | BinaryIO, sha256: str, until: datetime) -> Kept:
        """Put it there once, locked until then; S3 refuses bytes of any other SHA-256.

        What lies there already stays, its lock prolonged if it would end earlier. Raises AwsError.
        """
        until = until.replace(microsecond=0)  # finer than S3 keeps it, it would seem too short for ever
        options: dict[str, Any] = {}
        if self._key:
            options = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._key}
        size = len(body) if isinstance(body, bytes) else _size(body)
        try:
            answer = self._call(
                "PutObject",
                Key=key,
                Body=body,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                ObjectLockMode=self.mode,
                ObjectLockRetainUntilDate=until,
                **options,
            )
        except AwsError as error:
            if error.code not in _TAKEN:
                raise
            return self._prolonged(key, sha256, until)
        return Kept(key, sha256, size, answer.get("VersionId"), self.mode, until)

    def _prolonged(self, key: str, sha256: str, until: datetime) -> Kept:
        """What lies there already, with its lock no shorter than asked; raises AwsError where it is something else."""
        kept = self.held(key)
        if kept is None or kept.sha256 != sha256:
            found = "is not there" if kept is None else f"has the SHA-256 {kept.sha256}"
            raise AwsError("s3:PutObject", "NotAsWritten", f"{key} in {self.bucket} should hold {sha256} and {found}")
        if kept.until is None or kept.until < until:
            self._call("PutObjectRetention", Key=key, Retention={"Mode": self.mode, "RetainUntilDate": until})
            kept = self.held(key) or kept
        return kept

    def held(self, key: str, version: str | None = None) -> Kept | None:
        """The object as it is there now, or one version of it; None where there is none."""
        try:
            answer = self._call("HeadObject", Key=key, ChecksumMode="ENABLED", **_version(version))
        except AwsAbsent:
            return None
        checksum = answer.get("ChecksumSHA256")
        return Kept(
            key,
            base64.b64decode(checksum).hex() if checksum else None,
            int(answer.get("ContentLength") or 0),
            answer.get("VersionId"),
            answer.get("ObjectLockMode"),
            answer.get("ObjectLockRetainUntilDate"),
        )

    def versions(self, prefix: str) -> list[tuple[str, str]]:
        """Key and version of everything under a prefix, in the order of the keys; also what a delete marker hides."""
        pages = self._aws.pages(
            "s3", "ListObjectVersions", "Versions", region=self.region, Prefix=prefix, **self._always
        )
        return [(str(entry["Key"]), str(entry["VersionId"])) for entry in pages]

    def keys(self, prefix: str) -> list[str]:
        """The keys under a prefix, each once."""
        return list(dict.fromkeys(key for key, _ in self.versions(prefix)))

    def read(self, key: str, version: str | None = None) -> bytes:
        """The whole object, or one version of it; raises AwsAbsent where there is none."""
        return bytes(self._call("GetObject", Key=key, **_version(version))["Body"])

    def _call(self, operation: str, **params: Any) -> dict[str, Any]:
        return self._aws.call("s3", operation, region=self.region, **self._always, **params)


def folder(incident: str, resource: Arn | None = None) -> str:
    """Where the evidence of an incident, or of one of its resources, lies in the bucket; ends in `/`."""
    parts = [incident]
    if resource is not None:
        parts += [resource.account, resource.region, resource.service, *re.split(r"[/:]", resource.resource)]
    # Names come out of logs: none of them may climb out of its folder when the evidence is downloaded.
    safe = [re.sub(r"[^A-Za-z0-9._-]|^\.+$", "_", part) for part in parts if part]
    path = "/".join(safe)
    if len(path) > _LONGEST:
        path = f"{path[: _LONGEST - 20]}-{hashlib.sha256(path.encode()).hexdigest()[:16]}"
    return f"{path}/"


def named(folder: str, what: str, sha256: str, suffix: str) -> str:
    """The key of one piece of evidence: its name holds its content's hash, so that nothing overwrites anything."""
    return f"{folder}{what}-{sha256[:16]}{suffix}"


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, SEEK_END)
    stream.seek(0)
    return size


def _version(version: str | None) -> dict[str, str]:
    return {"VersionId": version} if version else {}


def _found(aws: Aws, place: EvidencePlace) -> tuple[str, str]:
    """The account that owns the bucket and its region. A stranger who took its name over is none of ours."""
    owners = dict.fromkeys((aws.account, place.account or aws.account))
    denied: AwsDenied | None = None
    for owner in owners:
        try:
            answer = aws.call("s3", "HeadBucket", Bucket=place.bucket, ExpectedBucketOwner=owner)
        except AwsDenied as error:
            denied = error
        except AwsAbsent as error:
            raise VaultError(f"there is no bucket {place.bucket}: make it so: {_made(str(place.bucket))}") from error
        else:
            return owner, str(answer.get("BucketRegion") or aws.region)
    raise denied or VaultError(f"{place.bucket}: nobody to ask")


def _without_lock(bucket: str) -> str:
    return (
        f"{bucket} has no Object Lock, so evidence in it could be deleted. Switch it on: "
        f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled && "
        f"aws s3api put-object-lock-configuration --bucket {bucket} "
        "--object-lock-configuration ObjectLockEnabled=Enabled"
    )


def _made(bucket: str) -> str:
    return f"aws s3api create-bucket --bucket {bucket} --object-lock-enabled-for-bucket"

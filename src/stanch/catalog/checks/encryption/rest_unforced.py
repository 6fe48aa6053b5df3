"""With a key of your own you can take every reader's access away at once; with S3's own key nobody can.

S3 User Guide, "Using server-side encryption with AWS KMS keys": without a key of its own a bucket uses S3's, or the
account's `aws/s3`, whose policy nobody can change and which no other account may use.
"""

from collections.abc import Iterator, Mapping, Sequence

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._things import evidence, mapped, mappings
from stanch.catalog.checks.encryption._stores import Held, blind_to_buckets, bucket_name, buckets, fences, refused
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam import Policy

ABOUT = About(
    title="Nothing makes an asset be encrypted with a key of its own",
    row=Row.ENCRYPTION,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("SC-12", "SC-13", "SC-28", "SC-28(1)"),
        ISO: ("A.8.24",),
        GDPR: ("Art. 32(1)(a)",),
        NIS2: ("Art. 21(2)(h)",),
    },
)
_AT = "Encryption.Rules.0.ApplyServerSideEncryptionByDefault"
_HOW, _WHICH = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
_OTHERWISE: tuple[dict[str, tuple[str, ...]], ...] = (
    {_HOW: ("AES256",)},
    {_HOW: ("aws:kms",), _WHICH: ("the-key-of-somebody-else",)},
)
"""Requests to write with another key. Whoever denies one by the key's ARN denies what names none as well."""
_TEMPLATE = """\
Type: AWS::S3::Bucket
Properties:
  BucketEncryption:
    ServerSideEncryptionConfiguration:
      - BucketKeyEnabled: true
        ServerSideEncryptionByDefault:
          SSEAlgorithm: aws:kms
          KMSMasterKeyID: !GetAtt Key.Arn
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_buckets(posture)
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared whose key matters")
        return
    fenced = fences(posture)
    for held in buckets(posture):
        yield _judged(held, fenced)


def _judged(held: Held, fenced: Mapping[str, Sequence[Policy]]) -> Judged:
    place, assets = held
    ruling, why, severity = _ruled(held, fenced)
    failed = ruling is Ruling.FAIL
    name = bucket_name(place)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, _AT), evidence(place, "Policy")),
        way=(
            "whoever holds s3:GetObject, by whatever hole",
            f"reads {name}: no key stands between, and none can be taken away from him",
        )
        if failed
        else (),
        remedy=_remedy(name) if failed else None,
        severity=severity,
    )


def _ruled(held: Held, fenced: Mapping[str, Sequence[Policy]]) -> tuple[Ruling, str, Severity | None]:
    place, _ = held
    told = place.thing.data.get("Encryption", {"$unseen": "its default encryption"})
    if hidden := unseen(told):
        return Ruling.UNKNOWN, f"not seen: {hidden}", None
    key = own_key(told)
    if key is None:
        rules = mappings(mapped(told).get("Rules"))
        how = mapped(rules[0].get("ApplyServerSideEncryptionByDefault")).get("SSEAlgorithm") if rules else None
        what = {"aws:kms": "the key aws/s3", "AES256": "S3's own key"}.get(str(how), "S3's own key")
        return Ruling.FAIL, f"new objects are encrypted with {what}, and not with one of yours", None
    if any(refused(place, fenced, "s3:PutObject", one) for one in _OTHERWISE):
        return Ruling.PASS, f"new objects are encrypted with {key}, and others are refused", None
    if hidden := unseen(place.thing.data.get("Policy")):
        return Ruling.UNKNOWN, f"not seen: {hidden}", None
    why = f"new objects are encrypted with {key}, but whoever writes may ask for another"
    return Ruling.FAIL, why, Severity.LOW


def own_key(told: object) -> str | None:
    """The key of one's own that a bucket's default encryption names, as it names it."""
    for rule in mappings(mapped(told).get("Rules")):
        default = mapped(rule.get("ApplyServerSideEncryptionByDefault"))
        key = default.get("KMSMasterKeyID")
        if str(default.get("SSEAlgorithm")).startswith("aws:kms") and isinstance(key, str) and key:
            return None if key.endswith("alias/aws/s3") else key
    return None


def _remedy(name: str) -> Remedy:
    how = (
        '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"the-arn-of-a-key"},'
        '"BucketKeyEnabled":true}]}'
    )
    put = ("aws", "s3api", "put-bucket-encryption", "--bucket", name, "--server-side-encryption-configuration", how)
    return Remedy(
        "Encrypt with a key of your own whose policy names the readers, deny writing with another, and copy what is "
        "there over itself: default encryption is for new objects only.",
        (put, ("aws", "s3api", "put-bucket-policy", "--bucket", name, "--policy", "file://with-the-denial.json")),
        _TEMPLATE,
    )

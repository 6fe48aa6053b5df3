"""S3 answers plain HTTP too, unless a policy refuses it; what is signed is then still read by everybody on the way.

S3 User Guide, "Restrict access to only HTTPS requests". Older versions of TLS than 1.2 AWS itself refuses.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._things import evidence
from stanch.catalog.checks.encryption._stores import Held, blind_to_buckets, bucket_name, buckets, fences, refused
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam import Policy

ABOUT = About(
    title="An asset can be read over a line that anybody can listen to",
    row=Row.ENCRYPTION,
    severity=Severity.MEDIUM,
    controls={
        CIS: ("2.1.1",),
        FSBP: ("S3.5",),
        NIST: ("SC-8", "SC-8(1)", "SC-13"),
        ISO: ("A.5.14", "A.8.24"),
        GDPR: ("Art. 32(1)(a)",),
        NIS2: ("Art. 21(2)(h)",),
    },
)
_ASKED = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")
_PLAIN = {"aws:SecureTransport": ("false",)}
_TEMPLATE = """\
Type: AWS::S3::BucketPolicy
Properties:
  Bucket: {bucket}
  PolicyDocument:
    Version: "2012-10-17"
    Statement:
      - Sid: OnlyEncrypted
        Effect: Deny
        Principal: "*"
        Action: s3:*
        Resource:
          - !Sub arn:${{AWS::Partition}}:s3:::{bucket}
          - !Sub arn:${{AWS::Partition}}:s3:::{bucket}/*
        Condition:
          Bool:
            aws:SecureTransport: "false"
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_buckets(posture)
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared whose bucket must be read encrypted")
        return
    fenced = fences(posture)
    for held in buckets(posture):
        yield _judged(held, fenced)


def _judged(held: Held, fenced: Mapping[str, Sequence[Policy]]) -> Judged:
    place, assets = held
    open_ = [action for action in _ASKED if not refused(place, fenced, action, _PLAIN)]
    hidden = unseen(place.thing.data.get("Policy", {"$unseen": "its policy"}))
    ruling, why = Ruling.PASS, "what is not encrypted on its way is refused"
    if open_ and hidden:
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif open_:
        ruling, why = Ruling.FAIL, f"{', '.join(open_)} over plain HTTP is not refused"
    failed = ruling is Ruling.FAIL
    name = bucket_name(place)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, "Policy"),),
        way=(
            "whoever sits on the way: a mirror port, a hotel, a proxy",
            "waits for one client that was told http://",
            f"reads what it reads of {name}, and its signed headers",
        )
        if failed
        else (),
        remedy=Remedy(
            "Deny every request that does not come encrypted, on the bucket and its objects.",
            _commands(place),
            _TEMPLATE.format(bucket=name),
        )
        if failed
        else None,
    )


def _commands(place: Place) -> tuple[tuple[str, ...], ...]:
    """Whole where the bucket has no policy; one that is there is never written over by what a snapshot knew of it."""
    name, arn = bucket_name(place), place.thing.arn
    put = ("aws", "s3api", "put-bucket-policy", "--bucket", name, "--policy")
    if place.thing.data.get("Policy", "") is not None:
        show = ("aws", "s3api", "get-bucket-policy", "--bucket", name, "--query", "Policy", "--output", "text")
        return show, (*put, "file://with-the-denial.json")
    denial = {
        "Sid": "OnlyEncrypted",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [denial]}
    return ((*put, json.dumps(policy, separators=(",", ":"))),)

"""What lies in a region that nobody meant to use is watched by nobody either.

Reads: where each bucket, disk, snapshot, database, table, model, image and host was found.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._strangers import is_stranger
from stanch.catalog.checks._things import evidence, unlisted
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Side
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="Data lies outside the perimeter",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "CM-8", "SA-9(5)"),
        ISO: ("A.5.9", "A.5.23", "A.5.34"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(d)",),
    },
)
HOLDS_DATA = (
    "s3/bucket",
    "backup/vault",
    "bedrock/custom-model",
    "bedrock/imported-model",
    "dynamodb/table",
    "ec2/image",
    "ec2/instance",
    "ec2/snapshot",
    "ec2/volume",
    "ecr/repository",
    "lambda/function",
    "rds/db-cluster",
    "rds/db-cluster-snapshot",
    "rds/db-instance",
    "rds/db-snapshot",
    "sagemaker/endpoint",
    "sagemaker/model-package",
    "sagemaker/notebook-instance",
    "secretsmanager/secret",
    "sqs/queue",
)
_TEMPLATE = """\
Type: AWS::Organizations::Policy
Properties:
  Name: only-our-regions
  Type: SERVICE_CONTROL_POLICY
  Content:
    Version: "2012-10-17"
    Statement:
      - Effect: Deny
        NotAction: [iam:*, organizations:*, sts:*, cloudfront:*, route53:*, support:*]
        Resource: "*"
        Condition:
          StringNotEquals:
            aws:RequestedRegion: [the-regions-of-the-perimeter]
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    if not posture.estate.perimeter.regions:
        yield from undeclared(posture, "no region is named where data may be")
        return
    yield from unlisted(posture, "s3", "s3:ListBuckets")
    for place in posture.of(*HOLDS_DATA):
        # Images and snapshots of others that are used here lie with their owners.
        if not is_stranger(posture, str(place.thing.data.get("OwnerId") or place.account)):
            yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    told = place.thing.data.get("BucketRegion", place.region)
    region = told if isinstance(told, str) else None
    side = posture.estate.perimeter.region(region)
    rulings = {
        Side.INSIDE: (Ruling.PASS, f"it lies in {region}"),
        Side.OUTSIDE: (Ruling.FAIL, f"it lies in {region}, which is outside the perimeter"),
        Side.UNKNOWN: (Ruling.UNKNOWN, f"not seen: {unseen(told) or 'its region'}"),
    }
    ruling, why = rulings[side]
    failed = ruling is Ruling.FAIL
    at = "BucketRegion" if "BucketRegion" in place.thing.data else ""
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        tuple(posture.assets_of(place.thing.arn)),
        (evidence(place, at),),
        way=(
            "whoever makes things where nobody looks: an intruder, or somebody in a hurry",
            f"works in {region}, where trails, alarms and limits may be missing",
            "what lies there is under another law, and in no plan of recovery",
        )
        if failed
        else (),
        remedy=Remedy(
            "Move it inside and delete it there, or name the region in the perimeter; deny other regions for the whole "
            "organisation.",
            (("aws", "resourcegroupstaggingapi", "get-resources", "--region", str(region)),),
            _TEMPLATE,
        )
        if failed
        else None,
    )

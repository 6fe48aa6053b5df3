"""Security Hub's own form of a finding, ASFF: one for each verdict, so that a hole that is closed is closed there too.

Security Hub User Guide, "Required top-level ASFF attributes"; at most 100 findings go into one call, all of the account
that makes it and of the region in which it is made.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from stanch.domain.arn import Arn, ArnError
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict
from stanch.engine.report.phrase import visible

GENERATOR = "stanch/check/"
BATCH = 100
_STATUS = {Ruling.PASS: "PASSED", Ruling.FAIL: "FAILED", Ruling.UNKNOWN: "NOT_AVAILABLE"}
_TITLE, _DESCRIPTION, _ADVICE, _MOST_REQUIREMENTS = 256, 1024, 512, 32
_TYPE = "Software and Configuration Checks/AWS Security Best Practices"
_RESOURCES = {
    "bucket": "AwsS3Bucket",
    "function": "AwsLambdaFunction",
    "image": "AwsEc2Image",
    "instance": "AwsEc2Instance",
    "key": "AwsKmsKey",
    "queue": "AwsSqsQueue",
    "role": "AwsIamRole",
    "secret": "AwsSecretsManagerSecret",
    "security-group": "AwsEc2SecurityGroup",
    "snapshot": "AwsEc2Snapshot",
    "subnet": "AwsEc2Subnet",
    "topic": "AwsSnsTopic",
    "trail": "AwsCloudTrailTrail",
    "user": "AwsIamUser",
    "volume": "AwsEc2Volume",
    "vpc": "AwsEc2Vpc",
}
"""What Security Hub calls a kind of resource; anything else is `Other`."""


def asff(verdicts: Sequence[Verdict], made_at: datetime) -> str:
    """Lines of JSON, each a list for one BatchImportFindings: at most a hundred findings of one account and region."""
    findings = [_finding(one, partition, made_at) for one in verdicts if (partition := _partition(one, verdicts))]
    findings.sort(key=_place)
    places = (list(same) for _, same in groupby(findings, key=_place))
    batches = (same[start : start + BATCH] for same in places for start in range(0, len(same), BATCH))
    return "".join(json.dumps(batch, ensure_ascii=False, separators=(",", ":")) + "\n" for batch in batches)


def _finding(one: Verdict, partition: str, made_at: datetime) -> dict[str, Any]:
    region = one.region or _home(one, partition)
    when = made_at.isoformat().replace("+00:00", "Z")
    failed = one.ruling is Ruling.FAIL
    return {
        "SchemaVersion": "2018-10-08",
        "Id": identity(one),
        "ProductArn": f"arn:{partition}:securityhub:{region}:{one.account}:product/{one.account}/default",
        "ProductName": "stanch",
        "CompanyName": "stanch",
        "GeneratorId": f"{GENERATOR}{one.check}",
        "AwsAccountId": one.account,
        "Region": region,
        "Types": [_TYPE],
        "CreatedAt": when,
        "UpdatedAt": when,
        "Severity": {"Label": (one.severity if failed else Severity.INFORMATIONAL).name},
        "Title": visible(one.title, _TITLE - 40),
        "Description": _cut(one.why, _DESCRIPTION),
        "Resources": [
            {"Type": _type(one.resource), "Id": _cut(one.resource, 512), "Partition": partition, "Region": region}
        ],
        "Compliance": {"Status": _STATUS[one.ruling], "RelatedRequirements": _requirements(one)},
        "Remediation": {"Recommendation": {"Text": _cut(one.remedy.words if one.remedy else "None needed.", _ADVICE)}},
        "ProductFields": _fields(one),
        "Workflow": {"Status": "NEW" if one.ruling is not Ruling.PASS else "RESOLVED"},
        "RecordState": "ACTIVE",
    }


def _place(finding: Mapping[str, Any]) -> tuple[str, str]:
    return finding["AwsAccountId"], finding["Region"]


def identity(one: Verdict) -> str:
    """The same check of the same thing is the same finding, whenever it is scanned."""
    digest = hashlib.sha256(f"{one.check}\0{one.account}\0{one.region}\0{one.resource}".encode()).hexdigest()[:32]
    return f"{GENERATOR}{one.check}/{digest}"


def _requirements(one: Verdict) -> list[str]:
    told = [f"{standard} {control}" for standard, controls in (one.controls or {}).items() for control in controls]
    return told[:_MOST_REQUIREMENTS]


def _fields(one: Verdict) -> dict[str, str]:
    fields = {"stanch/Row": one.row.value, "stanch/Check": one.check}
    if one.assets:
        fields["stanch/AssetKind"] = one.assets[0].kind
        fields["stanch/Assets"] = _cut(", ".join(asset.name for asset in one.assets), 1024)
    return fields


def _type(resource: str) -> str:
    try:
        return _RESOURCES.get(Arn.parse(resource).kind, "Other")
    except ArnError:
        return "Other"


def _partition(one: Verdict, all_: Iterable[Verdict]) -> str | None:
    """The resource's partition; where its name tells none, that of any other thing of its account."""
    named = _parsed(one.resource)
    if named is not None:
        return named.partition
    return next(
        (arn.partition for other in all_ if other.account == one.account and (arn := _parsed(other.resource))), None
    )


def _home(one: Verdict, partition: str) -> str:
    """The region to tell of what is everywhere: the partition's, where its name tells none."""
    named = _parsed(one.resource)
    if named is not None and named.region:
        return named.region
    homes = {"aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1", "aws-eusc": "eusc-de-east-1"}
    return homes.get(partition, "us-east-1")


def _parsed(text: str) -> Arn | None:
    try:
        return Arn.parse(text)
    except ArnError:
        return None


def _cut(text: str, most: int) -> str:
    shown = visible(text, most)
    return shown if len(shown) <= most else f"{shown[: most - 1]}\u2026"

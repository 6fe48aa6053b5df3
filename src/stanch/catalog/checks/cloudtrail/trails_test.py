"""The four questions about CloudTrail, on trails and stores of several accounts and regions."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, MOMENT, REGION, posture, rulings, verdicts
from tests.serving import WEIGHTS, Line, bucket

from stanch.contracts.collector import Unknown
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict

MANAGEMENT, ASSET = "cloudtrail/management_unrecorded", "cloudtrail/asset_unrecorded"
STOPPED, ALTERABLE, PERISHABLE = "cloudtrail/trail_stopped", "cloudtrail/log_alterable", "cloudtrail/log_perishable"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
STORE = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:eventdatastore/1"
ROOT, DENIED = f"arn:aws:iam::{ACCOUNT}:root", {"$unseen": "cloudtrail:X: AccessDenied"}
ALL = {"Field": "eventCategory", "Equals": ["Management"]}
OBJECTS = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
BASIC = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
DELIVERED = {"IsLogging": True, "LatestDeliveryTime": "2026-11-02T02:55:00+00:00"}
LOST = Unknown("cloudtrail:DescribeTrails", "AccessDenied", "cloudtrail:DescribeTrails", "cloudtrail", "")


def trail(*, name: str = "main", region: str | None = None, **data: Any) -> Line:
    """A sound trail of all regions, but for what is told."""
    arn = TRAIL.replace("/main", f"/{name}")
    told: Line = {
        "Name": name,
        "TrailARN": arn,
        "HomeRegion": REGION,
        "S3BucketName": "acme-trail",
        "IsMultiRegionTrail": True,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": True,
        "Status": DELIVERED,
        "EventSelectors": [BASIC],
        "AdvancedEventSelectors": None,
    }
    line = {"kind": "cloudtrail/trail", "arn": arn, "data": {**told, **data}}
    return {**line, "region": region} if region else line


def store(**data: Any) -> Line:
    """An event data store of all regions, but for what is told."""
    told = {
        "EventDataStoreArn": STORE,
        "Status": "ENABLED",
        "MultiRegionEnabled": True,
        "RetentionPeriod": 366,
        "TerminationProtectionEnabled": True,
        "AdvancedEventSelectors": [{"FieldSelectors": [ALL]}],
    }
    return {"kind": "cloudtrail/event-data-store", "arn": STORE, "data": {**told, **data}}


def selecting(*more: Line) -> dict[str, Any]:
    """Advanced selectors of a trail: all calls, and objects with these fields besides."""
    return {
        "EventSelectors": None,
        "AdvancedEventSelectors": [{"FieldSelectors": [ALL]}, {"FieldSelectors": [*OBJECTS, *more]}],
    }


def of(check: str, *lines: Line, toml: str | None = None, **more: Any) -> Verdict:
    """The only verdict."""
    (found,) = verdicts(check, posture(lines, toml, **more))
    return found


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([trail()], Ruling.PASS),
        ([store()], Ruling.PASS),
        ([trail(EventSelectors=[], HasCustomEventSelectors=False)], Ruling.PASS),
        ([trail(EventSelectors=[{**BASIC, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}])], Ruling.PASS),
        ([trail(IsMultiRegionTrail=False)], Ruling.FAIL),
        ([trail(Status={"IsLogging": False})], Ruling.FAIL),
        ([trail(EventSelectors=[{**BASIC, "ReadWriteType": "WriteOnly"}])], Ruling.FAIL),
        ([trail(EventSelectors=[{**BASIC, "IncludeManagementEvents": False}])], Ruling.FAIL),
        ([store(Status="STOPPED_INGESTION")], Ruling.FAIL),
        ([store(MultiRegionEnabled=False)], Ruling.FAIL),
        ([trail(Status=DENIED)], Ruling.UNKNOWN),
        ([trail(EventSelectors=DENIED)], Ruling.UNKNOWN),
        ([trail(), trail(name="other", Status=DENIED)], Ruling.PASS),
        ([], Ruling.FAIL),
    ],
)
def test_all_calls_of_all_regions_are_recorded(lines: list[Line], ruling: Ruling) -> None:
    assert rulings(MANAGEMENT, posture(lines)) == {ROOT: ruling}


def test_two_trails_may_share_the_reading_and_the_writing() -> None:
    reads = trail(EventSelectors=[{**BASIC, "ReadWriteType": "ReadOnly"}])
    writes = trail(name="other", EventSelectors=[{**BASIC, "ReadWriteType": "WriteOnly"}])
    found = of(MANAGEMENT, reads, writes)
    assert found.ruling is Ruling.PASS
    assert "main, other" in found.why


def test_what_is_left_out_is_named() -> None:
    left = trail(EventSelectors=[{**BASIC, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}])
    assert "kms.amazonaws.com" in of(MANAGEMENT, left).why


def test_a_trail_counts_for_the_account_where_it_is_in_force() -> None:
    other = {**trail(), "account": "444455556666"}
    told = rulings(MANAGEMENT, posture([other], accounts=[ACCOUNT]))
    assert told == {ROOT: Ruling.FAIL, ROOT.replace(ACCOUNT, "444455556666"): Ruling.PASS}
    shared = store(OrganizationEnabled=True)
    assert set(rulings(MANAGEMENT, posture([shared], accounts=["444455556666"])).values()) == {Ruling.PASS}


def test_nothing_at_all_is_graver_than_one_region() -> None:
    dear = [bucket()]
    assert of(MANAGEMENT, *dear, toml=WEIGHTS).severity is Severity.CRITICAL
    assert of(MANAGEMENT, *dear, trail(IsMultiRegionTrail=False), toml=WEIGHTS).severity is Severity.HIGH


def test_a_list_that_nobody_saw_is_unknown_for_every_question() -> None:
    for check in (MANAGEMENT, STOPPED, ALTERABLE, PERISHABLE):
        assert of(check, unknowns=[LOST]).ruling is Ruling.UNKNOWN
    assert of(ASSET, bucket(), toml=WEIGHTS, unknowns=[LOST]).ruling is Ruling.UNKNOWN


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([trail(**selecting())], Ruling.PASS),
        ([trail(**selecting({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::acme-weights/"]}))], Ruling.PASS),
        ([store(AdvancedEventSelectors=[{"FieldSelectors": OBJECTS}])], Ruling.PASS),
        ([trail()], Ruling.FAIL),
        ([trail(**selecting({"Field": "readOnly", "Equals": ["false"]}))], Ruling.FAIL),
        ([trail(**selecting({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::acme-weights"]}))], Ruling.FAIL),
        ([trail(**{**selecting(), "Status": {"IsLogging": False}})], Ruling.FAIL),
        ([trail(**{**selecting(), "IsMultiRegionTrail": False, "region": "eu-west-1"})], Ruling.FAIL),
        ([trail(EventSelectors=DENIED)], Ruling.UNKNOWN),
        ([], Ruling.FAIL),
    ],
)
def test_an_assets_reads_and_writes_are_recorded(lines: list[Line], ruling: Ruling) -> None:
    assert rulings(ASSET, posture([bucket(), *lines], WEIGHTS)) == {"arn:aws:s3:::acme-weights/llama": ruling}


def test_writes_alone_unrecorded_weigh_less_than_reads() -> None:
    writes = trail(**selecting({"Field": "readOnly", "Equals": ["false"]}))
    reads = trail(**selecting({"Field": "readOnly", "Equals": ["true"]}))
    assert of(ASSET, bucket(), writes, toml=WEIGHTS).severity is Severity.HIGH
    assert of(ASSET, bucket(), reads, toml=WEIGHTS).severity is Severity.MEDIUM


def test_functions_and_tables_are_assets_too_and_an_absent_bucket_is_unknown() -> None:
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:embed"
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/sessions"
    toml = "".join(
        f'[[asset]]\nname = "{name}"\nkind = "{kind}"\nwhere = "{where}"\n'
        for name, kind, where in [
            ("embed", "inference-api", function),
            ("sessions", "vector-store", table),
            ("gone", "weights", "s3://gone/"),
        ]
    )
    invoked = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]},
    ]
    lines = [
        {"kind": "lambda/function", "arn": function, "data": {"FunctionName": "embed"}},
        {"kind": "dynamodb/table", "arn": table, "data": {"TableName": "sessions"}},
        trail(EventSelectors=None, AdvancedEventSelectors=[{"FieldSelectors": invoked}]),
    ]
    told = {function: Ruling.PASS, table: Ruling.FAIL, "arn:aws:s3:::gone": Ruling.UNKNOWN}
    assert rulings(ASSET, posture(lines, toml)) == told


def test_without_a_declared_asset_the_account_is_asked_whether_any_bucket_is_recorded() -> None:
    assert rulings(ASSET, posture([bucket(), trail()])) == {ROOT: Ruling.FAIL}
    assert rulings(ASSET, posture([bucket(), trail(**selecting())])) == {ROOT: Ruling.PASS}
    assert rulings(ASSET, posture([trail()])) == {ROOT: Ruling.PASS}


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({}, Ruling.PASS),
        ({"Status": {"IsLogging": False, "StopLoggingTime": "x"}}, Ruling.FAIL),
        ({"Status": {**DELIVERED, "LatestDeliveryError": "AccessDenied"}}, Ruling.FAIL),
        ({"Status": {"IsLogging": True, "LatestDeliveryTime": "2026-10-20T00:00:00+00:00"}}, Ruling.FAIL),
        ({"Status": {"IsLogging": True, "StartLoggingTime": "2026-10-20T00:00:00"}}, Ruling.FAIL),
        ({"Status": {"IsLogging": True, "StartLoggingTime": "2026-11-02T02:59:00+00:00"}}, Ruling.PASS),
        ({"Status": {"IsLogging": True, "LatestDeliveryTime": MOMENT}}, Ruling.PASS),
        ({"KmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/1"}, Ruling.FAIL),
        ({"KmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/elsewhere"}, Ruling.PASS),
        ({"Status": DENIED}, Ruling.UNKNOWN),
    ],
)
def test_a_trail_logs_and_delivers(data: dict[str, Any], ruling: Ruling) -> None:
    key = "arn:aws:kms:eu-central-1:111122223333:key/1"
    dead = {"kind": "kms/key", "arn": key, "data": {"KeyMetadata": {"KeyState": "PendingDeletion"}}}
    assert rulings(STOPPED, posture([trail(**data), dead])) == {TRAIL: ruling}


def test_a_trail_is_judged_once_where_it_is_told_everywhere_and_by_the_look_that_saw_it() -> None:
    shadow = trail(region="us-east-1", Status=DENIED)
    for check in (STOPPED, ALTERABLE, PERISHABLE):
        (found,) = verdicts(check, posture([shadow, trail()]))
        assert (found.account, found.region) == (ACCOUNT, REGION)
    assert of(STOPPED, shadow, trail()).ruling is Ruling.PASS


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({}, Ruling.PASS),
        ({"LogFileValidationEnabled": False}, Ruling.FAIL),
        ({"Status": {**DELIVERED, "LatestDigestDeliveryError": "AccessDenied"}}, Ruling.FAIL),
    ],
)
def test_a_trail_writes_digests(data: dict[str, Any], ruling: Ruling) -> None:
    assert rulings(ALTERABLE, posture([trail(**data)])) == {TRAIL: ruling}


LOCKED = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}}
VERSIONS = {"Status": "Enabled"}


def expires(days: int, prefix: str = "", **more: Any) -> list[Line]:
    """A lifecycle that deletes."""
    rule = {"Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}
    return [{**rule, **more}]


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({"ObjectLock": LOCKED, "Versioning": VERSIONS}, Ruling.PASS),
        ({"Versioning": VERSIONS}, Ruling.PASS),
        ({"Versioning": {}}, Ruling.FAIL),
        ({"Versioning": {"Status": "Suspended"}}, Ruling.FAIL),
        ({"ObjectLock": {"ObjectLockEnabled": "Enabled"}, "Versioning": {}}, Ruling.FAIL),
        ({"Versioning": VERSIONS, "Lifecycle": expires(30)}, Ruling.FAIL),
        ({"Versioning": VERSIONS, "Lifecycle": expires(30, "AWSLogs/")}, Ruling.FAIL),
        ({"Versioning": VERSIONS, "Lifecycle": expires(30, "tmp/")}, Ruling.PASS),
        ({"Versioning": VERSIONS, "Lifecycle": expires(365)}, Ruling.PASS),
        ({"Versioning": VERSIONS, "Lifecycle": expires(30, Status="Disabled")}, Ruling.PASS),
        ({"Versioning": VERSIONS, "Lifecycle": DENIED}, Ruling.UNKNOWN),
        ({"Versioning": DENIED}, Ruling.UNKNOWN),
    ],
)
def test_a_trails_files_are_kept(data: dict[str, Any], ruling: Ruling) -> None:
    assert rulings(PERISHABLE, posture([trail(), bucket("acme-trail", **data)])) == {TRAIL: ruling}


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({}, Ruling.PASS),
        ({"RetentionPeriod": 30}, Ruling.FAIL),
        ({"TerminationProtectionEnabled": False}, Ruling.FAIL),
        ({"RetentionPeriod": None}, Ruling.UNKNOWN),
    ],
)
def test_a_store_keeps_its_events(data: dict[str, Any], ruling: Ruling) -> None:
    assert rulings(PERISHABLE, posture([store(**data)])) == {STORE: ruling}


def test_a_bucket_in_another_account_is_unknown() -> None:
    found = of(PERISHABLE, trail())
    assert found.ruling is Ruling.UNKNOWN
    assert "acme-trail" in found.why


def test_a_store_of_all_regions_may_be_at_home_where_nobody_looked() -> None:
    assert of(MANAGEMENT, regions=[REGION, "eu-west-1"]).ruling is Ruling.FAIL
    assert of(MANAGEMENT, trail(IsMultiRegionTrail=False), unknowns=[LOST]).ruling is Ruling.UNKNOWN


def test_a_trail_weighs_what_is_done_where_it_records() -> None:
    for check, bad, severity in (
        (STOPPED, {"Status": {"IsLogging": False}}, Severity.CRITICAL),
        (ALTERABLE, {"LogFileValidationEnabled": False}, Severity.MEDIUM),
    ):
        found = of(check, trail(**bad), bucket(), toml=WEIGHTS)
        assert (found.severity, [asset.name for asset in found.assets]) == (severity, ["llama"])
    logs = bucket("acme-trail", Versioning=None, ObjectLock=None, Lifecycle=None)
    found = of(PERISHABLE, trail(), bucket(), logs, toml=WEIGHTS)
    assert (found.ruling, [asset.name for asset in found.assets]) == (Ruling.FAIL, ["llama"])


def test_a_stopped_trail_in_whose_place_another_records_is_milder() -> None:
    about = posture([trail(Status={"IsLogging": False}), trail(name="other"), bucket()], WEIGHTS)
    stopped = {one.resource: one for one in verdicts(STOPPED, about)}[TRAIL]
    assert (stopped.ruling, stopped.severity) == (Ruling.FAIL, Severity.MEDIUM)

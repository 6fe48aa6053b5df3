"""The four questions about GuardDuty, on detectors of several accounts and regions."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, REGION, posture, rulings, verdicts
from tests.serving import WEIGHTS, Line, bucket, host

from stanch.contracts.collector import Unknown
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ON, SEES, OFTEN, HIDES = (
    f"guardduty/{name}" for name in ("region_unwatched", "protection_missing", "findings_late", "findings_hidden")
)
DETECTOR = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d1"
NONE = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:account"
DENIED = {"$unseen": "guardduty:X: AccessDenied"}
EXFILTRATION = {"Equals": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]}


def detector(**data: Any) -> Line:
    """A detector that is on and tells in minutes, but for what is told."""
    told = {"Status": "ENABLED", "FindingPublishingFrequency": "FIFTEEN_MINUTES", "Features": [], "Filters": []}
    return {"kind": "guardduty/detector", "arn": DETECTOR, "data": {**told, "Administrator": None, **data}}


def listed(detectors: Any) -> Line:
    """What the region says that it has."""
    return {"kind": "guardduty/account", "arn": NONE, "data": {"DetectorIds": detectors}}


def features(*names: str) -> list[Line]:
    """These features are on, and one is off."""
    return [{"Name": "CLOUD_TRAIL", "Status": "ENABLED"}, *({"Name": name, "Status": "ENABLED"} for name in names)]


def ruling(check: str, *lines: Line, **more: Any) -> Ruling:
    """What is said of the only thing."""
    (found,) = rulings(check, posture(lines, **more)).values()
    return found


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([detector(), listed(["d1"])], Ruling.PASS),
        ([detector(Status="DISABLED"), listed(["d1"])], Ruling.FAIL),
        ([listed([])], Ruling.FAIL),
        ([listed(DENIED)], Ruling.UNKNOWN),
        ([listed(["d1"])], Ruling.UNKNOWN),
        ([], Ruling.UNKNOWN),
    ],
)
def test_a_region_is_watched(lines: list[Line], expected: Ruling) -> None:
    assert ruling(ON, *lines) is expected


def test_a_detector_that_nobody_saw_is_unknown_to_every_question() -> None:
    hidden = {"kind": "guardduty/detector", "arn": DETECTOR, "data": DENIED}
    for check in (ON, SEES, OFTEN, HIDES):
        assert ruling(check, hidden, listed(["d1"])) is Ruling.UNKNOWN


def test_a_region_of_the_perimeter_that_nobody_looked_at_is_told_once() -> None:
    toml = f'[perimeter]\nregions = ["{REGION}", "eu-west-3"]\n'
    about = posture([detector(), listed(["d1"])], toml)
    told = rulings(ON, about)
    assert told[NONE] is Ruling.PASS
    assert told[NONE.replace(REGION, "eu-west-3")] is Ruling.UNKNOWN
    for check in (SEES, OFTEN, HIDES):
        assert rulings(check, about) == {DETECTOR: Ruling.PASS}


def test_every_account_is_asked_in_every_region() -> None:
    other = {**listed([]), "arn": NONE.replace(ACCOUNT, "444455556666"), "region": "eu-west-1"}
    told = rulings(ON, posture([detector(), listed(["d1"]), other]))
    assert len(told) == 4
    assert list(told.values()).count(Ruling.UNKNOWN) == 2


def test_a_region_keeps_its_name_when_its_hole_is_closed() -> None:
    before, after = (verdicts(ON, posture(lines))[0] for lines in ([listed([])], [detector(), listed(["d1"])]))
    assert (before.ruling, after.ruling) == (Ruling.FAIL, Ruling.PASS)
    assert (before.resource, before.account, before.region) == (after.resource, after.account, after.region)


def test_a_denied_list_names_its_permission() -> None:
    lost = Unknown("guardduty:ListDetectors", "AccessDenied", "guardduty:ListDetectors", NONE, "")
    (found,) = verdicts(ON, posture([], unknowns=[lost]))
    assert found.ruling is Ruling.UNKNOWN
    assert "guardduty:ListDetectors" in found.why


def test_an_unwatched_region_names_what_lies_there_and_weighs_it() -> None:
    (found,) = verdicts(ON, posture([listed([]), bucket()], WEIGHTS))
    assert (found.severity, [asset.name for asset in found.assets]) == (Severity.HIGH, ["llama"])
    assert "llama (weights)" in found.why
    (found,) = verdicts(ON, posture([listed([]), bucket(BucketRegion="eu-west-3")], WEIGHTS))
    assert (found.severity, found.assets) == (Severity.LOW, ())
    for check, bad in ((OFTEN, {"FindingPublishingFrequency": "SIX_HOURS"}), (HIDES, {"Filters": [HIDING]})):
        (found,) = verdicts(check, posture([detector(**bad), listed(["d1"]), bucket()], WEIGHTS))
        assert (found.ruling, [asset.name for asset in found.assets]) == (Ruling.FAIL, ["llama"])


HIDING = {"Name": "quiet", "Action": "ARCHIVE", "FindingCriteria": {"Criterion": {}}}


def test_a_member_names_who_decides_for_it() -> None:
    member = detector(Administrator={"AccountId": "999988887777", "RelationshipStatus": "Enabled"})
    (found,) = verdicts(ON, posture([member]))
    assert "999988887777" in found.why


@pytest.mark.parametrize(
    ("held", "on", "expected"),
    [
        ([], [], Ruling.PASS),
        ([bucket()], [], Ruling.FAIL),
        ([bucket()], ["S3_DATA_EVENTS"], Ruling.PASS),
        ([bucket(BucketRegion="eu-west-3")], [], Ruling.PASS),
        ([host(gpu=False)], ["EBS_MALWARE_PROTECTION"], Ruling.PASS),
        ([host(gpu=False)], [], Ruling.FAIL),
        ([host()], ["EBS_MALWARE_PROTECTION"], Ruling.FAIL),
        ([host()], ["EBS_MALWARE_PROTECTION", "RUNTIME_MONITORING"], Ruling.PASS),
        ([host()], ["EBS_MALWARE_PROTECTION", "EKS_RUNTIME_MONITORING"], Ruling.PASS),
    ],
)
def test_what_a_region_holds_decides_what_it_needs(held: list[Line], on: list[str], expected: Ruling) -> None:
    assert ruling(SEES, detector(Features=features(*on)), *held) is expected


def test_buckets_unseen_weigh_more_than_hosts_unseen() -> None:
    (found,) = verdicts(SEES, posture([detector(), bucket()], WEIGHTS))
    assert found.severity is Severity.HIGH
    assert [asset.name for asset in found.assets] == ["llama"]
    (found,) = verdicts(SEES, posture([detector(), host()]))
    assert found.severity is Severity.LOW


def test_a_detector_that_tells_only_the_older_form_is_read_too() -> None:
    old = detector(DataSources={"S3Logs": {"Status": "ENABLED"}})
    del old["data"]["Features"]
    assert ruling(SEES, old, bucket()) is Ruling.PASS
    old["data"]["DataSources"] = {"S3Logs": {"Status": "DISABLED"}}
    assert ruling(SEES, old, bucket()) is Ruling.FAIL


@pytest.mark.parametrize(
    ("often", "expected"),
    [
        ("FIFTEEN_MINUTES", Ruling.PASS),
        ("ONE_HOUR", Ruling.FAIL),
        ("SIX_HOURS", Ruling.FAIL),
        (None, Ruling.UNKNOWN),
    ],
)
def test_it_tells_every_fifteen_minutes(often: str | None, expected: Ruling) -> None:
    assert ruling(OFTEN, detector(FindingPublishingFrequency=often)) is expected


@pytest.mark.parametrize(
    ("criterion", "action", "expected"),
    [
        ({"type": EXFILTRATION}, "ARCHIVE", Ruling.FAIL),
        ({}, "ARCHIVE", Ruling.FAIL),
        ({"severity": {"GreaterThanOrEqual": 4}}, "ARCHIVE", Ruling.FAIL),
        ({"type": EXFILTRATION, "accountId": {"Equals": [ACCOUNT]}}, "ARCHIVE", Ruling.FAIL),
        ({"type": EXFILTRATION}, "NOOP", Ruling.PASS),
        ({"type": EXFILTRATION, "resource.instanceDetails.instanceId": {"Eq": ["i-1"]}}, "ARCHIVE", Ruling.PASS),
        ({"severity": {"LessThan": 4}}, "ARCHIVE", Ruling.PASS),
        ({"type": {"Eq": ["Recon:EC2/PortProbeUnprotectedPort"]}}, "ARCHIVE", Ruling.PASS),
        ({"type": {"Eq": ["Recon:EC2/Portscan", *EXFILTRATION["Equals"]]}}, "ARCHIVE", Ruling.FAIL),
    ],
)
def test_a_filter_must_not_hide_a_kind_of_finding(criterion: Any, action: str, expected: Ruling) -> None:
    told = [{"Name": "quiet", "Action": action, "FindingCriteria": {"Criterion": criterion}}]
    assert ruling(HIDES, detector(Filters=told)) is expected


def test_an_export_that_fails_counts_and_a_trusted_list_is_named() -> None:
    failing = {"DestinationId": "x", "Status": "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"}
    assert ruling(HIDES, detector(PublishingDestinations=[failing])) is Ruling.FAIL
    assert ruling(HIDES, detector(PublishingDestinations=[{**failing, "Status": "PUBLISHING"}])) is Ruling.PASS
    trusted = {"Status": "ACTIVE", "Location": "s3://lists/trusted.txt"}
    (found,) = verdicts(HIDES, posture([detector(IPSets=[trusted])]))
    assert "s3://lists/trusted.txt" in found.why


@pytest.mark.parametrize("filters", [DENIED, [DENIED]])
def test_filters_that_nobody_saw_are_unknown(filters: Any) -> None:
    assert ruling(HIDES, detector(Filters=filters)) is Ruling.UNKNOWN


def test_what_a_region_holds_and_nobody_saw_may_need_a_feature_that_is_off() -> None:
    lost = Unknown("ec2:DescribeInstances", "AccessDenied", "ec2:DescribeInstances", "ec2", "")
    assert ruling(SEES, detector(), unknowns=[lost]) is Ruling.UNKNOWN
    whole = features("EBS_MALWARE_PROTECTION", "RUNTIME_MONITORING")
    assert ruling(SEES, detector(Features=whole), unknowns=[lost]) is Ruling.PASS
    assert ruling(SEES, detector(), looked=["guardduty", "ec2/hosts", "eks"]) is Ruling.UNKNOWN

"""The collector of Route 53 against the range, and against recorded answers for pages."""

from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors import route53


def furnished(ground: Ground, aws: Door) -> tuple[str, str]:
    """A zone whose questions are logged and one whose questions are not."""
    stem = ground.name("zone")
    zones = [
        aws.call("route53", "CreateHostedZone", Name=f"{which}.{stem}.example.com", CallerReference=f"{which}-{stem}")
        for which in ("logged", "unlogged")
    ]
    logged, unlogged = (zone["HostedZone"]["Id"].removeprefix("/hostedzone/") for zone in zones)
    group = f"/aws/route53/{stem}"
    aws.call("logs", "CreateLogGroup", region="us-east-1", logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:{aws.account}:log-group:{group}:*"
    aws.call("route53", "CreateQueryLoggingConfig", HostedZoneId=logged, CloudWatchLogsLogGroupArn=arn)
    return logged, unlogged


def test_zones_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    logged, unlogged = furnished(ground, ground.admin)
    aws = reader(ground.admin, route53)
    things, unknowns = collected(route53, aws)
    assert unknowns == []
    assert aws.needed == set(route53.PERMISSIONS)
    assert things[f"arn:aws:route53:::hostedzone/{logged}"].kind == "route53/hosted-zone"
    assert len(things[f"arn:aws:route53:::hostedzone/{logged}"].data["QueryLoggingConfigs"]) == 1
    assert things[f"arn:aws:route53:::hostedzone/{unlogged}"].data["QueryLoggingConfigs"] == []


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    furnished(ground, ground.admin)
    survives_denials(route53, reader(ground.admin, route53))


def test_every_page_is_read() -> None:
    zones = [
        {"Id": f"/hostedzone/Z{number}", "Name": f"{number}.example.com.", "CallerReference": "one"}
        for number in range(3)
    ]
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:questions"
    log = {"Id": "1", "HostedZoneId": "Z2", "CloudWatchLogsLogGroupArn": group}
    pages = turned("HostedZones", "Marker", "NextMarker", zones)

    def listing(state: Any, params: Any) -> dict[str, Any]:
        page = dict(pages(state, params) or {})
        return {"Marker": "", "IsTruncated": "NextMarker" in page, "MaxItems": "1", **page}

    aws = RecordedAws(
        {
            "route53:ListHostedZones": listing,
            "route53:ListQueryLoggingConfigs": says({"QueryLoggingConfigs": [log]}),
        }
    )
    things, unknowns = collected(route53, aws)
    assert unknowns == []
    logged = {arn: thing.data["QueryLoggingConfigs"] for arn, thing in things.items()}
    assert logged == {f"arn:aws:route53:::hostedzone/Z{number}": [log] if number == 2 else [] for number in range(3)}


def test_an_account_without_zones_takes_one_call() -> None:
    none = {"HostedZones": [], "Marker": "", "IsTruncated": False, "MaxItems": "100"}
    aws = RecordedAws({"route53:ListHostedZones": says(none)})
    assert collected(route53, aws) == ({}, [])
    assert len(aws.calls) == 1

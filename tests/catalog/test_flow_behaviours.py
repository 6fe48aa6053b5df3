"""What a host may send without being called a thief, and what a thief does who knows the thresholds."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from stanch import app
from stanch.contracts.behaviour import FlowBehaviour, FlowCell, FlowHistory, Sighting
from stanch.domain.estate import Asset, AssetKind, Estate, Perimeter, Side
from stanch.domain.severity import Severity
from stanch.engine.shelf import implementing

START = 1779840000
DAY, GB = 86400, 10**9
BEGAN = datetime.fromtimestamp(START, UTC)
ENDED = datetime.fromtimestamp(START + 30 * DAY, UTC)
HOST = Asset("vllm-1", AssetKind.INFERENCE_HOST, "arn:*:ec2:*:111122223333:instance/i-0123456789abcdef0")
NETWORKS = Perimeter(networks=(ip_network("10.0.0.0/8"),))
BEHAVIOURS = {
    unit.id: implementing(unit, FlowBehaviour)
    for unit in app.shelf("detections", ".py")
    if "\ndef weigh(" in unit.text()
}


def sent(
    size: int, *, day: float = 0, packets: int | None = None, to: str = "203.0.113.9", port: int = 443
) -> FlowCell:
    """What the host sent in one hour, in full packets unless told."""
    start = START + int(day * DAY)
    return FlowCell(
        start=start, account="111122223333", region="eu-central-1", vpc="vpc-1", host="i-0123456789abcdef0",
        interface="eni-0123456789abcdef0", address="10.0.0.5", to=to, port=port, protocol=6, service="",
        side=Side.INSIDE if to.startswith("10.") else Side.OUTSIDE, accepted=True, bytes=size,
        packets=size // 1400 if packets is None else packets, count=1, first=start, last=start + 60,
    )  # fmt: skip


def seen(cells: list[FlowCell], estate: Estate | None = None) -> dict[str, list[Sighting]]:
    """What all behaviours say of this traffic, by id; those that say nothing are left out."""
    ordered = tuple(sorted(cells, key=lambda cell: cell.first))
    flows = FlowHistory("i-0123456789abcdef0", ordered, estate or Estate(perimeter=NETWORKS), BEGAN, ENDED)
    told = {id_: list(one.weigh(flows, one.LIMITS)) for id_, one in BEHAVIOURS.items()}
    return {id_: sightings for id_, sightings in told.items() if sightings}


def days(size: int, count: int = 14) -> Iterator[FlowCell]:
    """An ordinary fortnight that is not quite even."""
    return (sent(size + size // 20 * (day % 3), day=day) for day in range(count))


def test_loading_weights_every_morning_is_nothing() -> None:
    loads = [sent(2_600_000_000, day=day, packets=50_000_000, to="52.219.1.1") for day in range(14)]
    assert seen(loads) == {}


def test_pulling_an_image_from_a_place_never_seen_before_is_nothing() -> None:
    assert seen([*days(10**7), sent(300_000_000, day=9, packets=5_700_000, to="198.51.100.7")]) == {}


def test_an_even_backup_every_night_is_nothing_once_it_is_usual() -> None:
    assert seen(list(days(15 * GB))) == {}


def test_a_copy_to_another_host_inside_is_nothing_here() -> None:
    assert seen([*days(10**7), sent(500 * GB, day=9, to="10.0.3.3")]) == {}


def test_a_flood_to_the_usual_place_is_told_with_what_was_usual() -> None:
    told = seen([*days(GB // 2), sent(40 * GB, day=9, to="203.0.113.77")])
    (only,) = told["exfiltration/host_sends_above_own_baseline"]
    assert "usually 0.49 GB" in only.why
    assert only.severity is Severity.MEDIUM
    assert only.confidence is None


def test_on_a_cold_start_a_flood_is_told_once_and_not_every_day_after() -> None:
    told = seen([sent(50 * GB, day=day) for day in range(4)])
    (only,) = told["exfiltration/host_sends_above_own_baseline"]
    assert "with 0 earlier days" in only.why
    assert len(only.cells) == 1


def test_the_same_from_a_declared_inference_host_weighs_more_and_names_it() -> None:
    ours = Estate(perimeter=NETWORKS, assets=(HOST,))
    (only,) = seen([sent(8 * GB)], ours)["exfiltration/host_sends_above_own_baseline"]
    assert only.severity is Severity.HIGH
    assert [asset.name for asset in only.assets] == ["vllm-1"]
    assert seen([sent(8 * GB)]) == {}


def test_a_backup_to_a_service_of_aws_weighs_less_and_a_strangers_instance_does_not() -> None:
    flood = sent(300 * GB)
    (to_s3,) = seen([replace(flood, service="S3")])["exfiltration/host_sends_above_own_baseline"]
    (to_ec2,) = seen([replace(flood, service="EC2")])["exfiltration/host_sends_above_own_baseline"]
    assert (to_s3.severity, to_ec2.severity) == (Severity.LOW, Severity.MEDIUM)
    assert seen([replace(sent(100 * GB), service="S3")]) == {}


def test_where_nobody_said_what_is_outside_it_is_less_sure() -> None:
    told = seen([replace(sent(50 * GB), side=Side.UNKNOWN)], Estate())
    assert told["exfiltration/host_sends_above_own_baseline"][0].confidence == 0.4


def test_several_new_places_that_share_the_load_are_summed() -> None:
    parts = [sent(GB // 2, day=9, to=f"198.51.{n}.7") for n in range(5)]
    (only,) = seen([*days(10**7), *parts])["exfiltration/host_sends_to_new_destination"]
    assert "2.4 GB" in only.why  # without the headers
    assert "and 4 more" in only.why


def test_a_new_host_knows_no_place_and_is_not_blamed_for_it() -> None:
    assert seen([sent(3 * GB, day=20), sent(3 * GB, day=20.5, to="198.51.100.7")]) == {}


def test_a_drip_is_told_where_no_day_is_above_any_threshold() -> None:
    drip = [sent(300_000_000, day=5 + day, to="198.51.100.7") for day in range(10)]
    assert set(seen([*days(10**7), *drip])) == {"exfiltration/host_drips_to_outside"}


def test_a_monitor_that_was_there_before_the_logs_is_no_drip() -> None:
    assert seen([sent(500_000_000, day=day) for day in range(28)]) == {}


def test_a_load_balancers_health_checks_and_a_lost_peer_are_no_scan() -> None:
    checks = [sent(800, packets=10, to=f"10.0.{n // 200}.{n % 200}", port=8000) for n in range(900)]
    lost = [replace(sent(60, packets=1, to="10.0.9.9", port=5432), accepted=False)] * 500
    assert seen([*checks, *lost]) == {}


@pytest.mark.parametrize(
    ("count", "accepted", "told"),
    [(29, False, False), (30, False, True), (199, True, False), (200, True, True)],
)
def test_a_scan_is_many_doors_in_one_hour(count: int, accepted: bool, told: bool) -> None:
    knocks = [replace(sent(60, packets=1, to=f"10.0.7.{n}", port=22), accepted=accepted) for n in range(count)]
    assert ("discovery/host_scans_inside" in seen(knocks)) is told

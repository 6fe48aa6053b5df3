"""What is pruned is never asked for again: no file that holds a wanted event may be stepped over."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.stores.delivery import EARLY, LATE, LATE_AT_BEST, Reason, Standing, Window, leap, standing

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = Window(since=NOON, until=NOON + timedelta(hours=2))
TRAIL = "AWSLogs/111122223333/CloudTrail/eu-central-1/"
ACCOUNTS = ("111122223333", "444455556666", "777788889999")
REGIONS = ("eu-central-1", "us-east-1", "eusc-de-east-1", "us-gov-west-1")

Key = Callable[[str, str, datetime, int], str]


def _trail(account: str, region: str, at: datetime, n: int) -> str:
    return (
        f"{account}/CloudTrail/{region}/{at:%Y/%m/%d}/{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{n:016x}.json.gz"
    )


def _flow(account: str, region: str, at: datetime, n: int) -> str:
    return f"{account}_vpcflowlogs_{region}_fl-{n % 3:08x}_{at:%Y%m%dT%H%MZ}_{n:08x}.log.gz"


def _balancer(account: str, region: str, at: datetime, n: int) -> str:
    file = f"{account}_elasticloadbalancing_{region}_app.lb_{n % 3}.0a1b_{at:%Y%m%dT%H%MZ}_10.0.0.1_{n:x}.log.gz"
    return f"{account}/elasticloadbalancing/{region}/{at:%Y/%m/%d}/{file}"


PROMPT: dict[str, Key] = {
    "trail": lambda a, r, t, n: f"AWSLogs/{_trail(a, r, t, n)}",
    "organisation's trail": lambda a, r, t, n: f"AWSLogs/o-exampleorgid/{_trail(a, r, t, n)}",
    "trail under a prefix": lambda a, r, t, n: f"security/2024/AWSLogs/{_trail(a, r, t, n)}",
    "trail in one heap": lambda a, r, t, n: f"heap/{_trail(a, r, t, n).rpartition('/')[2]}",
    "flows": lambda a, r, t, n: f"AWSLogs/{a}/vpcflowlogs/{r}/{t:%Y/%m/%d}/{_flow(a, r, t, n)}",
    "flows by hour": lambda a, r, t, n: f"flows/AWSLogs/{a}/vpcflowlogs/{r}/{t:%Y/%m/%d/%H}/{_flow(a, r, t, n)}",
    "flows for Hive": lambda a, r, t, n: (
        f"AWSLogs/aws-account-id={a}/aws-service=vpcflowlogs/aws-region={r}/"
        f"year={t:%Y}/month={t:%m}/day={t:%d}/hour={t:%H}/{_flow(a, r, t, n)}"
    ),
    "load balancer": lambda a, r, t, n: f"lb/AWSLogs/{_balancer(a, r, t, n)}",
}
SLOW: dict[str, Key] = {
    "GuardDuty": lambda a, r, t, n: f"AWSLogs/{a}/GuardDuty/{r}/{t:%Y/%m/%d}/{n:032x}.jsonl.gz",
    "access logs by day": lambda a, r, t, n: f"access/{a}/{r}/weights/{t:%Y/%m/%d/%Y-%m-%d-%H-%M-%S}-{n:016X}",
    # The source bucket's own time of event: the key tells the day and zeros.
    "access logs by day of event": lambda a, r, t, n: f"{a}/{r}/weights/{t:%Y/%m/%d/%Y-%m-%d}-00-00-00-{n:016X}",
    "access logs, flat": lambda a, r, t, n: f"flat/{t:%Y-%m-%d-%H-%M-%S}-{n:016X}",
    "access logs, flat with a prefix": lambda a, r, t, n: f"heap/{a}-{t:%Y-%m-%d-%H-%M-%S}-{n:016X}",
    "lake": lambda a, r, t, n: (
        f"aws/CLOUD_TRAIL_MGMT/2.0/region={r}/accountId={a}/eventDay={t:%Y%m%d}/{n:032x}.gz.parquet"
    ),
    "lake's own source": lambda a, r, t, n: f"ext/vllm/region={r}/accountId={a}/eventDay={t:%Y%m%d}/{n:x}.parquet",
}
STRANGE: dict[str, Key] = {
    "somebody's own": lambda a, r, t, n: f"mine/{t:%d.%m.%Y}/{a}-{n}.json.gz",
    "Config": lambda a, r, t, n: f"AWSLogs/{a}/Config/{r}/{t.year}/{t.month}/{t.day}/ConfigHistory/{n}.json.gz",
    "other dates": lambda a, r, t, n: f"{t:%Y-%m-%d}/{n}.json",
    "no folder": lambda a, r, t, n: f"trail-{n}.json.gz",
}
LAYOUTS = {**PROMPT, **SLOW, **STRANGE}


def between(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    return st.datetimes(first.replace(tzinfo=None), last.replace(tzinfo=None), timezones=st.just(UTC))


moments = between(datetime(2019, 12, 30, tzinfo=UTC), datetime(2027, 1, 3, tzinfo=UTC))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Window, set[str], set[str]]:
    """A window, the keys of files with an event in it, and other keys."""
    since, until = sorted((draw(moments), draw(moments)))
    until = min(until, since + draw(st.timedeltas(timedelta(0), timedelta(days=40))))
    window = Window(
        since if draw(st.booleans()) else None,
        until if draw(st.booleans()) else None,
        frozenset(draw(st.sets(st.sampled_from(ACCOUNTS), max_size=2))),
        frozenset(draw(st.sets(st.sampled_from(REGIONS), max_size=2))),
    )
    wanted, others = set(), set()
    for n in range(draw(st.integers(0, 40))):
        name = draw(st.sampled_from(sorted(LAYOUTS)))
        account, region = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(REGIONS))
        if draw(st.booleans()):
            event = draw(between(since, until))
            late = LATE if name in PROMPT else LATE_AT_BEST
            delay = draw(st.timedeltas(-EARLY, late))
            if "day of event" in name or "lake" in name:
                delay = timedelta(0)
            key = LAYOUTS[name](account, region, event + delay, n)
            tells = name not in STRANGE and "flat" not in name
            if tells and (window.accounts and account not in window.accounts):
                continue
            if tells and (window.regions and region not in window.regions):
                continue
            wanted.add(key)
        else:
            others.add(LAYOUTS[name](account, region, draw(moments), n))
    if (window.accounts or window.regions) and wanted:
        wanted = {key for key in wanted if "/Config/" not in key}
    return window, wanted, others


def read_by_leaps(keys: Iterable[str], window: Window) -> set[str]:
    """What a listing that leaps comes by."""
    ordered, at, read = sorted(keys), 0, set()
    while at < len(ordered):
        outside = leap(ordered[at], window)
        if outside is None:
            read.add(ordered[at])
            at += 1
        else:
            at = max(at + 1, bisect_left(ordered, outside.to))
    return read


@given(deliveries())
@settings(max_examples=250, deadline=None)
def test_never_steps_over_a_file_that_holds_a_wanted_event(delivered: tuple[Window, set[str], set[str]]) -> None:
    window, wanted, others = delivered
    assert wanted - read_by_leaps(wanted | others, window) == set()


@given(deliveries())
@settings(max_examples=100, deadline=None)
def test_never_closes_a_folder_that_holds_a_wanted_event(delivered: tuple[Window, set[str], set[str]]) -> None:
    window, wanted, _ = delivered
    for key in wanted:
        parts = key.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth]) + "/"
            outside = leap(folder, window)
            assert outside is None or outside.to.startswith(folder), (folder, outside)


@pytest.mark.parametrize("name", [*PROMPT, *SLOW])
def test_leaves_out_every_layout_s_files_of_other_days(name: str) -> None:
    key = LAYOUTS[name]
    for days in (-400, -2, 3, 400):
        there = key(ACCOUNTS[0], REGIONS[0], NOON + timedelta(days=days), 1)
        outside = leap(there, DAY)
        assert outside is not None, there
        assert outside.why is Reason.DAY


@pytest.mark.parametrize("name", sorted(PROMPT.keys() | SLOW.keys()))
def test_leaves_out_other_accounts_and_regions_of_every_layout_that_tells_them(name: str) -> None:
    there = LAYOUTS[name](ACCOUNTS[0], REGIONS[0], NOON, 1)
    if "flat" in name:
        assert leap(there, Window(accounts=frozenset(ACCOUNTS[1:]))) is None
        return
    account = leap(there, Window(accounts=frozenset(ACCOUNTS[1:])))
    region = leap(there, Window(regions=frozenset(REGIONS[1:])))
    assert account is not None
    assert region is not None
    assert (account.why, region.why) == (Reason.ACCOUNT, Reason.REGION)


def test_leaps_from_years_before_to_the_first_day_and_from_the_last_day_over_the_region() -> None:
    assert leap(TRAIL + "2019/01/01/x.json.gz", DAY) == (TRAIL + "2026/11/20", Reason.DAY)
    after = leap(TRAIL + "2026/11/22/x.json.gz", DAY)
    assert after == (TRAIL[:-1] + "0", Reason.DAY)


def test_within_a_day_the_minute_in_the_name_decides() -> None:
    name = f"{TRAIL}2026/11/20/111122223333_CloudTrail_eu-central-1_20261120T{{}}Z_abcdef0123456789.json.gz"
    kept = [
        time for time in ("0005", "1055", "1105", "1200", "1355", "2000", "2005") if not leap(name.format(time), DAY)
    ]
    assert kept == ["1105", "1200", "1355", "2000"]


def test_the_margin_for_late_delivery_can_be_widened() -> None:
    late = TRAIL + "2026/11/25/111122223333_CloudTrail_eu-central-1_20261125T0000Z_abcdef0123456789.json.gz"
    assert leap(late, DAY) is not None
    assert leap(late, Window(DAY.since, DAY.until, late=timedelta(days=7))) is None


@pytest.mark.parametrize("window", [Window(), DAY])
def test_digests_and_insights_are_left_out_whatever_is_asked_for(window: Window) -> None:
    for service, why in (("CloudTrail-Digest", Reason.DIGEST), ("CloudTrail-Insight", Reason.INSIGHT)):
        folder = f"AWSLogs/111122223333/{service}/"
        assert leap(folder + "eu-central-1/2026/11/20/x.json.gz", window) == (folder[:-1] + "0", why)
        name = f"heap/111122223333_{service}_eu-central-1_t_eu-central-1_20261120T120000Z.json.gz"
        assert (found := leap(name, window)) is not None
        assert found.why is why


def test_times_at_the_ends_of_the_calendar_are_no_error() -> None:
    ends = Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert leap(TRAIL + "2026/11/20/x.json.gz", ends) is None


def test_a_time_of_another_zone_means_the_same_moment() -> None:
    zone = datetime.fromisoformat("2026-11-20T00:30:00+02:00")
    assert leap(TRAIL + "2026/11/19/x.json.gz", Window(since=zone)) is None
    assert leap(TRAIL + "2026/11/18/x.json.gz", Window(since=zone)) is not None


def test_tells_where_a_folder_stands() -> None:
    assert [
        standing(folder) for folder in ("logs/", "AWSLogs/111122223333/", TRAIL, "AWSLogs/111122223333/Config/")
    ] == [
        Standing.UNKNOWN,
        Standing.ABOVE,
        Standing.DATED,
        Standing.OTHER,
    ]

"""A prefix in S3 is searched like a folder: only what is asked for is listed, and what cannot be read says why."""

import gzip
import hashlib
import json
import multiprocessing
import pickle
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.aws.fake_s3 import Asked, Cut, FakeS3, Fault, Refuse, be_somebody, serving
from tests.stores.test_delivery import deliveries

from stanch.app.hunting import hunt
from stanch.aws.doorway import Doorway
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate
from stanch.stores.ahead import Held, ahead
from stanch.stores.delivery import Window
from stanch.stores.s3 import Place, Prefix, S3File
from stanch.stores.search import Search, is_s3

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHANCE = random.Random(1)  # noqa: S311 - a test's content is no secret
TWO_HOURS = Window(since=NOON, until=NOON + timedelta(hours=2))
ACCOUNTS = [f"1111222233{n:02}" for n in range(12)]
REGIONS = ["eu-central-1", "eu-west-1", "us-east-1"]


@pytest.fixture(autouse=True)
def _somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    be_somebody(monkeypatch)


@pytest.fixture
def fake() -> Iterator[FakeS3]:
    with serving() as served:
        yield served


def way(fake: FakeS3) -> Doorway:
    return Doorway(region="eu-central-1", endpoint=fake.endpoint)


def search(fake: FakeS3, prefix: str = "", window: Window = TWO_HOURS) -> Search:
    return Search([f"s3://logs/{prefix}"], window, doorway=way(fake))


def keys(files: Search) -> list[str]:
    return [file.path.removeprefix("s3://logs/") for file in files]


def trail(account: str, region: str, at: datetime, n: int = 0) -> str:
    name = f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{n:016x}.json.gz"
    return f"AWSLogs/o-exampleorgid/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/{name}"


def organisation(days: int, each: int) -> dict[str, bytes]:
    first = NOON - timedelta(days=days)
    return {
        trail(account, region, first + timedelta(days=day, minutes=5 * n), n): b"x"
        for account in ACCOUNTS
        for region in REGIONS
        for day in range(days + 4)
        for n in range(each)
    }


def opened(file: LogFile) -> bytes:
    with file.open() as stream:
        return stream.read()


def test_reads_the_days_asked_for_with_one_listing_for_each_account_and_region(fake: FakeS3) -> None:
    fake.objects = organisation(days=60, each=6)
    files = search(fake, "AWSLogs/")
    found = keys(files)
    assert len(found) == len(ACCOUNTS) * len(REGIONS) * 6
    assert found == sorted(found)
    folders = 2 + len(ACCOUNTS)  # AWSLogs/, the organisation, the accounts; and their one service
    assert fake.lists <= folders + len(ACCOUNTS) + len(ACCOUNTS) * len(REGIONS)
    assert files.fetched is not None
    assert files.fetched.requests == fake.lists


def test_ten_years_of_files_cost_no_more_listings_than_the_days_that_are_wanted(fake: FakeS3) -> None:
    years = {
        trail(ACCOUNTS[0], REGIONS[0], NOON - timedelta(days=day), n): b"" for day in range(3650) for n in range(8)
    }
    fake.objects = years
    assert len(keys(search(fake))) == 8
    assert fake.lists <= 7
    assert sum(asked.after.endswith("/2026/11/20") for asked in fake.asked) == 1


def test_asks_for_nothing_below_an_account_or_region_that_is_not_wanted(fake: FakeS3) -> None:
    fake.objects = organisation(days=3, each=2)
    window = Window(NOON, NOON, frozenset(ACCOUNTS[:1]), frozenset(REGIONS[:1]))
    files = search(fake, window=window)
    assert keys(files) == [trail(ACCOUNTS[0], REGIONS[0], NOON + timedelta(minutes=5 * n), n) for n in range(2)]
    assert not any(account in asked.prefix for asked in fake.asked for account in ACCOUNTS[1:])
    told = {line.why.partition(":")[0]: line for line in files.left_out}
    assert not any(line.fault for line in files.left_out)
    assert "11 files or folders left out, of accounts that were not asked for" in told
    assert "2 files or folders left out, of regions that were not asked for" in told


def test_digests_are_told_as_left_out_and_not_listed(fake: FakeS3) -> None:
    digest = "AWSLogs/111122223300/CloudTrail-Digest/eu-central-1/2026/11/20/{:04}.json.gz"
    fake.objects = {trail(ACCOUNTS[0], REGIONS[0], NOON): b"", **{digest.format(n): b"" for n in range(2000)}}
    files = search(fake, window=Window())
    assert keys(files) == [trail(ACCOUNTS[0], REGIONS[0], NOON)]
    assert fake.lists == 2
    assert [("digests" in line.why, line.fault) for line in files.left_out] == [(True, False)]


def test_flat_access_logs_of_years_are_leapt_over(fake: FakeS3) -> None:
    def key(at: datetime, n: int) -> str:
        return f"access/acme-{at:%Y-%m-%d-%H-%M-%S}-{n:016X}"

    fake.objects = {key(NOON + timedelta(hours=h), n): b"" for h in range(-24 * 300, 24 * 120) for n in range(3)}
    fake.objects["access/zebra.txt"] = b"?"
    files = search(fake, "access/")
    found = keys(files)
    assert {key(NOON, n) for n in range(3)} <= set(found)
    assert "access/zebra.txt" in found
    assert len(found) == 28 * 3 + 1, "from an hour before to a day after"
    assert fake.lists <= 4
    assert "a file in no delivery layout that tells its day, read all the same: access/zebra.txt" in files.remarks[0]


def test_more_folders_than_fit_a_page_are_each_walked_once(fake: FakeS3) -> None:
    lake = "aws/CLOUD_TRAIL_MGMT/2.0/region=eu-central-1/accountId={:012}/eventDay={}/{}.gz.parquet"
    days = ("20251120", "20261120", "20271120")
    fake.objects = {lake.format(account, day, account): b"" for account in range(1, 1400) for day in days}
    found = keys(search(fake))
    assert found == [lake.format(account, "20261120", account) for account in range(1, 1400)]


def test_an_unknown_layout_is_read_whole_and_said_so(fake: FakeS3) -> None:
    fake.objects = {f"lake/{shard:03}/{n}.json": b"" for shard in range(300) for n in range(3)}
    files = search(fake)
    assert keys(files) == sorted(fake.objects)
    assert fake.lists < 210, "folders of no known layout are not all looked into one by one"
    assert "900 files in no delivery layout" in files.remarks[0]


def test_without_bounds_a_prefix_is_listed_a_thousand_keys_a_request(fake: FakeS3) -> None:
    fake.objects = organisation(days=20, each=4)
    assert keys(search(fake, window=Window())) == sorted(fake.objects)
    assert fake.lists == -(-len(fake.objects) // 1000)


def test_a_prefix_is_text_and_the_marks_of_empty_folders_are_no_files(fake: FakeS3) -> None:
    fake.objects = {"prod/": b"", "prod/a": b"1", "prod-b": b"2", "test/a": b"3"}
    assert keys(search(fake, "prod")) == ["prod-b", "prod/a"]


@given(deliveries())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_finds_every_file_that_holds_a_wanted_event(fake: FakeS3, delivered: tuple[Window, set[str], set[str]]) -> None:
    window, wanted, others = delivered
    fake._sorted = []
    fake.objects = dict.fromkeys(wanted | others, b"")
    found = keys(search(fake, window=window))
    assert wanted - set(found) == set()
    assert len(found) == len(set(found))


def test_a_large_object_comes_in_ranges_and_is_the_same(fake: FakeS3) -> None:
    content = CHANCE.randbytes(60_000_000)
    fake.objects = {"big": content}
    (file,) = search(fake)
    with file.open() as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()  # type: ignore[arg-type]  # a BinaryIO is readable
        assert len(fake.gets) == 9
    assert digest == hashlib.sha256(content).digest()
    assert all(asked.range for asked in fake.gets)


def test_a_connection_cut_in_the_middle_loses_and_doubles_nothing(fake: FakeS3) -> None:
    content = CHANCE.randbytes(30_000_000)
    fake.objects = {"big": content}
    fake.fault = lambda asked: None if asked.list or len(fake.gets) > 6 else Cut(CHANCE.randrange(6_000_000))
    (file,) = search(fake)
    assert hashlib.sha256(opened(file)).digest() == hashlib.sha256(content).digest()
    assert len(fake.gets) > 5


def test_an_object_replaced_while_it_is_read_is_told_and_never_mixed(fake: FakeS3) -> None:
    old, new = b"a" * 40_000_000, b"b" * 40_000_000
    fake.objects = {"big": old}

    def replace(asked: Asked) -> Fault:
        if len(fake.gets) == 3:
            fake.objects["big"] = new
        return None

    fake.fault = replace
    (file,) = search(fake)
    got: list[bytes] = []
    with file.open() as stream, pytest.raises(OSError, match="replaced since it was listed"):
        got.extend(iter(lambda: stream.read(1 << 18), b""))
    assert got
    assert b"".join(got) == old[: sum(map(len, got))]


def test_throttling_is_waited_for(fake: FakeS3) -> None:
    fake.objects = {f"{n}": b"body" for n in range(20)}
    seen: set[str] = set()

    def once(asked: Asked) -> Fault:
        if asked.list or asked.key in seen or int(asked.key) % 5:
            return None
        seen.add(asked.key)
        return Refuse(503, "SlowDown", "Please reduce your request rate.")

    fake.fault = once
    assert [opened(file) for file in ahead(search(fake, window=Window()))] == [b"body"] * 20
    assert len(fake.gets) == 24


def test_one_refused_object_does_not_stop_the_others(fake: FakeS3) -> None:
    fake.objects = {"a": b"1", "b": b"2", "c": b"3"}
    fake.fault = lambda asked: Refuse(403, "AccessDenied", "Access Denied") if asked.key == "b" else None
    got: list[bytes | str] = []
    for file in search(fake):
        try:
            got.append(opened(file))
        except OSError as error:
            got.append(str(error.strerror))
    assert got[::2] == [b"1", b"3"]
    assert "s3:GetObject on s3://logs/*" in str(got[1])


def test_a_bucket_that_may_not_be_listed_is_an_entry_that_says_why(fake: FakeS3) -> None:
    fake.fault = lambda _: Refuse(403, "AccessDenied", "Access Denied")
    (file,) = search(fake, "AWSLogs/")
    assert file.path == "s3://logs/AWSLogs/"
    with pytest.raises(OSError, match=r"s3:ListBucket on s3://logs/"):
        file.open()


def test_one_folder_that_may_not_be_listed_does_not_stop_the_others(fake: FakeS3) -> None:
    fake.objects = organisation(days=1, each=1)
    fake.fault = lambda asked: Refuse(403, "AccessDenied") if ACCOUNTS[3] in asked.prefix else None
    files = list(search(fake))
    refused = [file.path for file in files if not isinstance(file, S3File)]
    assert refused == [f"s3://logs/AWSLogs/o-exampleorgid/{ACCOUNTS[3]}/"]
    assert len(files) == 1 + (len(ACCOUNTS) - 1) * len(REGIONS)


def test_without_credentials_the_one_entry_says_what_to_set(fake: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    (nobody,) = Search(["s3://logs/"], doorway=Doorway(profile="nobody-there", region="eu-central-1"))
    with pytest.raises(OSError, match="--profile"):
        nobody.open()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    doorway = Doorway(region="eu-west-1", endpoint=fake.endpoint)
    (unsigned,) = Search(["s3://logs/"], doorway=doorway)
    with pytest.raises(OSError, match="no AWS credentials"):
        unsigned.open()


def test_a_listing_that_is_not_read_to_its_end_leaves_no_thread_behind(fake: FakeS3) -> None:
    fake.objects = organisation(days=5, each=2)
    walk = iter(search(fake))
    next(walk)
    asked = len(fake.asked)
    walk.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(fake.asked) <= asked + 16


def _read_elsewhere(pickled: bytes) -> bytes:
    file: S3File = pickle.loads(pickled)  # noqa: S301 - our own bytes
    return opened(file)


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_file_crosses_into_a_worker_process_without_any_secret(fake: FakeS3, how: str) -> None:
    fake.objects = {"a": gzip.compress(b"one"), "b": gzip.compress(b"two")}
    files = list(search(fake))
    assert opened(files[0]) == fake.objects["a"]  # the parent's door is open when the worker begins
    pickled = [pickle.dumps(file) for file in files]
    assert not any(b"secret" in one for one in pickled)
    with multiprocessing.get_context(how).Pool(1) as workers:
        assert workers.map(_read_elsewhere, pickled) == [fake.objects["a"], fake.objects["b"]]


def test_small_objects_come_ahead_in_order_and_large_and_local_ones_as_they_are(fake: FakeS3, tmp_path: Path) -> None:
    fake.objects = {f"{n:04}": bytes([n % 251]) * n for n in range(2000)} | {"9999": b"z" * 5_000_000}
    (tmp_path / "local").write_bytes(b"here")
    files = Search([str(tmp_path), "s3://logs/"], doorway=way(fake))
    first, *rest, large = ahead(files)
    assert opened(first) == b"here"
    assert [opened(file) for file in rest] == [bytes([n % 251]) * n for n in range(2000)]
    assert all(isinstance(file, Held) for file in rest)
    assert isinstance(large, S3File)
    with large.open() as stream:
        assert stream.read() == fake.objects["9999"]


def test_a_hunt_has_many_small_objects_on_their_way_at_once(fake: FakeS3) -> None:
    fake.objects = {f"{n:03}.json": json.dumps({"Records": [_call(n)]}).encode() for n in range(40)}
    lock, here, most = threading.Lock(), 0, 0

    def slow(asked: Asked) -> Fault:
        nonlocal here, most
        if not asked.list:
            with lock:
                here += 1
                most = max(most, here)
            time.sleep(0.02)
            with lock:
                here -= 1
        return None

    fake.fault = slow
    hunted = hunt(list(search(fake, window=Window())), Estate(), ([], []), processes=1)
    assert hunted.coverage.events == 40
    assert most > 4


def _call(number: int) -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventTime": "2026-11-20T12:30:00Z",
        "eventSource": "sts.amazonaws.com",
        "eventName": "GetCallerIdentity",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a", "accountId": "111122223333"},
        "recipientAccountId": "111122223333",
    }


def test_what_waits_ahead_stays_within_its_budget(fake: FakeS3) -> None:
    fake.objects = {f"{n}": b"x" * 1000 for n in range(50)}
    for number, _ in enumerate(ahead(search(fake), width=50, budget=5000)):
        assert len(fake.gets) <= number + 1 + 5


@pytest.mark.parametrize(
    ("path", "name", "prefix"),
    [
        ("s3://logs", "logs", ""),
        ("s3://logs/", "logs", ""),
        ("s3://logs/a//b c/", "logs", "a//b c/"),
        (
            "s3://arn:aws-eusc:s3:eusc-de-east-1:111122223333:accesspoint/audit/AWSLogs/1",
            "arn:aws-eusc:s3:eusc-de-east-1:111122223333:accesspoint/audit",
            "AWSLogs/1",
        ),
        (
            "s3://arn:aws:s3:eu-central-1:111122223333:accesspoint:audit",
            "arn:aws:s3:eu-central-1:111122223333:accesspoint:audit",
            "",
        ),
    ],
)
def test_reads_buckets_and_access_points(path: str, name: str, prefix: str) -> None:
    assert is_s3(path)
    assert Prefix.parse(path, Doorway()) == Prefix(Place(name, Doorway()), prefix)


@pytest.mark.parametrize("path", ["s3://", "s3:///key", "s3://a b/c", "s3://arn:aws:s3:::logs/x", "s3://-/x"])
def test_refuses_what_names_no_bucket(path: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        Search([path])


def test_refuses_a_bucket_whose_keys_come_in_no_order() -> None:
    with pytest.raises(ValueError, match="directory bucket"):
        Search(["s3://logs--euc1-az1--x-s3/"])


def test_a_search_of_this_machine_loads_no_sdk(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "a").write_text(json.dumps({}))
    code = (
        "import sys; from stanch.stores.search import Search; assert len(list(Search([sys.argv[1]]))) == 1;"
        "sys.exit(any(name in sys.modules for name in ('boto3', 'botocore')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0

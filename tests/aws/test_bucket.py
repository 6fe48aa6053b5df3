"""One object's bytes arrive whole and of one content, or a line says why not."""

import random
import threading
from collections.abc import Callable

import pytest
from tests.aws.fake_s3 import Asked, Cut, FakeS3, Fault, Refuse, etag, serving

from stanch.aws import Credentials, Door
from stanch.aws.bucket import TRIES, Bucket, Fetched, Listed
from stanch.contracts.aws import AwsError

CONTENT = random.Random(3).randbytes(3_000_000)  # noqa: S311 - a test's content is no secret


def bucket(fake: FakeS3, waits: list[float] | None = None, *, payer: bool = False) -> Bucket:
    door = Door.using(Credentials("AKIAEXAMPLE", "secret"), region="eu-central-1", endpoint=fake.endpoint)
    return Bucket(door, "logs", requester_pays=payer, sleep=(waits if waits is not None else []).append)


def listed(key: str = "trail", content: bytes = CONTENT) -> Listed:
    return Listed(key, len(content), etag(content))


def first(
    times: int, fault: Fault, of: Callable[[Asked], bool] = lambda asked: not asked.list
) -> Callable[[Asked], Fault]:
    """The same fault for the first so many requests of a kind."""
    left, guard = [times], threading.Lock()

    def decide(asked: Asked) -> Fault:
        with guard:
            if not of(asked) or not left[0]:
                return None
            left[0] -= 1
            return fault

    return decide


def test_reads_a_whole_object_in_one_request_without_a_range() -> None:
    with serving({"trail": CONTENT}) as fake:
        one = bucket(fake)
        assert bytes(one.read(listed(), 0, len(CONTENT))) == CONTENT
        assert [asked.range for asked in fake.gets] == [""]
        assert one.fetched == Fetched(requests=1, bytes=len(CONTENT))


def test_takes_a_broken_connection_up_where_it_broke() -> None:
    with serving({"trail": CONTENT}) as fake:
        fake.fault = first(2, Cut(1_000_000))
        waits: list[float] = []
        one = bucket(fake, waits)
        assert bytes(one.read(listed(), 0, len(CONTENT))) == CONTENT
        starts = [int(asked.range.removeprefix("bytes=").split("-")[0]) for asked in fake.gets if asked.range]
        assert starts == sorted(starts)
        assert 500_000 < starts[0] <= 1_000_000
        assert len(waits) == 2
        assert one.fetched.bytes == len(CONTENT), "nothing that came was asked for again"


def test_a_connection_that_always_breaks_is_given_up_after_so_many_tries() -> None:
    with serving({"trail": CONTENT}) as fake:
        fake.fault = first(1000, Cut(0))
        with pytest.raises(AwsError) as told:
            bucket(fake).read(listed(), 0, len(CONTENT))
        assert told.value.operation == "s3:GetObject"
        assert len(fake.gets) == TRIES


def test_goes_on_waiting_where_boto3_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stanch.aws.door._RETRIES", {"mode": "standard", "total_max_attempts": 1})
    with serving({"trail": CONTENT}) as fake:
        fake.fault = first(6, Refuse(503, "SlowDown"))
        waits: list[float] = []
        assert bytes(bucket(fake, waits).read(listed(), 0, len(CONTENT))) == CONTENT
        assert len(waits) == 6
        assert len(fake.gets) == 7


def test_a_throttled_listing_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stanch.aws.door._RETRIES", {"mode": "standard", "total_max_attempts": 1})
    with serving({"trail": CONTENT}) as fake:
        fake.fault = first(3, Refuse(503, "SlowDown"), lambda asked: asked.list)
        assert bucket(fake).page("").objects == (listed(),)
        fake.fault = first(1000, Refuse(503, "SlowDown"), lambda asked: asked.list)
        with pytest.raises(AwsError, match="SlowDown"):
            bucket(fake).page("")
        assert fake.lists == 4 + TRIES


def test_an_object_replaced_after_it_was_listed_is_never_read() -> None:
    with serving({"trail": b"x" * len(CONTENT)}) as fake, pytest.raises(AwsError, match="PreconditionFailed"):
        bucket(fake).read(listed(), 0, len(CONTENT))


def test_a_store_that_ignores_conditions_does_not_mix_contents() -> None:
    other = b"x" * len(CONTENT)
    with serving({"trail": CONTENT}) as fake, pytest.raises(AwsError, match="PreconditionFailed"):
        bucket(fake).read(Listed("trail", len(other), "*"), 0, len(CONTENT))


def test_a_refusal_is_not_repeated() -> None:
    with serving({"trail": CONTENT}) as fake:
        fake.fault = first(1000, Refuse(403, "AccessDenied"))
        with pytest.raises(AwsError, match="AccessDenied"):
            bucket(fake).read(listed(), 0, len(CONTENT))
        assert len(fake.gets) == 1


def test_stops_in_the_middle_when_nobody_waits_any_longer() -> None:
    with serving({"trail": CONTENT}) as fake:
        one = bucket(fake)
        got = one.read(listed(), 0, len(CONTENT), lambda: one.fetched.bytes > 0)
        assert 0 < len(got) < len(CONTENT)


def test_a_requester_who_pays_says_so_in_every_request() -> None:
    with serving({"trail": CONTENT}) as fake:
        paying = bucket(fake, payer=True)
        paying.page("")
        paying.read(listed(), 0, len(CONTENT))
        assert [asked.payer for asked in fake.asked] == ["requester", "requester"]


def test_lists_page_by_page_with_every_character_that_a_key_may_have() -> None:
    odd = ["a b+c&d=é/%2F?#.gz", "a/\u2603.gz", "z<>\"'.gz"]
    with serving(dict.fromkeys([*odd, *(f"n/{n:05}" for n in range(2500))], b"1")) as fake:
        one = bucket(fake)
        pages = [one.page("")]
        while pages[-1].token:
            pages.append(one.page("", token=pages[-1].token))
        keys = [item.key for page in pages for item in page.objects]
        assert keys == sorted(fake.objects)
        assert one.fetched == Fetched(requests=3)

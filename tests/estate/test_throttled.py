"""A whole account behind one call a second: every question is answered, and it takes little longer than it must."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from tests.estate.test_looking import Account

from stanch.contracts.aws import AwsError
from stanch.contracts.collector import unseen
from stanch.estate.asking import TRIES, Asking
from stanch.estate.looking import AT_ONCE, Looking

ACCOUNT = "111122223333"
OF_THE_SDK = 5
"""How often botocore asks by itself, after up to 1, 2, 4 and 8 seconds."""


class Hours:
    """Time of many threads, which passes only when all of them wait."""

    def __init__(self, threads: int) -> None:
        self.now = 0.0
        self._busy = threads
        self._turn = threading.Condition()
        self._alarms: list[float] = []

    def wait(self, seconds: float) -> None:
        with self._turn:
            at = self.now + seconds
            self._alarms.append(at)
            self._rest()
            self._turn.wait_for(lambda: self.now >= at and at not in self._alarms)

    def gone(self) -> None:
        """One thread has nothing more to do."""
        with self._turn:
            self._rest()

    def _rest(self) -> None:
        self._busy -= 1
        if self._busy == 0 and self._alarms:
            self.now = min(self._alarms)
            woken = self._alarms.count(self.now)
            self._alarms = [one for one in self._alarms if one > self.now]
            self._busy = woken
            self._turn.notify_all()


class Service:
    """AWS as it throttles: so many calls a second, and as the SDK asks it: five times before it tells of it."""

    def __init__(self, hours: Hours, a_second: float) -> None:
        self.asked = 0
        self._hours, self._rate = hours, a_second
        self._left, self._since = 1.0, 0.0
        self._lock, self._random = threading.Lock(), Random(7)  # noqa: S311 - jitter, no secret

    def call(self) -> str:
        for attempt in range(OF_THE_SDK):
            with self._lock:
                self.asked += 1
                now = self._hours.now
                self._left = min(self._left + (now - self._since) * self._rate, max(1.0, self._rate))
                self._since = now
                answered = self._left >= 1
                self._left -= answered
                pause = self._random.random() * 2**attempt
            self._hours.wait(0.05)
            if answered:
                return "answer"
            if attempt < OF_THE_SDK - 1:
                self._hours.wait(pause)
        raise AwsError("iam:GetRole", "Throttling", "Rate exceeded")


@pytest.mark.parametrize(("questions", "services"), [(700, 1), (700, 12), (7000, 1)])
def test_at_one_call_a_second_all_is_answered_and_takes_at_most_a_third_more_than_it_must(
    questions: int, services: int
) -> None:
    hours = Hours(AT_ONCE)
    service = Service(hours, 1.0)
    asking = Asking(wait=hours.wait, clock=lambda: hours.now)
    todo, answers, lock = list(range(questions)), Counter[str](), threading.Lock()

    def work() -> None:
        try:
            while True:
                with lock:
                    if not todo:
                        return
                    number = todo.pop()
                told = asking.answer((ACCOUNT, "eu-central-1", f"service-{number % services}"), service.call)
                with lock:
                    answers[told] += 1
        finally:
            hours.gone()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for one in [pool.submit(work) for _ in range(AT_ONCE)]:
            one.result()
    assert answers == {"answer": questions}
    assert hours.now < questions * 4 / 3


def test_a_list_of_many_pages_goes_on_from_the_page_that_was_throttled() -> None:
    asked = Counter[str]()

    class Reluctant(Account):
        def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
            page = int(params.get("NextToken", 0))
            asked[str(page)] += 1
            if asked[str(page)] < TRIES:
                raise AwsError("ec2:DescribeInstances", "RequestLimitExceeded", "Request limit exceeded.")
            return {"Reservations": [page], **({"NextToken": str(page + 1)} if page < 99 else {})}

    with ThreadPoolExecutor(1) as pool:
        looking = Looking(Reluctant(), pool, Asking(wait=lambda _: None))
        found = looking.list("ec2", "DescribeInstances", "Reservations", of="ec2")
    assert found == list(range(100))
    assert looking.unknowns == []
    assert set(asked.values()) == {TRIES}


def test_pages_that_lead_in_a_circle_are_a_gap_and_no_endless_list() -> None:
    class Circling(Account):
        def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
            return {"Reservations": [1], "NextToken": "again"}

    with ThreadPoolExecutor(1) as pool:
        looking = Looking(Circling(), pool)
        assert unseen(looking.list("ec2", "DescribeInstances", "Reservations", of="ec2"))
    assert looking.unknowns[0].code == "PaginationError"

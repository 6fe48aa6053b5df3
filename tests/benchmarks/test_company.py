"""A benign world is a yardstick only while it stays the same, and looks like what CloudTrail delivers."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from benchmarks.benign.company import month, places
from benchmarks.benign.world import Record

from stanch import estate


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return month.records()


def test_the_same_seed_gives_the_same_month_and_another_seed_another(records: list[Record]) -> None:
    assert month.records() == records
    assert month.records(5) != records


def test_every_record_is_of_the_month_and_of_an_account_of_the_company(records: list[Record]) -> None:
    end = places.MONTH + timedelta(days=places.DAYS + 1)
    times = [datetime.fromisoformat(record["eventTime"]) for record in records]
    assert times == sorted(times)
    assert times[0] >= places.MONTH
    assert times[-1] < end
    assert {record["recipientAccountId"] for record in records} == set(places.ACCOUNTS)
    assert len({record["eventID"] for record in records}) == len(records)


def test_every_kind_of_caller_appears(records: list[Record]) -> None:
    kinds = Counter(record["userIdentity"].get("type", "AWSAccount") for record in records)
    assert set(kinds) == {"AssumedRole", "AWSAccount", "AWSService", "IAMUser", "Root", "SAMLUser", "WebIdentityUser"}
    assert {record["eventCategory"] for record in records} == {"Management", "Data"}
    assert any(record.get("errorCode") for record in records)


def test_its_estate_file_is_one_that_a_person_could_write() -> None:
    ours = estate.read(places.ESTATE, "company")
    assert set(ours.perimeter.accounts) == set(places.ACCOUNTS)
    assert {asset.name for asset in ours.assets} == {"ranker", "clickstream"}

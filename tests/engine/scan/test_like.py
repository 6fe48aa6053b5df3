"""What is known of a caller is known of all his calls: whatever else a call says, these facts stay what they are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from tests.engine.scan.records import ACCOUNT, ESTATE, records

from stanch import estate
from stanch.domain.event import Event
from stanch.engine.enrich import FACTS, Enricher
from stanch.engine.enrich.view import OF_CALLER
from stanch.engine.scan.line import ABOUT_CALLER

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("declared", [True, False])
@given(records())
def test_a_view_like_another_of_the_same_caller_says_what_it_would_say_itself(
    declared: bool, some: list[dict[str, Any]]
) -> None:
    enricher = Enricher(estate.read(ESTATE if declared else "", "test"), (ACCOUNT,))
    for record in some:
        stub = {name: record[name] for name in ("userIdentity", *ABOUT_CALLER) if record.get(name) is not None}
        caller, alone = enricher.view(_event(stub)), enricher.view(_event(record))
        alike = enricher.view(_event(record), caller)
        assert {name: alike.values(name) for name in FACTS} == {name: alone.values(name) for name in FACTS}
        assert {name: caller.values(name) for name in OF_CALLER} == {name: alone.values(name) for name in OF_CALLER}
        assert (alike.actor, alike.network_side, alike.account_side) == (
            alone.actor,
            alone.network_side,
            alone.account_side,
        )


def _event(record: dict[str, Any]) -> Event:
    return Event("id", NOON, "cloudtrail", "file", record)

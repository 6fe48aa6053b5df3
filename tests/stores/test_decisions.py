"""A question and its answers are found again by the plan they are about, and by nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stanch.contracts.store import StoreError
from stanch.domain.decision import Answer, Question
from stanch.stores.codec import decode, encode
from stanch.stores.open import open_stores

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def question(plan: str, minutes: int = 0) -> Question:
    asked = NOON + timedelta(minutes=minutes)
    return Question("inc-1", plan, asked, asked + timedelta(hours=1), 2, ("isolate the host",), ("mode is ask",))


def answer(plan: str, by: str) -> Answer:
    return Answer("inc-1", plan, True, by, NOON, "arn:aws:iam::111122223333:role/responder", "seen")


def test_gives_back_what_was_asked_and_answered(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.decisions.ask(question("ab" * 32))
        stores.decisions.answer(answer("ab" * 32, "alice"))
        stores.decisions.answer(answer("cd" * 32, "bob"))
    with open_stores(tmp_path) as stores:
        assert stores.decisions.question("abABab") == question("ab" * 32)
        assert stores.decisions.answers("ab" * 32) == [answer("ab" * 32, "alice")]


def test_the_newest_question_about_a_plan_is_the_one_that_stands(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.decisions.ask(question("ab" * 32))
        stores.decisions.ask(question("ab" * 32, minutes=90))
        assert stores.decisions.asked("ab" * 32) == question("ab" * 32, minutes=90)
        assert stores.decisions.asked("cd" * 32) is None


def test_a_hash_that_names_no_plan_or_several_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.decisions.ask(question("abcdef" + "0" * 58))
        stores.decisions.ask(question("abcdef" + "1" * 58))
        with pytest.raises(StoreError, match="2 plans begin with 'abcdef'; give more of the hash"):
            stores.decisions.question("abcdef")
        for none in ("abc", "ffffff", ""):
            with pytest.raises(StoreError, match="no such plan was asked"):
                stores.decisions.question(none)


def test_what_was_taken_back_is_kept_beside_what_was_said(tmp_path: Path) -> None:
    taken = replace(answer("ab" * 32, "alice"), yes=False, withdrawn=True)
    with open_stores(tmp_path) as stores:
        stores.decisions.answer(answer("ab" * 32, "alice"))
        stores.decisions.answer(taken)
    with open_stores(tmp_path) as stores:
        assert stores.decisions.answers("ab" * 32) == [answer("ab" * 32, "alice"), taken]


def test_answers_of_a_stanch_that_knew_no_taking_back_are_read_as_they_are() -> None:
    kept = answer("ab" * 32, "alice")
    older = encode(kept).replace(',"withdrawn":false', "")
    assert "withdrawn" not in older
    assert decode(older, Answer, "a test") == kept

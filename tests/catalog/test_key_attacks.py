"""Attacks on the model's door in the variants that a page's one example leaves out, and what only looks like them."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest

from stanch import app
from stanch.contracts.behaviour import Sighting
from stanch.contracts.inference import InferenceBehaviour, TrafficBehaviour
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.inference import Inference
from stanch.domain.severity import Severity
from stanch.engine.shelf import implementing
from tests.catalog.calls import traffic

MONDAY = 20_605 * 86_400.0
HOUR, DAY = 3600, 86_400
OURS = Estate(perimeter=Perimeter(networks=(ip_network("10.0.0.0/8"),)))
_numbers = iter(range(1 << 40))


def seen(name: str, calls: Sequence[Inference], estate: Estate = OURS) -> list[Sighting]:
    """What one detection says of these calls."""
    (unit,) = (one for one in app.shelf("detections", ".py") if one.id == f"inference/{name}")
    with traffic(calls, estate) as of:
        if hasattr(unit.module(), "compare"):
            across = implementing(unit, TrafficBehaviour)
            return list(across.compare(of, across.LIMITS))
        alone = implementing(unit, InferenceBehaviour)
        return [found for history in of.histories() for found in alone.examine(history, alone.LIMITS)]


def call(day: float, second: float = 0, **told: Any) -> Inference:
    """A call at noon of a day, or so many seconds later."""
    usual: dict[str, Any] = {
        "key": "k", "address": "10.1.1.1", "agent": "openai-python/1.30", "model": "llama", "operation": "chat",
        "tokens_in": 80, "tokens_out": 200, "status": 200, "request": f"r{next(_numbers)}",
    }  # fmt: skip
    return Inference(time=MONDAY + day * DAY + 12 * HOUR + second, log="litellm", file="a", **usual | told)


def past(days: int, per_day: int = 30, **told: Any) -> list[Inference]:
    """Working days of a key."""
    return [call(day, -10_000 + 600 * i, **told) for day in range(days) for i in range(per_day)]


def probe(day: float, second: float, *tokens: int, **told: Any) -> Inference:
    """A call for one token that biases some."""
    named = tuple(map(str, tokens))
    return call(day, second, tokens_out=1, max_tokens=1, biases=len(named), bias_tokens=named, **told)


def test_a_layer_read_in_small_portions_is_seen_within_the_week() -> None:
    slow = [probe(day, 60 * i, day * 900 + i, logprobs=20) for day in range(6) for i in range(60)]
    first, *others = seen("last_layer_probed", slow)
    assert first.severity is Severity.HIGH
    assert "240 calls for one token with its logprobs in 4 days" in first.why
    assert len({cell.start // DAY for cell in first.cells}) == 4
    assert [len({cell.start // DAY for cell in one.cells}) for one in others] == [1, 1]


def test_a_layer_searched_without_logprobs_is_seen_with_less_severity() -> None:
    (found,) = seen("last_layer_probed", [probe(0, 10 * i, i // 10) for i in range(1500)])
    assert found.severity is Severity.MEDIUM
    assert "without its logprobs" in found.why


@pytest.mark.parametrize("rarely", [True, False], ids=["a few at a time", "all at once"])
def test_the_labels_of_a_classifier_are_no_sweep_however_many(rarely: bool) -> None:
    labels = [range(i % 40 * 6, i % 40 * 6 + 6) if rarely else range(250) for i in range(300)]
    calls = [probe(day, 60 * i, *labels[i], logprobs=5) for day in range(10) for i in range(300)]
    assert [
        one for one in seen("last_layer_probed", calls) if min(cell.start for cell in one.cells) > MONDAY + DAY
    ] == []
    assert rarely or seen("last_layer_probed", calls) == []


PROSE = [f"{first}{second}ward" for first in "abcdefghij" for second in "klmnopqrst"]


def scored(day: int, second: int, prompt: str) -> Inference:
    return call(day, second, prompt=prompt, tokens_out=1, max_tokens=1, logprobs=1)


def test_candidate_texts_whose_next_token_is_weighed_are_membership_probes() -> None:
    texts = [
        scored(5, 10 * i, " ".join(PROSE[(i // 30 * 7 + place * 11) % 97] for place in range(40))) for i in range(900)
    ]
    (found,) = seen("membership_probed", past(5) + texts)
    assert "900 calls in a day for one token and its logprobs" in found.why


def test_one_question_of_many_texts_is_a_classifier() -> None:
    asked = "Is the following mail spam or is it not? Answer with yes or no. Mail:"
    assert seen("membership_probed", past(5) + [scored(5, 10 * i, f"{asked} text {i}") for i in range(900)]) == []


def timed(day: int, second: int, prompt: str) -> Inference:
    return call(day, second, prompt=prompt, tokens_out=1, max_tokens=1, first_ms=80.0)


def test_a_prompt_read_word_by_word_is_seen_from_the_first_day() -> None:
    known = "You are the assistant of"
    guesses = [timed(0, i, f"{known}{' and so on' * (i // 20)} guess{i % 20}") for i in range(600)]
    (found,) = seen("prefix_cache_timed", guesses)
    assert found.severity is None
    assert "guesses at the last word after 30 beginnings" in found.why


def test_one_question_about_many_words_is_no_guess() -> None:
    asked = "Is the following word a person's name? Answer yes or no:"
    assert seen("prefix_cache_timed", [timed(0, i, f"{asked} word{i}") for i in range(600)]) == []


ELSEWHERE = {"address": "203.0.113.9", "agent": "curl/8.7"}


def test_a_few_calls_from_outside_are_enough_for_a_key_that_never_left_our_networks() -> None:
    stolen = [call(8 + night, 600 * i, **ELSEWHERE) for night in range(2) for i in range(3)]
    (found,) = seen("key_in_new_network", past(10) + stolen)
    assert "6 calls from 203.0.113.0/24" in found.why
    assert seen("key_in_new_network", past(10, address="198.51.100.7") + stolen) == []


def test_a_thief_who_takes_a_little_each_day_is_seen_where_the_days_add_up() -> None:
    stolen = [call(7 + day, 600 * i, **ELSEWHERE) for day in range(3) for i in range(8)]
    (found,) = seen("key_in_new_network", past(10, address="198.51.100.7") + stolen)
    assert "24 calls" in found.why


def test_another_version_of_a_client_is_no_other_client() -> None:
    moved = [call(8, 60 * i, address="203.0.113.9", agent="openai-python/2.1") for i in range(50)]
    assert seen("key_in_new_network", past(8) + moved) == []


@pytest.mark.parametrize("networks", [9, 1])
def test_a_client_that_is_rolled_out_comes_to_many_keys_from_many_networks(networks: int) -> None:
    used = [one for key in range(9) for one in past(9, key=f"key{key}", address=f"198.51.{key}.7")]
    came = [
        call(8, 60 * i, key=f"key{key}", address=f"203.0.{key % networks}.9", agent="addin/1")
        for key in range(9)
        for i in range(30)
    ]
    assert len(seen("key_in_new_network", used + came)) == (0 if networks == 9 else 9)


@pytest.mark.parametrize(("hour", "times"), [(-10, 1), (0, 0)], ids=["by night", "by day"])
def test_a_new_network_of_ours_is_told_by_night_alone(hour: int, times: int) -> None:
    inside = [call(8, hour * HOUR + 60 * i, address="10.9.9.9", agent="curl/8.7") for i in range(40)]
    found = seen("key_in_new_network", past(9) + inside)
    assert len(found) == times
    assert all(one.severity is None for one in found)


def test_who_changes_his_client_uses_the_new_one_by_day_as_well() -> None:
    used = [
        call(9 + day, hour * HOUR, agent="aider/0.6") for day in range(5) for hour in (-11, -10, -10, -10, -1, 0, 1, 2)
    ]
    assert seen("key_at_new_hour", past(14) + used) == []
    asleep = [one for one in used if (one.time - MONDAY) % DAY < 6 * HOUR]
    assert len(seen("key_at_new_hour", past(14) + asleep)) == 1


def copied(addresses: int) -> list[Inference]:
    """Twelve keys of one tenant that ask alike for two days, from so many networks each."""
    opening = "Write a complete, well commented solution to this task, with tests, for me: "
    return past(8, key="other", tenant="a") + [
        call(
            day, 60 * i, key=f"key{key}", tenant="red", prompt=f"{opening} {i}", tokens_out=1500,
            address=f"198.{key}.{i % addresses}.7", agent="node",
        )
        for day in (6, 7) for key in range(12) for i in range(70)
    ]  # fmt: skip


def test_keys_of_one_tenant_behind_proxies_for_hire_copy_together() -> None:
    (found,) = seen("distilled_by_many_keys", copied(30))
    assert found.why.startswith("12 keys of 1 tenants share the opening of their prompts")


def test_keys_of_one_tenant_on_its_servers_are_its_application() -> None:
    assert seen("distilled_by_many_keys", copied(3)) == []


def search(day: int, second: int, **told: Any) -> Inference:
    return call(day, second, operation="retrieval", tokens_out=0, **told)


def test_who_counts_through_the_ids_of_a_store_is_seen_by_the_sum() -> None:
    usual = [search(day, 60 * i, asked=8) for day in range(6) for i in range(50)]
    (found,) = seen("vector_store_swept", [*usual, *(search(6, i, asked=10) for i in range(4500))])
    assert found.severity is Severity.MEDIUM
    assert seen("vector_store_swept", [*usual, *(search(6, i, asked=10) for i in range(1500))]) == []


def test_a_store_scrolled_through_its_proxy_is_seen_by_the_bytes() -> None:
    usual = [search(day, 60 * i, key="", bytes_out=6000) for day in range(4) for i in range(300)]
    scroll = [search(3, i, key="", address="203.0.113.9", bytes_out=800_000) for i in range(100)]
    (found,) = seen("vector_store_swept", usual + scroll)
    assert "80 MB of a store's answers in a day to 203.0.113.0/24" in found.why
    busy = [search(3, i, key="", address="203.0.113.9", bytes_out=6000) for i in range(10_000)]
    assert seen("vector_store_swept", usual + busy) == []

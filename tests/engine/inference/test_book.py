"""Calls to cells: sums are exact, lines of one request are one call, and whatever is read first is no matter."""

import random
from dataclasses import fields
from typing import Any

import pyarrow as pa
import pytest
from tests.catalog.calls import traffic

from stanch.contracts.behaviour import CallCell
from stanch.contracts.inference import KeyHistory
from stanch.domain.estate import Estate, Gateway, Response
from stanch.domain.inference import Inference
from stanch.engine.inference.book import Book
from stanch.engine.inference.fold import Fold
from stanch.engine.inference.queries import KEPT_CELLS
from stanch.engine.inference.summed import Summed
from stanch.engine.inference.traffic import KeyTraffic, key_arn

KEY = "88dc" * 16
START = 1_780_272_000.0


def asked(place: int = 0, **more: object) -> Inference:
    """A gateway's line."""
    told: dict[str, object] = {
        "time": START + place, "log": "litellm", "file": "gateway.jsonl", "request": f"r{place}", "key": KEY,
        "address": "198.51.100.7", "agent": "client/1", "model": "llama-70b", "operation": "chat", "tokens_in": 80,
        "tokens_out": 200, "status": 200,
    }  # fmt: skip
    return Inference(**(told | more))  # type: ignore[arg-type]


def served(place: int = 0, **more: object) -> Inference:
    """The server's line of the same call."""
    told: dict[str, object] = {
        "time": START + place + 1, "log": "vllm", "file": "vllm.log", "request": f"r{place}", "operation": "chat",
        "tokens_in": 81, "tokens_out": 201, "first_ms": 20.0, "prompt_logprobs": 1, "prompt": "poem " * 50,
    }  # fmt: skip
    return Inference(**(told | more))  # type: ignore[arg-type]


def histories(*calls: Inference, estate: Estate | None = None) -> list[KeyHistory]:
    """The histories of these calls."""
    with traffic(calls, estate) as of:
        return list(of.histories())


def test_calls_of_one_hour_are_one_cell_with_exact_sums() -> None:
    (history,) = histories(*(asked(place, status=429 if place % 4 == 0 else 200, cost=0.5) for place in range(100)))
    (cell,) = history.cells
    assert (cell.count, cell.failed, cell.throttled, cell.tokens_in, cell.tokens_out) == (100, 25, 25, 8000, 20_000)
    assert (cell.cost, cell.first, cell.last) == (50.0, int(START), int(START) + 99)
    assert (cell.network, cell.files) == ("198.51.100.0/24", ("gateway.jsonl",))


def test_what_is_not_told_adds_nothing() -> None:
    (history,) = histories(asked(0, tokens_in=-1, tokens_out=-1, status=-1), asked(1))
    (cell,) = history.cells
    assert (cell.count, cell.failed, cell.tokens_in, cell.tokens_out) == (2, 0, 80, 200)


def test_a_servers_line_adds_what_the_gateways_did_not_tell_and_no_call() -> None:
    (history,) = histories(*(asked(place) for place in range(30)), *(served(place) for place in range(30)))
    assert history.key.endswith(KEY)
    assert sum(cell.count for cell in history.cells) == 30
    assert sum(cell.joined for cell in history.cells) == 30
    assert sum(cell.tokens_out for cell in history.cells) == 30 * 200
    assert sum(cell.prompt_scored for cell in history.cells) == 30
    assert max(cell.run_in for cell in history.cells) == 50
    assert {(mark.kind, mark.count) for mark in history.marks} == {("template", 30), ("again", 29)}
    assert history.joined == {(int(START), "vllm"): 30}


def test_a_server_knows_the_tokens_where_the_gateway_does_not_and_a_proxy_the_address() -> None:
    proxied = Inference(START, "nginx", "access.log", "r0", address="203.0.113.9", agent="browser", status=200)
    (history,) = histories(asked(tokens_in=-1, tokens_out=-1, address="", agent=""), served(), proxied)
    (cell,) = [cell for cell in history.cells if cell.joined]
    assert (cell.tokens_out, cell.network, cell.agent) == (201, "203.0.113.0/24", "browser")
    assert sum(cell.count for cell in history.cells) == 1


def test_a_line_that_no_gateway_knows_is_a_call_of_nobodys() -> None:
    nobody, somebody = histories(asked(0), served(1))
    assert (nobody.key, nobody.cells[0].count, somebody.cells[0].joined) == ("", 1, 0)


def test_a_client_that_gives_all_its_calls_one_id_hides_none_of_them() -> None:
    calls = [asked(place, request="same") for place in range(50)]
    nobody, mine = histories(*calls, *(served(place, request="same") for place in range(60)))
    assert sum(cell.count for cell in mine.cells) == sum(cell.joined for cell in mine.cells) == 50
    assert sum(cell.count for cell in nobody.cells) == 10


def test_a_line_of_another_day_is_another_call_whatever_its_id() -> None:
    keys = {history.key for history in histories(asked(0), served(0, time=START + 90_000))}
    assert "" in keys


def test_a_caller_with_an_address_for_each_call_has_few_cells_and_all_his_calls() -> None:
    calls = [asked(place, address=f"198.{place % 200}.{place // 200}.7") for place in range(1000)]
    (history,) = histories(*calls)
    assert len(history.cells) == KEPT_CELLS + 1
    assert sum(cell.count for cell in history.cells) == 1000


def test_the_order_of_lines_is_no_matter() -> None:
    calls = [asked(place, model=f"m{place % 3}") for place in range(300)] + [
        served(place) for place in range(0, 300, 7)
    ]
    turned = calls.copy()
    random.Random(3).shuffle(turned)  # noqa: S311 - any order does
    wanted = [one.name for one in fields(CallCell) if one.name not in ("events", "address", "files")]

    def told(of: list[KeyHistory]) -> list[tuple[Any, ...]]:
        return sorted([tuple(getattr(cell, name) for name in wanted) for one in of for cell in one.cells])

    assert told(histories(*turned)) == told(histories(*calls))


def test_histories_can_be_asked_for_again() -> None:
    with traffic([asked(0), asked(1, key="b" * 64)]) as of:
        assert [one.key for one in of.histories()] == [one.key for one in of.histories()]


def test_a_key_is_named_by_its_gateway_where_one_of_its_kind_is_declared() -> None:
    one = Gateway("main", "https://gateway.internal", "KEY")
    other = Gateway("edge", "https://edge.internal", "KEY")
    assert key_arn(KEY, "litellm", Estate(response=Response(gateways=(one,)))) == f"arn:gateway:litellm:main::key/{KEY}"
    assert key_arn(KEY, "otel", Estate(response=Response(gateways=(one, other)))).startswith(
        "arn:gateway:litellm:unknown"
    )
    assert key_arn("arn:aws:iam::1:role/x", "bedrock", Estate()) == "arn:aws:iam::1:role/x"


def test_a_key_that_no_arn_can_hold_is_mended_and_still_told_from_others() -> None:
    names = {key_arn(key, "kong_ai", Estate()) for key in ("a b", "a\x1bb", "a*b", "a<b", "ab" * 500, "ab" * 501)}
    assert len(names) == 6
    assert all(name.isascii() and name.isprintable() and "*" not in name and len(name) < 200 for name in names)


def test_what_both_lines_of_a_call_hold_is_counted_once() -> None:
    leaky = "LEAK:secret/aws-access-key"
    calls = [asked(place, prompt="poem", answer=leaky) for place in range(3)]
    calls += [served(place, prompt="poem", answer=leaky) for place in range(3)]
    (history,) = histories(*calls)
    assert {(mark.kind, mark.count) for mark in history.marks} == {("template", 3), ("again", 2), ("leak", 3)}
    assert sum(cell.leaking for cell in history.cells) == 3


def test_what_only_the_servers_line_holds_is_the_keys() -> None:
    (history,) = histories(asked(0, prompt="poem"), served(0, prompt="", answer="LEAK:canary/crm"))
    assert ("leak", "canary/crm", 1) in {(mark.kind, mark.value, mark.count) for mark in history.marks}


def proxied(place: int = 0, **more: object) -> Inference:
    """The line of a proxy in front of the gateway, which logs a hash of the same key."""
    told: dict[str, object] = {
        "time": START + place, "log": "nginx", "file": "access.log", "request": f"r{place}", "key": KEY,
        "address": "203.0.113.9", "agent": "browser", "operation": "chat", "status": 200, "bytes_in": 300,
        "bytes_out": 900,
    }  # fmt: skip
    return Inference(**(told | more))  # type: ignore[arg-type]


def sums(history: KeyHistory, *names: str) -> tuple[Any, ...]:
    """The sums of these fields over all cells."""
    return tuple(sum(getattr(cell, name) for cell in history.cells) for name in names)


def test_a_call_that_gateway_proxy_and_server_log_is_one_also_where_the_proxy_knows_the_key() -> None:
    calls = [one(place) for place in range(40) for one in (proxied, asked, served)]
    (history,) = histories(*calls)
    assert sums(history, "count", "joined", "tokens_out", "bytes_out", "failed") == (40, 40, 40 * 200, 40 * 900, 0)
    assert {cell.network for cell in history.cells} == {"198.51.100.0/24"}
    assert history.joined == {(int(START), "nginx"): 40, (int(START), "vllm"): 40}


def test_what_only_one_of_two_keyed_lines_tells_is_kept() -> None:
    (history,) = histories(asked(0, address="", agent="", status=-1), proxied(0, status=500))
    assert sums(history, "count", "failed", "tokens_in", "bytes_in") == (1, 1, 80, 300)
    assert {(cell.network, cell.agent) for cell in history.cells if cell.joined} == {("203.0.113.0/24", "browser")}


def test_lines_of_one_key_in_two_logs_with_ids_of_their_own_are_two_calls() -> None:
    (history,) = histories(asked(0), proxied(0, request="other"))
    assert sums(history, "count", "joined") == (2, 0)


def test_an_id_that_comes_again_on_another_day_is_another_call() -> None:
    (history,) = histories(asked(0), proxied(0, time=START + 90_000))
    assert sums(history, "count", "joined") == (2, 0)


def test_a_key_that_gives_all_its_calls_one_id_is_counted_as_often_as_the_log_that_saw_most() -> None:
    calls = [asked(place, request="same") for place in range(50)]
    (history,) = histories(*calls, *(proxied(place, request="same") for place in range(60)))
    assert sums(history, "count", "joined") == (60, 50)


def test_two_keys_that_choose_the_same_id_stay_two() -> None:
    one, other = histories(asked(0), proxied(0, key="b" * 64))
    assert {sums(each, "count", "joined") for each in (one, other)} == {(1, 0)}


def test_a_proxy_in_front_knows_a_call_by_an_id_of_its_own() -> None:
    calls = [asked(place, extra={"front": f"front-{place}"}) for place in range(30)]
    calls += [served(place) for place in range(30)]
    (history,) = histories(*calls, *(proxied(place, key="", request=f"front-{place}") for place in range(30)))
    assert sums(history, "count", "joined", "bytes_out") == (30, 30, 30 * 900)
    (again,) = histories(*calls, *(proxied(place, request=f"front-{place}") for place in range(30)))
    assert sums(again, "count", "joined", "bytes_out") == (30, 30, 30 * 900)


def test_calls_of_one_id_in_front_are_each_counted_and_none_is_hidden() -> None:
    calls = [asked(place, extra={"front": "same"}) for place in range(30)]
    nobody, mine = histories(*calls, *(proxied(place, key="", request="same") for place in range(40)))
    assert (sums(mine, "count", "joined"), sums(nobody, "count", "joined")) == ((30, 30), (10, 0))


def test_a_call_without_a_key_stands_in_as_many_logs_as_tell_of_it() -> None:
    (history,) = histories(served(0), proxied(0, key=""))
    assert (history.key, [(cell.log, cell.count) for cell in history.cells]) == ("", [("nginx+vllm", 1)])


def test_clocks_that_are_some_minutes_apart_join_and_those_a_day_apart_do_not() -> None:
    (history,) = histories(asked(0), served(0, time=START - 1800))
    assert sums(history, "count", "joined") == (1, 1)
    assert len(histories(asked(0), served(0, time=START - 90_000))) == 2


def test_texts_that_two_logs_hold_are_counted_once() -> None:
    leaky = "LEAK:secret/aws-access-key"
    calls = [asked(place, prompt=f"poem {place}", answer=leaky) for place in range(3)]
    spans = [
        asked(place, log="otel", prompt=f"poem {place}", answer=leaky, agent="", cost=-1, tokens_in=-1)
        for place in range(3)
    ]
    (history,) = histories(*calls, *spans)
    assert {(mark.kind, mark.count) for mark in history.marks} == {("template", 3), ("leak", 3)}
    assert sums(history, "count", "leaking", "opened") == (3, 3, 3)
    told = [served(place, prompt=f"poem {place}") for place in range(3)]
    (nobody,) = histories(*told, *(one._replace(log="otel") for one in told))
    assert {(mark.kind, mark.count) for mark in nobody.marks} == {("template", 3)}


@pytest.mark.parametrize("later", [{"log": "vllm", "key": ""}, {"log": "otel", "tokens_in": -1}])
@pytest.mark.parametrize("order", [1, -1])
def test_lines_join_whatever_file_comes_first_and_however_many_lie_between(later: dict[str, Any], order: int) -> None:
    files = [[asked(place) for place in (0, 1)], [asked(2)], [asked(1, prompt_logprobs=1, **later)]][::order]
    with Book() as book:
        for calls in files:
            fold, summed = Fold(), Summed()
            for call in calls:
                fold.take(call)
            fold.close(summed)
            book.take(summed)
        settled = book.settle()
        assert settled is not None
        (history,) = KeyTraffic(book, settled, Estate()).histories()
    assert sums(history, "count", "joined", "prompt_scored", "tokens_in") == (3, 1, 1, 240)


def test_the_same_prompt_has_another_hash_in_every_search() -> None:
    hashes = set()
    for salt in (b"one", b"other"):
        fold, summed = Fold(salt=salt), Summed()
        fold.take(asked(prompt="Is it you?"))
        fold.close(summed)
        hashes |= {row["value"] for sent in summed.marks for row in pa.ipc.open_stream(sent).read_all().to_pylist()}
    assert len(hashes) == 2

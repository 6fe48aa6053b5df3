"""An answer that prints the system prompt of its own call is told; what an application says every day is not."""

from collections.abc import Sequence

import pytest

from stanch.catalog.detections.inference import system_prompt_leaked as behaviour
from stanch.contracts.behaviour import Sighting
from stanch.domain.inference import Inference
from tests.catalog.calls import traffic

NOON = 1_780_272_000 + 43_200
DAY = 86_400
PROMPT = (
    "You are Orla, the assistant of Northwind Freight. You help customers who track a parcel, change an address or ask "
    "for a refund. Never promise a refund above 40 euros; hand such a case to the night desk. Answer in the language "
    "of the customer, in at most three sentences."
)


def calls(
    day: int, answers: Sequence[str], system: str = PROMPT, log: str = "litellm", key: str = "88dc" * 16
) -> list[Inference]:
    """One call a minute from noon of this day, each with its answer."""
    return [
        Inference(
            time=NOON + day * DAY + 60.0 * place, log=log, file=f"{log}.jsonl", request=f"{day}-{place}", key=key,
            model="llama", operation="chat", status=200, prompt="What is it?", system=system, answer=answer,
        )
        for place, answer in enumerate(answers)
    ]  # fmt: skip


def seen(*of: list[Inference]) -> list[Sighting]:
    with traffic([call for each in of for call in each]) as told:
        return [one for history in told.histories() for one in behaviour.examine(history, behaviour.LIMITS)]


def test_one_answer_among_eight_is_told_with_its_figures() -> None:
    (one,) = seen(calls(0, ["No."] * 20), calls(1, [*["No."] * 7, f"Here: {PROMPT}"]))
    assert one.why == "1 of 8 answers of a day repeat the system prompt of their own call"
    assert one.confidence is None  # the detection's own
    assert one.resources == ("arn:gateway:litellm:unknown::key/" + "88dc" * 16,)


def test_on_the_first_day_of_a_key_it_is_less_sure() -> None:
    (one,) = seen(calls(0, [*["No."] * 7, PROMPT]))
    assert one.confidence == behaviour.LIMITS.cold


@pytest.mark.parametrize(("share", "days"), [(0, 2), (4, 1)])
def test_what_an_application_quotes_each_day_is_usual(share: int, days: int) -> None:
    """Of twenty answers four quote the prompt on each of three days; on a day of ten times as many, too."""
    quoting = [*[PROMPT] * share, *["No."] * (20 - share)]
    found = seen(*(calls(day, quoting) for day in range(3)), calls(3, [PROMPT] * 4 * 10 + ["No."] * 16 * 10))
    assert len(found) == (1 if share == 0 else days)


def test_a_share_five_times_above_the_usual_is_told() -> None:
    usual = [PROMPT, *["No."] * 39]
    assert len(seen(*(calls(day, usual) for day in range(3)), calls(3, [PROMPT] * 4 + ["No."] * 36))) == 1
    assert len(seen(*(calls(day, usual) for day in range(3)), calls(3, [PROMPT] * 5 + ["No."] * 35))) == 2


def test_a_text_that_comes_with_few_calls_is_to_be_read_and_one_that_comes_with_five_is_an_order() -> None:
    for sent, told in ((4, 0), (5, 1)):
        assert len(seen(calls(0, [PROMPT, *["No."] * (sent - 1)]), calls(1, ["No."] * 9, system=""))) == told
    texts = [f"{'x' * number} {PROMPT}" for number in range(30)]
    assert seen(*(calls(0, [text], system=text, key=f"{place:064x}") for place, text in enumerate(texts))) == []


def test_one_call_in_two_logs_repeats_its_prompt_once() -> None:
    answers = ["No."] * 7 + [PROMPT]
    (one,) = seen(calls(0, answers), calls(0, answers, log="otel"))
    assert one.why.startswith("1 of 8 answers")


def test_a_server_s_line_that_holds_the_words_of_a_gateway_s_call_is_its_keys() -> None:
    answers = ["No."] * 7 + [PROMPT]
    silent = [call._replace(prompt="", answer="", system="") for call in calls(0, answers)]
    (one,) = seen(silent, calls(0, answers, log="otel", key=""))
    assert one.why.startswith("1 of 8 answers")
    assert one.resources == ("arn:gateway:litellm:unknown::key/" + "88dc" * 16,)

"""Of a prompt nothing stays but hashes and lengths."""

import re
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from stanch.engine.inference.text import RUN, features, longest_run, opening

TEXT = "Summarise this letter from the customer in two sentences, and say what she wants."


def test_prompts_of_one_template_share_it_whatever_numbers_and_quotes_they_hold() -> None:
    one = features('Translate "good morning" for order 4711 into the German language, please, as before: a', "")
    other = features('Translate "see you" for order 12 into the German language, please, as before: b', "")
    assert one.template == other.template
    assert one.prompt != other.prompt


def test_prompts_that_begin_otherwise_have_another_template() -> None:
    assert features(TEXT, "").template != features(f"Please {TEXT}", "").template


def test_a_run_is_a_word_forty_times_in_a_row() -> None:
    assert features("poem " * RUN, "").run_in == RUN
    assert features("poem " * (RUN - 1), "").run_in == 0
    assert features(f"{TEXT} {'poem ' * RUN}", "").run_in == RUN
    assert features("one two " * RUN, "").run_in == 0


def test_an_answer_that_leaves_its_run_diverged_and_one_that_loops_to_its_end_did_not() -> None:
    after = " ".join(f"word{number}" for number in range(40))
    assert features("", f"{'poem ' * 50}{after}").diverged
    assert not features("", "poem " * 90).diverged
    assert not features("", after).diverged


def test_ten_megabytes_are_looked_at_in_no_time() -> None:
    for hostile in ("a" * 10_000_000, "a " * 5_000_000, '"' * 10_000_000, "1'" * 5_000_000, "\n" * 10_000_000):
        began = process_time()
        features(hostile, hostile)
        assert process_time() - began < 1


@given(st.text(), st.text())
def test_whatever_the_texts_their_features_hold_no_word_of_them(prompt: str, answer: str) -> None:
    found = features(prompt, answer)
    for value in (found.template, found.prompt, found.prefix):
        assert re.fullmatch(r"(?:[0-9a-f]{16})?", value)
    assert opening(prompt) == opening(prompt[:600])


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=200))
def test_the_longest_run_is_the_longest(words: list[str]) -> None:
    best = max((len(match[0].split()) for match in re.finditer(r"(\w)(?: \1)*", " ".join(words))), default=0)
    assert longest_run(words)[0] == (best if best >= RUN else 0)

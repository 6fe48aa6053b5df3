"""A sentence comes back changed, and is known; another of the same words is not."""

import pickle
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import harmless
from stanch.engine.canary.find import Finder, Known
from stanch.engine.canary.marks import Canary, Kind, seed
from stanch.engine.canary.words import LANGUAGES, Sentence, sentences

SECRET, OTHER = b"k" * 32, b"o" * 32


def said(canary: Canary, secret: bytes = SECRET) -> list[Sentence]:
    return list(sentences(seed(secret, canary), canary))


def known(canary: Canary, secret: bytes = SECRET) -> Known:
    told = said(canary, secret)
    return Known(canary.where, canary.kind.value, tuple(s.words for s in told), tuple(s.code for s in told))


PLACES = [
    Canary(Kind.PROMPT, f"bot {number}", tenant, 1, language)
    for number in range(50)
    for tenant in ("acme", "brno")
    for language in LANGUAGES
]
FINDER = Finder(tuple(map(known, PLACES)))
each_language = pytest.mark.parametrize("language", LANGUAGES)


def found(text: str) -> list[tuple[str, bool]]:
    return [(hit.place, hit.fuzzy) for hit in FINDER(text)]


def test_each_place_tenant_kind_and_generation_has_a_sentence_of_its_own_and_always_the_same() -> None:
    one = PLACES[0]
    others = [
        replace(one, place="bot 1"),
        replace(one, tenant="brno"),
        replace(one, kind=Kind.RAG),
        replace(one, generation=2),
    ]
    texts = [said(each)[0].text for each in (one, *others)]
    assert len(set(texts)) == len(texts)
    assert said(one) == said(one)
    assert said(one) != said(one, OTHER)
    assert seed(SECRET, Canary(Kind.RAG, "a", "b|c")) != seed(SECRET, Canary(Kind.RAG, "a|b", "c"))


def test_every_sentence_names_its_place_and_tenant_and_no_other() -> None:
    for canary in PLACES:
        for text in (said(canary)[0].text, said(canary)[0].words, f"It said {said(canary)[0].code}, I think"):
            assert found(text) == [(canary.where, False)]


def test_sentences_under_another_secret_are_nobodys() -> None:
    text = "\n".join(
        sentence.text
        for number in range(500)
        for language in LANGUAGES
        for sentence in said(Canary(Kind.DATASET, f"s3://b/{number}/", "", 1, language, 10), OTHER)
    )
    assert found(text) == []


def test_prose_code_ids_and_numbers_hold_none() -> None:
    pages = "\n".join(path.read_text() for path in Path(__file__).parents[3].glob("docs/**/*.md"))
    assert found(pages) == []
    assert found("\n".join(sample.text for sample in harmless.lookalikes(Random(7), 3000))) == []  # noqa: S311


@each_language
@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.upper(),
        lambda text: text.replace(" ", "\n"),
        lambda text: text.replace(" ", " \t\u00a0"),
        lambda text: f"> **{text.replace(' ', '** _')}_",
        lambda text: text.replace("o", "\u043e").replace("e", "\u0435").replace("a", "\u0430"),
        "\u200b".join,
        lambda text: text.replace("i", "\uff49"),
        lambda text: text.replace("\u00fc", "u\u0308").replace("\u00f6", "o\u0308"),
        lambda text: "Yes: " + text + " And so on.",
    ],
    ids=["case", "lines", "blanks", "marks", "cyrillic", "unseen", "wide", "taken-apart", "around"],
)
def test_what_copying_does_to_a_text_does_not_hide_it(changed: object, language: str) -> None:
    for canary in [each for each in PLACES if each.language == language]:
        words = said(canary)[0].words
        assert [place for place, _ in found(changed(words))] == [canary.where]  # type: ignore[operator]


@each_language
def test_a_word_broken_at_a_lines_end_is_one_word(language: str) -> None:
    for canary in [each for each in PLACES if each.language == language]:
        words = said(canary)[0].words.split()
        longest = max(words, key=len)
        broken = [f"{word[:3]}-\n{word[3:]}" if word == longest else word for word in words]
        assert [place for place, _ in found(" ".join(broken))] == [canary.where]


@each_language
def test_two_words_missing_added_or_changed_still_name_the_place(language: str) -> None:
    chance = Random(3)  # noqa: S311
    seen = tried = 0
    for canary in [each for each in PLACES if each.language == language]:
        for _ in range(10):
            words = said(canary)[0].words.split()
            for _ in range(2):
                at = chance.randrange(len(words))
                deed = chance.choice(("missing", "added", "changed"))
                if deed == "added":
                    words.insert(at, "quietly")
                else:
                    words[at : at + 1] = [] if deed == "missing" else ["thing"]
            tried += 1
            hits = found(" ".join(words))
            seen += len(hits)
            assert [place for place, _ in hits] in ([], [canary.where])
    assert seen == tried


def test_half_a_sentence_is_not_told_and_its_code_alone_is() -> None:
    (sentence,) = said(PLACES[0])
    half = " ".join(sentence.words.split()[:8])
    assert found(half) == []
    assert found(f"{half} {sentence.code}") == [(PLACES[0].where, False)]


def test_a_code_is_read_with_its_misreadings_and_only_where_it_stands_alone() -> None:
    finder = Finder((Known("here", "rag", codes=("K70F-3M21",)),))
    for text in ("k7of 3m2l", "K7OF3M2I", "(K70F-3M21)"):
        assert [hit.place for hit in finder(text)] == ["here"]
    for text in ("AK70F-3M21", "K70F-3M210", "K70F--3M21", "K70F-3M2"):
        assert list(finder(text)) == []


def test_it_travels_to_another_process_without_the_secret() -> None:
    travelled = pickle.loads(pickle.dumps(FINDER))  # noqa: S301 - our own
    assert [hit.place for hit in travelled(said(PLACES[3])[0].text)] == [PLACES[3].where]
    assert SECRET not in pickle.dumps(FINDER)


def test_a_text_made_to_be_looked_at_for_ever_is_not() -> None:
    words = said(PLACES[0])[0].words.split()
    spam = f"{words[0]} {words[1]} " * 100_000
    assert found(spam) == []


@given(st.text(st.characters(), max_size=300))
def test_no_text_is_too_odd_to_be_looked_at(text: str) -> None:
    assert found(text) == []
    (sentence,) = said(PLACES[1])
    assert [place for place, _ in found(f"{text} {sentence.text} {text}")] == [PLACES[1].where]


def test_halves_of_letters_and_what_is_no_text_are_passed_over() -> None:
    (sentence,) = said(PLACES[0])
    for odd in ("\ud800\udcff", "\x00" * 50, "\U0010ffff", "a\u0300" * 5000):
        assert found(f"{odd} {sentence.text} {odd}") == [(PLACES[0].where, False)]

import json
import pickle
import tracemalloc
from collections import Counter
from dataclasses import asdict
from random import Random
from time import process_time
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import harmless, leaking
from stanch.app.inspecting import patterns
from stanch.engine.inspect import Inspector, Pattern

SALT = bytes(range(32))
INSPECTOR = Inspector(patterns(), salt=SALT)
GITHUB = "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"


def kinds(text: str) -> list[str]:
    return [leak.kind for leak in INSPECTOR.inspect(text)]


@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern.kind)
def test_a_leak_of_each_kind_is_found_where_it_is_and_told_without_itself(pattern: Pattern) -> None:
    found = Counter[bool]()
    for sample in leaking.positives([pattern], Random(pattern.kind), 3):  # noqa: S311 - a seed
        ((_, offset, length),) = sample.leaks
        value = sample.text[offset : offset + length]
        told = INSPECTOR.inspect(sample.text)
        right = [
            leak
            for leak in told
            if leak.category == pattern.category and _touches(leak.offset, leak.length, offset, length)
        ]
        found[bool(right)] += 1
        for leak in right:
            held = sample.text[leak.offset : leak.offset + leak.length]
            assert held in value or value in held or len(held) > 8
            assert held not in repr(told)
            assert held not in json.dumps([asdict(each) for each in told])
            shown = leak.masked.replace("*", "")
            assert len(shown) <= min(4, leak.length // 4)
    assert found[True] >= 2


def _touches(offset: int, length: int, other: int, most: int) -> bool:
    return offset < other + most and other < offset + length


def test_ids_hashes_order_numbers_and_test_cards_are_no_leaks() -> None:
    told = [
        (sample.what, leak.kind)
        for sample in harmless.lookalikes(Random(5), 300)  # noqa: S311
        for leak in INSPECTOR.inspect(sample.text)
    ]
    assert told == []


def test_one_wrong_digit_makes_it_no_leak() -> None:
    samples = leaking.near_misses(patterns(), Random(6), 2)  # noqa: S311
    told = [(sample.what, leak.kind) for sample in samples for leak in INSPECTOR.inspect(sample.text)]
    assert len(told) <= 1  # a number that fails as one kind may by chance be one of another


def test_real_forms_are_known_by_their_checksum() -> None:
    assert kinds(f"token {GITHUB} ok") == ["github-token"]
    assert kinds(f"token {GITHUB[:-1]}8 ok") == []
    assert kinds("KVNR A123456780, Rentenversicherung 65 180539 W 001") == [
        "de-health-insurance",
        "de-pension-insurance",
    ]
    assert kinds("IBAN DE08 3704 0044 0532 0131 00") == ["iban"]
    assert kinds("codice fiscale RSSMRA85T10A562S") == ["it-fiscal-code"]


def test_a_number_with_few_check_digits_needs_its_word_beside_it() -> None:
    assert kinds("BSN 111222333") == ["nl-citizen-number"]
    assert kinds("article 111222333") == []
    assert kinds(f"BSN {'. ' * 60} 111222333") == []


def test_offsets_are_characters_of_a_string_and_bytes_of_bytes() -> None:
    text = f"Schlüssel für Käthe: {GITHUB}, für Jörg: jörg schrieb an anna.schmidt@posteo.net"
    for leak, value in zip(INSPECTOR.inspect(text), (GITHUB, "anna.schmidt@posteo.net"), strict=True):
        assert text[leak.offset : leak.offset + leak.length] == value
    data = b"\xff\xfe\x00" + text.encode()
    for leak, value in zip(INSPECTOR.inspect(data), (GITHUB, "anna.schmidt@posteo.net"), strict=True):
        assert data[leak.offset : leak.offset + leak.length] == value.encode()


def test_the_same_number_in_other_groups_has_the_same_hash_and_another_under_another_salt() -> None:
    (spaced,) = INSPECTOR.inspect("DE08 3704 0044 0532 0131 00")
    (plain,) = INSPECTOR.inspect("DE08370400440532013100")
    (other,) = Inspector(patterns(), salt=b"another salt of 32 bytes, random").inspect("DE08370400440532013100")
    assert spaced.digest == plain.digest != other.digest


def test_a_salt_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="can be guessed"):
        Inspector((), salt=b"short")


def test_it_travels_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(INSPECTOR)).inspect(GITHUB) == INSPECTOR.inspect(GITHUB)  # noqa: S301 - our own


@pytest.mark.parametrize(
    "piece",
    ["@", "a@a", "a" * 63 + "@", "eyJ" + "a" * 20 + ".", "-----BEGIN RSA PRIVATE KEY-----\n", "https://a:",
     "token key ", "4111 ", "+49 ", "DE89 3704 ", "tel. 0", "postgres://a:b", "password=", "\x00",
     "AKIA", "ü@", "+49 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 ", "PuTTY-User-Key-File-3: a\n", "0" * 9 + " bsn "],
)  # fmt: skip
def test_a_hostile_text_of_megabytes_takes_seconds(piece: str) -> None:
    text = piece * (3_000_000 // len(piece))
    began = process_time()
    INSPECTOR.inspect(text)
    assert process_time() - began < 8


def test_says_of_which_kinds_not_all_lookalikes_were_looked_at() -> None:
    told = INSPECTOR.inspect("anna@posteo.net " * 30_000)
    assert told.cut == ("mail-address",)
    assert told


@settings(max_examples=150, deadline=None)
@given(st.text(), st.text(), st.sampled_from([GITHUB, "anna.schmidt@posteo.net", "4556 7375 8689 9855"]))
def test_whatever_is_around_it_offsets_hold_and_nothing_in_clear_is_told(before: str, after: str, value: str) -> None:
    text = f"{before} {value} {after}"
    told = INSPECTOR.inspect(text)
    for leak in told:
        assert leak.offset >= 0
        assert leak.offset + leak.length <= len(text)
    assert any(text[leak.offset : leak.offset + leak.length] == value for leak in told)
    assert value not in repr(told) + repr(INSPECTOR)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_can_be_looked_into(data: bytes) -> None:
    for leak in INSPECTOR.inspect(data):
        assert leak.offset + leak.length <= len(data)


class Planted(NamedTuple):
    place: str
    kind: str
    fuzzy: bool


def _planted(text: str) -> list[Planted]:
    return [Planted("s3://training/rows", "sentence", "quiet" not in text)] if "lantern" in text else []


def test_a_canary_is_sure_and_names_its_place() -> None:
    look = Inspector(patterns(), salt=SALT, canaries=_planted)
    (sure,), (changed,) = look.inspect("The quiet lantern hums."), look.inspect(b"the QUIET lantern")
    assert (sure.category, sure.about, sure.confidence) == ("canary", "s3://training/rows", 1.0)
    assert changed.confidence < 1.0
    assert not look.inspect("Nothing.")


@pytest.mark.parametrize("before", ["\\n", "\\t", "key%3D", "\\u003d", "\x1b[32m", "\x1b[1m"])
def test_what_ends_in_a_letter_and_parts_words_hides_no_leak(before: str) -> None:
    found = {GITHUB: "github-token", "anna.schmidt@posteo.net": "mail-address"}
    for value, kind in found.items():
        text = f"so:{before}{value}\\nend"
        (leak,) = INSPECTOR.inspect(text)
        assert leak.kind == kind
        assert text[leak.offset : leak.offset + leak.length].endswith(value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"tax_id": "36 574 261 809"}', "de-tax-id"),
        ('{"taxId": "36574261809"}', "de-tax-id"),
        ("cpr_number: 070761-4285", "dk-cpr"),
        ('"cardNumber": "4556737586899855"', "card-number-unspaced"),
        ("card 3056-930902-5904 expired", None),
        ("Diners card 36227206271667", None),
        ("Diners 3622-720627-1675", "card-number"),
        ("rodné číslo: 710319/2745", "cz-birth-number"),
        ("NIE: X-2482300-W", "es-identity"),
        ("matricule 1893120105732", "lu-national-number"),
        ("numéro fiscal 0701987765493", "fr-tax-number"),
        ("Steuernummer 59-119/9013", "at-tax-number"),
        ("IBAN DE08 3704\u00a00044\u00a00532 0131 00", "iban"),
        ("IBAN DE08 3704 0044\n0532 0131 00", "iban"),
        ("IBAN DE89 3704 0044 0532 0130 00", None),
        ("the sum of 111222333; BSN-Studie", None),
        ("Authorization: Bearer kX92mfQ0s8Vn2LpT4zR7wYb3", "bearer-authorization"),
        ("client_secret=kX92mfQ0s8Vn2LpT4zR7wYb3", "generic-secret"),
        ("api_key = my_own_key_of_production_2026", None),
        ("Password: Sommer2026!", "typed-password"),
        ("password: str = Field(min_length=8)", None),
        ("password = PBKDF2WithHmacSHA256", None),
        ("token: dp.pt.Jq8Zk3Wf0Lx7Vn2Cb5Ty9Rm1Hs4Pd6Ga8Ue3Ki7Oq0z", "doppler-token"),
        ("cloudinary://874837483274837:a3fX9kQ2vB7nM1cZ5tY8wL0pR4s@clinic", "cloudinary-url"),
        ("key 5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", None),
        ("private key (WIF): 5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "bitcoin-private-key"),
        ("It is abc8Q~" + "Zk3Wf0Lx7Vn2Cb5Ty9Rm1Hs4Pd6Ga8Ue3K.", "azure-client-secret"),
    ],
)
def test_forms_that_answers_use(text: str, kind: str | None) -> None:
    assert kinds(text) == ([kind] if kind else [])


def test_a_hostile_text_does_not_fill_the_memory() -> None:
    tracemalloc.start()
    told = INSPECTOR.inspect(b"@a" * 3_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told.cut == ("mail-address",)
    assert peak < 20_000_000

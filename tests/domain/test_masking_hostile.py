"""Whoever may write a tag may try to hide a secret from the mask, or to keep whoever masks it busy for days."""

import base64
import gzip
import hashlib
import re
import time
from collections.abc import Callable

import pytest

from stanch.domain.masking import mask, masked, masked_surely


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "-" * 200_000,
        "--stdin" * 30_000,
        "---a" * 50_000,
        "a=" * 100_000,
        "a: " + 'a="' * 50_000,
        "htpasswd -" + "b" * 200_000,
        "curl " * 40 + "-u" * 100 + "a" * 1_000_000,
    ],
    ids=["dashes", "flags", "dashes and names", "names in values", "quotes in values", "a long flag", "a long user"],
)
def test_a_hostile_text_costs_what_it_is_long(text: str) -> None:
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < 10, "by its square it would be an hour"


def test_what_is_packed_again_and_again_is_unpacked_to_a_bound() -> None:
    text = "a b " * 10_000
    for _ in range(3):
        text = _packed((text + " ").encode() * 80)
    assert len(text) < 4000
    began = time.process_time()
    assert masked_surely(text).startswith("[masked:encoded:"), "nobody knows what it holds"
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "data",
    [
        b" " * (2 << 20) + b"password=Sommer2024",
        "für password=Sommer2024".encode("latin-1"),
        b"words\xff password=Sommer2024",
    ],
)
def test_a_secret_behind_much_or_behind_another_alphabet_is_packed_in_vain(data: bytes) -> None:
    assert masked_surely(_packed(data)).startswith("[masked:encoded:")


def test_the_second_member_of_a_gzip_is_read_too() -> None:
    both = gzip.compress(b"hello") + gzip.compress(b"password=Sommer2024")
    assert masked_surely(base64.b64encode(both).decode()).startswith("[masked:encoded:")


def test_a_command_that_powershell_encoded_is_read() -> None:
    command = base64.b64encode("$password='Sommer2024'".encode("utf-16-le")).decode()
    assert masked_surely(f"powershell -EncodedCommand {command}") == (
        f"powershell -EncodedCommand {mask('encoded', command)}"
    )


@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("pack", [lambda data: data, lambda data: gzip.compress(data, mtime=0)])
def test_base64_in_lines_is_one_word(width: int, pack: Callable[[bytes], bytes]) -> None:
    script = (
        "".join(f"echo {hashlib.sha256(bytes([n])).hexdigest()[:9]}\n" for n in range(12)) + "PASSWORD=Sommer2024\n"
    )
    word = base64.b64encode(pack(script.encode())).decode()
    lines = "\n".join(f"  {word[at : at + width]}" for at in range(0, len(word), width))
    hidden = masked_surely(f"content:\n{lines}\n")
    assert re.fullmatch(r"content:\n  \[masked:encoded:\d+:[0-9a-f]+\]\n", hidden), hidden


def test_lines_that_only_look_like_one_word_are_words_of_their_own() -> None:
    digests = "\n".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(3))
    assert masked_surely(digests) == digests
    secret = base64.b64encode(b"words and more words and more words: PASSWORD=Sommer2024").decode()
    assert masked_surely(f"{secret}\nexport") == f"{mask('encoded', secret)}\nexport"


@pytest.mark.parametrize(
    "text",
    [
        "jdbc:mysql://db/x?user=u&password={}",
        "password := {}",
        "Environment=DB_PASSWORD={}",
        'Environment="DB_PASSWORD={}"',
        "note: docker --env=DB_PASSWORD={}",
        "'password' => '{}'",
        '{{"Key": "DbPassword", "Value": "{}"}}',
        r'"{{\"OutputKey\": \"AdminPassword\", \"OutputValue\": \"{}\"}}"',
        r'"\"{{\\\"password\\\": \\\"{} \\\"}}\""',
    ],
)
def test_a_name_tells_however_it_is_assigned(text: str) -> None:
    hidden = masked_surely(text.format("Sommer2024"))
    assert "Sommer2024" not in hidden
    assert "[masked:named-so:" in hidden


def test_a_value_with_an_ampersand_is_hidden_to_its_end() -> None:
    assert masked_surely("DB_PASSWORD=abc&def&ghi") == f"DB_PASSWORD={mask('named-so', 'abc&def&ghi')}"

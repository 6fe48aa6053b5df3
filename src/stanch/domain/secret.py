"""A secret is known by its issuer's shape, by the name it is given, or because nobody would write such a text by hand.

Blind to: short random values without a telling name, secrets in other alphabets, secrets cut into pieces.
"""

import itertools
import math
import re
from collections import Counter

PEM = re.compile(
    r"-{4,5} ?BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)? ?-{4,5}.*?"
    r"(?:-{4,5} ?END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)? ?-{4,5}|\Z)",
    re.DOTALL,
)
SHAPES = {
    "aws-access-key": re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    "github-token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    "gitlab-token": re.compile(r"\bglpat-[\w-]{20,}"),
    "slack-token": re.compile(r"\bxox[abeoprs]-[\w-]{10,}"),
    "hugging-face-token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "model-api-key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "payment-key": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    "google-api-key": re.compile(r"\bAIza[\w-]{35}"),
    "json-web-token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    "url-password": re.compile(r"(?<=://)(?!\[masked:)[^\s/@:'\"]*:(?![$%<{])[^\s/'\"]+(?=@)|(?<=://)[\w.-]{24,}(?=@)"),
    "storage-account-key": re.compile(r"(?<=AccountKey=)[A-Za-z0-9+/=]{40,}"),
}
"""Shapes that their issuers document."""
MAY_HAVE_SHAPE = re.compile(r"A[KS]IA|gh[pousr]_|github_pat_|glpat-|xox|hf_|sk-|[rs]k_live_|AIza|eyJ|://|AccountKey=")
"""What one of the shapes needs."""
DIGEST = re.compile(r"sha(?:1|256|512)[:-][0-9a-fA-F]+")
_HARMLESS = re.compile(
    r"(?i)true|false|yes|no|none|null|\d{1,5}|\[masked:.*|"
    r"(?:arn:|s3://|/|\./|~/|\$|`|\{\{|%|<|ssm:|secretsmanager:|vault:|https?://[^@]*$).*"
)
"""Values that name where a secret is, or are none: a reference, a path, a template, a switch."""
REFERENCE = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[\w-]*:\d*:[\w:/.*+=@-]+|s3://[a-z0-9.-]{3,63}(?:/[\w/.=-]*)?")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_SECRET_ENDS = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "credential", "credentials"),
    *("passwort", "kennwort", "contraseña", "contrasena", "wachtwoord", "jelszó", "hasło"),
)
_SECRET_WORDS = {"pass", "passe", "senha"}
_SECRET_KEYS = {"access", "account", "api", "auth", "encryption", "master", "private", "secret", "shared", "signing"}
_ABOUT = {
    "arn", "class", "count", "enabled", "endpoint", "expiry", "file", "header", "id", "length", "limit", "name", "path",
    "prefix", "provider", "region", "size", "stdin", "timeout", "ttl", "type", "uri", "url", "version",
}  # fmt: skip
"""A last word that makes the name speak about a secret: SECRET_ARN, TOKEN_URL."""
TOKEN = re.compile(r"[A-Za-z0-9+/=]{20,}")
_SHORTEST = 6
_SHORTEST_RANDOM = 20
_SHORTEST_HEX = 32
_AWS_SECRET = 40


def why_secret(value: str, name: str = "") -> str | None:
    """Why a value looks like a secret, in a word (`private-key`, `random`, `named-so`), or None when it does not."""
    if PEM.search(value):
        return "private-key"
    for why, shape in SHAPES.items():
        if shape.search(value):
            return why
    if is_named_so(value, name):
        return "named-so"
    if REFERENCE.fullmatch(value) or DIGEST.search(value):
        return None
    return "random" if any(is_random(token) for token in TOKEN.findall(value)) else None


def is_named_so(value: str, name: str) -> bool:
    """Whether the name says that this value is a secret, and the value is no reference, path, template or switch."""
    return len(value) >= _SHORTEST and not is_harmless(value) and _tells(name)


def is_harmless(value: str) -> bool:
    """Whether a value says where a secret is rather than being one: `$TOKEN`, an ARN, a path, a switch."""
    return _HARMLESS.fullmatch(value) is not None


def _tells(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    pairs = itertools.pairwise(words)
    return (
        words[-1] in _SECRET_WORDS
        or any(word.endswith(_SECRET_ENDS) for word in words)
        or any(second == "key" and first in _SECRET_KEYS for first, second in pairs)
    )


def is_random(token: str) -> bool:
    """Whether nobody would write this by hand: all kinds of characters, often changing, or many hexadecimal digits."""
    if "/" in token and len(token) != _AWS_SECRET and not token.endswith("="):
        return any(is_random(part) for part in token.split("/") if len(part) >= _SHORTEST_RANDOM)
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", token):
        return len(token) >= _SHORTEST_HEX and _bits(token) > 3
    kinds = [_kind(character) for character in token]
    changes = sum(one != other for one, other in itertools.pairwise(kinds))
    mixed = {"digit", "lower", "upper"} <= set(kinds)
    if len(token) == _AWS_SECRET and mixed and _bits(token) > 4.3:
        return True
    # Names in CamelCase change kind every third character, random text more than every second.
    return mixed and changes / len(token) > 0.4 and _bits(token) > 3.5


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "sign"


def _bits(text: str) -> float:
    """Shannon's entropy, in bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())

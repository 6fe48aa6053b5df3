"""Texts that hold leaks, made up from a seed, each leak with its place and kind; and leaks with one digit wrong.

A leak is made by the form that its pattern tells, with a true check digit where its kind has one; IBAN, card, JSON Web
Token and the other structured ones by makers of their own, which know nothing of the patterns.
"""

import base64
import importlib
import json
import string
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from random import Random
from typing import Any
from zlib import crc32

from benchmarks.harmless import Sample, prose
from stanch.engine.inspect import Pattern
from stanch.engine.inspect.checks import check_named

_PARSER: Any = importlib.import_module("re._parser")
_TRIES = 60_000
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def written(expression: str, chance: Random, most: int = 12) -> str:
    """A string that this expression matches."""
    return "".join(_written(node, chance, most) for node in _PARSER.parse(expression))


def _written(node: tuple[Any, Any], chance: Random, most: int) -> str:
    op, value = str(node[0]), node[1]
    if op == "LITERAL":
        return chr(value)
    if op == "NOT_LITERAL":
        return chance.choice([c for c in string.ascii_letters if ord(c) != value])
    if op == "IN":
        return chance.choice(_class(value))
    if op == "ANY":
        return chance.choice(string.ascii_lowercase)
    if op in {"MAX_REPEAT", "MIN_REPEAT"}:
        low, high, inside = value
        times = chance.randint(low, min(high, low + most))
        return "".join(_written(each, chance, most) for _ in range(times) for each in inside)
    if op == "SUBPATTERN":
        return "".join(_written(each, chance, most) for each in value[3])
    if op == "BRANCH":
        return "".join(_written(each, chance, most) for each in chance.choice(value[1]))
    return ""


def _class(items: Sequence[tuple[Any, Any]]) -> list[str]:
    found: set[str] = set()
    for op, value in items:
        if str(op) == "LITERAL":
            found.add(chr(value))
        elif str(op) == "RANGE":
            found |= {chr(code) for code in range(value[0], value[1] + 1)}
        elif str(op) == "CATEGORY":
            found |= set(" ")
    if str(items[0][0]) == "NEGATE":
        return [c for c in string.ascii_letters + string.digits + "_-!" if c not in found]
    return sorted(found)


def secret(pattern: Pattern, chance: Random) -> str:
    """What a pattern is about, whole; with a true checksum."""
    maker = _MAKERS.get(pattern.kind)
    if maker:
        return maker(chance)
    check = check_named(pattern.check) if pattern.check and "(?P<value>" not in pattern.tail else None
    for _ in range(_TRIES):
        before = ""
        if pattern.before:
            before = written(f"[{pattern.before.chars}]{{{pattern.before.least},{pattern.before.most}}}", chance, 12)
        form = pattern.value or chance.choice(pattern.heads) + pattern.tail
        made = before + written(form.replace(r"\b", ""), chance)
        made = _signed(pattern.check, made)
        if check is None or check(made.encode()):
            return made
    raise AssertionError(f"{pattern.kind}: nothing passes its own check")


def _signed(check: str, made: str) -> str:
    if check == "crc62":
        head = made[:-6]
        return head + base62(crc32(head.partition("_")[2].encode()))
    if check == "crc_hex":
        head = made[:-9]
        return f"{head}_{crc32(head.encode()).to_bytes(4, 'little').hex()}"
    return made


def base62(number: int) -> str:
    """Six digits of base 62."""
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _plain64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _token(chance: Random) -> str:
    claims = {"sub": str(chance.randrange(10**9)), "iat": chance.randrange(10**9), "scope": "read write"}
    signature = base64.urlsafe_b64encode(chance.randbytes(32)).decode().rstrip("=")
    return f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}.{signature}"


def _iban(chance: Random) -> str:
    from stdnum import iban

    while True:
        country, digits = chance.choice((("DE", 18), ("FR", 23), ("ES", 20), ("AT", 16), ("BE", 12), ("PT", 21)))
        bban = "".join(chance.choice(string.digits) for _ in range(digits))
        made = country + f"{98 - int(bban + str(int(country, 36) // 36) + str(int(country, 36) % 36) + '00') % 97:02}"
        numbers = bban + "".join(str(int(c, 36)) for c in country) + "00"
        made = f"{country}{98 - int(numbers) % 97:02}{bban}"
        if iban.is_valid(made):
            return " ".join(made[at : at + 4] for at in range(0, len(made), 4)) if chance.random() < 0.5 else made


def _card(chance: Random, spaced: bool = True) -> str:
    while True:
        digits = chance.choice(("4", "51", "53", "55", "2345")) + "".join(
            chance.choice(string.digits) for _ in range(15)
        )
        digits = digits[:15]
        double = [int(d) * (2 - at % 2) for at, d in enumerate(digits)]
        digits += str(-sum(sum(divmod(d, 10)) for d in double) % 10)
        if len(set(digits[6:])) > 4:
            return " ".join(digits[at : at + 4] for at in range(0, 16, 4)) if spaced else digits


def _mail(chance: Random) -> str:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    return f"{first}{chance.choice(('.', '_', ''))}{last}@{chance.choice(_HOSTS)}"


def _phone(chance: Random) -> str:
    digits = "".join(chance.choice(string.digits) for _ in range(12))
    return chance.choice(
        (f"+49 30 {digits[:8]}", f"+33 6 {digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:8]}", f"+34 6{digits[:8]}",
         f"+44 20 7{digits[:3]} {digits[3:7]}", f"+31 6 {digits[:8]}", f"+1 (415) {digits[:3]}-{digits[3:7]}")
    )  # fmt: skip


def _pem(chance: Random) -> str:
    body = base64.b64encode(chance.randbytes(600)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    kind = chance.choice(("RSA ", "EC ", "", "OPENSSH "))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def _basic(chance: Random) -> str:
    return base64.b64encode(f"{chance.choice(_FIRST)}:{_password(chance)}".encode()).decode()


def _password(chance: Random) -> str:
    return "".join(chance.choice(_BASE62 + "!%_-.") for _ in range(14))


def _age(chance: Random) -> str:
    """BIP 173, by its own description."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    data = [chance.randrange(32) for _ in range(51)] + [0]
    prefix = "age-secret-key-"
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for number in spread + data + [0] * 6:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ number
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    told = [(check ^ 1) >> 5 * (5 - at) & 31 for at in range(6)]
    return (prefix + "1" + "".join(letters[each] for each in data + told)).upper()


def _base58(data: bytes) -> str:
    number = int.from_bytes(data + sha256(sha256(data).digest()).digest()[:4], "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + digits
    return digits


def _luxembourg(chance: Random) -> str:
    from stdnum import luhn, verhoeff

    born = f"{chance.randrange(1940, 2010)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
    first = f"{born}{chance.randrange(1000):03}"
    return first + luhn.calc_check_digit(first) + verhoeff.calc_check_digit(first)


_FIRST = ("anna", "jonas", "marie", "luca", "sofia", "piotr", "katarzyna", "joao", "eva", "niklas", "chloe", "matteo")
_LAST = ("schmidt", "rossi", "kowalska", "garcia", "janssen", "dubois", "novak", "silva", "nielsen", "virtanen")
_HOSTS = ("gmail.com", "uni-bonn.de", "orange.fr", "posteo.net", "krankenhaus-sued.de", "firma.example-bau.at")
_MAKERS: dict[str, Callable[[Random], str]] = {
    "json-web-token": _token,
    "iban": _iban,
    "card-number": _card,
    "card-number-unspaced": lambda chance: _card(chance, spaced=False),
    "mail-address": _mail,
    "phone-number": _phone,
    "private-key": _pem,
    "docker-auth": _basic,
    "elastic-api-key": lambda chance: base64.b64encode(
        f"{written('[A-Za-z0-9_-]{20}', chance)}:{written('[A-Za-z0-9_-]{22}', chance)}".encode()
    ).decode(),
    "basic-authorization": _basic,
    "age-key": _age,
    "pypi-token": lambda chance: "pypi-" + _plain64(b"\x02\x01\x08registry" + chance.randbytes(90)),
    "putty-key": lambda chance: "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\nPublic-Lines: 2\n"
    + "\n".join(base64.b64encode(chance.randbytes(48)).decode() for _ in range(2))
    + "\nPrivate-Lines: 1\n" + base64.b64encode(chance.randbytes(48)).decode(),
    "url-with-password": lambda chance: f"https://{chance.choice(_FIRST)}:{_password(chance)}@git.intern.de/repo",
    "database-url": lambda chance: f"postgresql://app:{_password(chance)}@db.intern:5432/users",
    "connection-string-password": _password,
    "snowflake-password": _password,
    "generic-password": _password,
    "typed-password": lambda chance: f"{written('[A-Z][a-z]{6}', chance)}{chance.randrange(1000, 9999)}!",
    "bitcoin-private-key": lambda chance: _base58(b"\x80" + chance.randbytes(32) + b"\x01"),
    "bitcoin-extended-key": lambda chance: _base58(
        b"\x04\x88\xad\xe4" + chance.randbytes(41) + b"\0" + chance.randbytes(32)
    ),
    "lu-national-number": _luxembourg,
    "salesforce-session": lambda chance: "00D" + written("[A-Za-z0-9]{12}![A-Za-z0-9._]{90}", chance),
    }  # fmt: skip


def _vat(chance: Random) -> str:
    from stdnum.eu import vat

    while True:
        made = "DE" + str(chance.randrange(10**8, 10**9))
        if vat.is_valid(made):
            return made


def _european_card(chance: Random) -> str:
    from stdnum import luhn

    digits = "80276" + "".join(chance.choice(string.digits) for _ in range(14))
    return digits + luhn.calc_check_digit(digits)


_MAKERS |= {"vat-number": _vat, "eu-health-card": _european_card}


# How people name such a number, apart from what the patterns look for.
SPOKEN = {
    "phone-number-with-00": ("Call me: tel. {}", "Telefon: {}", "mobile {}", "my phone number is {}", "téléphone : {}"),
    "card-number-unspaced": ("the credit card {} is charged", "Visa: {}", "Kreditkarte {} gültig bis 09/29", "card={}"),
    "de-tax-id": ("Meine Steuer-ID lautet {}.", "IdNr.: {}", "Steueridentifikationsnummer {}"),
    "es-identity": ("DNI: {}", "con NIF {} y domicilio en Madrid", "documento de identidad {}"),
    "nl-citizen-number": ("BSN {}", "burgerservicenummer: {}", "his BSN is {}"),
    "be-national-number": ("rijksregisternummer {}", "numéro de registre national : {}"),
    "pl-pesel": ("PESEL: {}", "nr PESEL {}"),
    "pt-tax-number": ("NIF: {}", "contribuinte n.º {}"),
    "se-personal-number": ("personnummer {}", "Personnummer: {}"),
    "dk-cpr": ("CPR-nr. {}", "cpr: {}"),
    "gr-amka": ("\u0391\u039c\u039a\u0391: {}", "AMKA {}"),
    "ie-pps": ("PPS number {}", "PPSN: {}"),
    "de-health-insurance": ("Versichertennummer {}", "KVNR: {}", "bei der Krankenkasse unter {}"),
    "uk-nhs-number": ("NHS number: {}", "NHS no. {}"),
    "us-social-security": ("SSN {}", "social security number: {}"),
    "connection-string-password": ("Server=tcp:db.intern,1433;User Id=app;Password={};Encrypt=true",),
    "basic-authorization": ("Authorization: Basic {}", '"Authorization": "Basic {}"'),
    "docker-auth": ('{{"auths": {{"registry.intern": {{"auth": "{}"}}}}}}',),
    "generic-password": ("DB_PASSWORD={}", "db_password: '{}'", 'mysql_password = "{}"'),
    "typed-password": ("Password: {}", '"password": "{}"', "Passwort: {}", "mot de passe : {}"),
    "django-secret-key": ("SECRET_KEY = '{}'", 'SECRET_KEY="{}"'),
    "generic-secret": ("client_secret={}", '"api_key": "{}"', "ACCESS_TOKEN: {}"),
    "azure-shared-access-key": ("SharedAccessKeyName=root;SharedAccessKey={}", '"primaryKey": "{}"'),
    "bearer-authorization": ("Authorization: Bearer {}", '"Authorization": "Bearer {}"'),
    "snowflake-password": ("SNOWFLAKE_PASSWORD={}", "snowflake_password: {}"),
    "elastic-api-key": ("Authorization: ApiKey {}", "ELASTIC_API_KEY={}"),
    "wireguard-key": ("PrivateKey = {}",),
    "azure-storage-key": ("DefaultEndpointsProtocol=https;AccountName=store;AccountKey={};EndpointSuffix=core",),
    "azure-shared-signature": ("https://a.blob.core.windows.net/c?sv=2024-11-04&se=2027-01-01{}",),
    "okta-token": ("OKTA_API_TOKEN={}", "Authorization: SSWS {}"),
}
_NAMED = (
    "{word}_API_KEY={}",
    '"{word}_token": "{}"',
    "{word}_secret: {}",
    "export {word}_KEY='{}'",
    "the {word} api key is {}",
)
_BARE = (
    "use {} for now",
    "TOKEN={}",
    '{{"key": "{}"}}',
    "Authorization: Bearer {}",
    "key: {}",
    "It is `{}`, I think.",
    "({})",
    "{}.",
)
_SAID = ("It is {}.", "{}", "customer: {}, since 2019", '"{}"', "reach {} today", "| {} |", "({})")


def positives(patterns: Sequence[Pattern], chance: Random, each: int) -> Iterator[Sample]:
    """So many texts for each kind, each with one leak."""
    for pattern in patterns:
        for _ in range(each):
            value = secret(pattern, chance)
            before, after = prose(chance, 12), prose(chance, 12)
            said = _around(pattern, chance)
            held = f"{before}\n{said}\n{after}"
            at = held.index("{}") if "{}" in held else 0
            yield Sample(held.replace("{}", value, 1), ((pattern.kind, at, len(value)),), pattern.kind)


def _around(pattern: Pattern, chance: Random) -> str:
    if pattern.kind in SPOKEN:
        said = chance.choice(SPOKEN[pattern.kind])
    elif pattern.words and pattern.category == "personal":
        said = chance.choice(("{word} {}", "{word}: {}", "your {word} is {}")).replace("{word}", _word(pattern, chance))
    elif pattern.words:
        said = chance.choice(_NAMED).replace("{word}", _word(pattern, chance))
    else:
        said = chance.choice(_SAID if pattern.category == "personal" else _BARE)
    return said.replace("{{", "{").replace("}}", "}")


def _word(pattern: Pattern, chance: Random) -> str:
    return written(chance.choice(pattern.words).replace(r"\b", ""), chance, 1).strip()


def near_misses(patterns: Sequence[Pattern], chance: Random, each: int) -> Iterator[Sample]:
    """Leaks whose check fails by one digit, where their words would make them believed."""
    for pattern in patterns:
        if not pattern.check.startswith(("stdnum", "crc", "card", "iban", "kvnr", "rvnr", "bech32")):
            continue
        check = check_named(pattern.check)
        for _ in range(each):
            value = wrong = secret(pattern, chance)
            for _ in range(200):
                if wrong != value and not check(wrong.encode()):
                    break
                at = chance.choice([at for at, c in enumerate(value) if c.isdigit()] or range(9, len(value)))
                wrong = value[:at] + chance.choice(string.digits) + value[at + 1 :]
            else:
                continue  # of Danish numbers only the date is checked: any other is as good
            said = _around(pattern, chance).replace("{}", wrong, 1)
            yield Sample(f"{prose(chance, 12)}\n{said}\n{prose(chance, 12)}", (), f"near miss of {pattern.kind}")

"""Mail, telephone, card and account: what names a person, and is written in every text, mostly about nobody."""

import re
from functools import cache

from stdnum import iban as ibans
from stdnum import luhn, verhoeff

# Role accounts and machines are nobody; names reserved by RFC 2606 and 6761 are nowhere.
_NOBODY = re.compile(
    rb"(?:no-?reply|do-?not-?reply|info|support|admin|webmaster|postmaster|hostmaster|abuse|security|sales|contact|"
    rb"office|hello|help|service|team|git|root|user|username|name|email|test|example|you|your\.?name|someone|foo|bar)@",
    re.IGNORECASE,
)
_NOWHERE = re.compile(
    rb"@(?:[\w-]+\.)*(?:example(?:\.\w+)?|test|invalid|local|localhost|internal|svc|png|jpe?g|gif|svg|webp|css|js|py|"
    rb"domain\.(?:com|tld)|yourdomain\.\w+|email\.com)\Z",
    re.IGNORECASE,
)

# Published by payment processors for tests: they pass Luhn, and are nobody's.
_TEST_CARDS = frozenset(
    (  # noqa: SIM905 - a list of them is a page long
        "4111111111111111 4242424242424242 4012888888881881 4000056655665556 4000000000000002 4000002500003155 "
        "4000000000009995 4000000000000077 4222222222222 4917610000000000 4000000000000069 4000000000000127 "
        "5555555555554444 5105105105105100 5200828282828210 2223003122003222 2223000048400011 5454545454545454 "
        "378282246310005 371449635398431 378734493671000 6011111111111117 6011000990139424 6011000400000000 "
        "30569309025904 38520000023237 36227206271667 3056930009020004 3566002020360505 3530111333300000 "
        "6200000000000005 6759649826438453 4999999999999996 4012000033330026 5425233430109903 4263982640269299"
    ).split()
)
# The examples of the IBAN registry and of every article on the matter.
_TEST_ACCOUNTS = frozenset(
    (  # noqa: SIM905 - a list of them is a page long
        "DE89370400440532013000 GB29NWBK60161331926819 GB82WEST12345698765432 FR1420041010050500013M02606 "
        "NL91ABNA0417164300 ES9121000418450200051332 IT60X0542811101000000123456 AT611904300234573201 "
        "BE68539007547034 CH9300762011623852957 PL61109010140000071219812874 IE29AIBK93115212345678 "
        "SE4550000000058398257466 DK5000400440116243 FI2112345600000785 PT50000201231234567890154 "
        "LU280019400644750000 NO9386011117947 CZ6508000000192000145399 GR1601101250000000012300695"
    ).split()
)
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})\Z|(?:5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12,14}\Z|3[47]\d{13}\Z"
    r"|(?:6011|64[4-9]|65)\d{12,13}\Z|3(?:0[0-5]|[68]\d)\d{11}\Z|35(?:2[89]|[3-8]\d)\d{12}\Z"
    r"|(?:50|5[6-9]|6[0-9])\d{10,17}\Z"
)

# Country codes of ITU-T E.164 with the digits that a national number has, shortest and longest.
_DIALLED = {
    "1": (10, 10), "7": (10, 10), "20": (8, 10), "27": (9, 9), "30": (10, 10), "31": (9, 9), "32": (8, 9), "33": (9, 9),
    "34": (9, 9), "36": (8, 9), "39": (6, 11), "40": (9, 9), "41": (9, 9), "43": (7, 13), "44": (9, 10), "45": (8, 8),
    "46": (7, 10), "47": (8, 8), "48": (9, 9), "49": (6, 12), "52": (10, 10), "54": (10, 11), "55": (10, 11),
    "60": (8, 10), "61": (9, 9), "62": (8, 12), "64": (8, 10), "65": (8, 8), "66": (8, 9), "81": (9, 10), "82": (8, 10),
    "84": (9, 10), "86": (10, 11), "90": (10, 10), "91": (10, 10), "212": (9, 9), "216": (8, 8), "234": (8, 10),
    "254": (9, 9), "351": (9, 9), "352": (6, 11), "353": (7, 9), "354": (7, 7), "355": (8, 9), "356": (8, 8),
    "357": (8, 8), "358": (6, 11), "359": (7, 9), "370": (8, 8), "371": (8, 8), "372": (7, 8), "373": (8, 8),
    "377": (8, 9), "380": (9, 9), "381": (8, 9), "382": (8, 8), "385": (8, 9), "386": (8, 8), "387": (8, 8),
    "389": (8, 8), "420": (9, 9), "421": (9, 9), "423": (7, 9), "852": (8, 8), "886": (8, 9), "966": (9, 9),
    "971": (8, 9), "972": (8, 9), "995": (9, 9),
}  # fmt: skip
_TELLING = 4
_TRAILING = re.compile(rb"[ ./-][0-9]\Z")
"""A decimal, a date, a list: nobody ends a telephone number with one digit by itself."""
_AMERICAN_PLACE = re.compile(rb"[0-9]{5}-[0-9]{4}\Z")


def mail(value: bytes) -> bool:
    """Whether an address could be a person's."""
    local, _, domain = value.rpartition(b"@")
    return not (
        b".." in value or local[:1] == b"." or local[-1:] == b"." or _NOBODY.match(value) or _NOWHERE.search(value)
    ) and any(c not in b"0123456789.-" for c in domain.rpartition(b".")[2])


def card(value: bytes) -> bool:
    """Whether it has an issuer, its check digit, and is none that is published for tests."""
    digits = re.sub(rb"\D", b"", value).decode()
    return bool(
        _ISSUERS.match(digits)
        and digits not in _TEST_CARDS
        and len(set(digits[6:])) >= _TELLING
        and luhn.is_valid(digits)
    )


def iban(value: bytes) -> bool:
    """Whether its country has such accounts and both its own and its country's check digits hold."""
    plain = re.sub(rb"[^0-9A-Z]", b"", value).decode()
    return plain not in _TEST_ACCOUNTS and len(set(plain[4:])) >= _TELLING and bool(ibans.is_valid(plain))


@cache
def _codes() -> tuple[int, ...]:
    return tuple(sorted({len(code) for code in _DIALLED}, reverse=True))


def phone(value: bytes) -> bool:
    """Whether a number after `+` has a country, and as many digits as numbers of that country have."""
    digits = re.sub(rb"\(0\)|\D", b"", value).decode()
    for length in _codes():
        if known := _DIALLED.get(digits[:length]):
            rest = digits[length:]
            return (
                not _TRAILING.search(value)
                and known[0] <= len(rest) <= known[1]
                and len(set(rest)) >= _TELLING
                and not _counted(rest)
            )
    return False


def national_phone(value: bytes) -> bool:
    """Whether a number has as many digits as one dialled at home, and is not simply counted up."""
    digits = re.sub(rb"\D", b"", value).decode()
    least, most = (9, 12) if digits.startswith("0") else (9, 9)
    if _TRAILING.search(value) or _AMERICAN_PLACE.match(value):
        return False
    return least <= len(digits) <= most and len(set(digits)) >= _TELLING and not _counted(digits)


def _counted(digits: str) -> bool:
    return digits in "012345678901234567890" or digits in "98765432109876543210"


def kvnr(value: bytes) -> bool:
    """Whether the check digit of a German insured person's number holds: paragraph 290 SGB V."""
    digits = f"{value[0] - 64:02}{value[1:].decode()}"
    return sum(_crossed(int(digit) * (1 + index % 2)) for index, digit in enumerate(digits[:-1])) % 10 == int(
        digits[-1]
    )


def rvnr(value: bytes) -> bool:
    """Whether the check digit of a German pension insurance number holds: paragraph 147 SGB VI."""
    compact = re.sub(rb" ", b"", value)
    digits = f"{compact[:8].decode()}{compact[8] - 64:02}{compact[9:].decode()}"
    factors = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    return sum(_crossed(int(digit) * by) for digit, by in zip(digits, factors, strict=False)) % 10 == int(digits[-1])


def hu_tax(value: bytes) -> bool:
    """Whether the check digit of a Hungarian person's tax number holds."""
    digits = [byte - 48 for byte in value]
    return sum(at * digit for at, digit in enumerate(digits[:9], 1)) % 11 == digits[9]


def hu_taj(value: bytes) -> bool:
    """Whether the check digit of a Hungarian social insurance number holds."""
    digits = [int(digit) for digit in re.sub(rb"\D", b"", value).decode()]
    return sum(digit * (3, 7)[at % 2] for at, digit in enumerate(digits[:8])) % 10 == digits[8]


def lu_number(value: bytes) -> bool:
    """Whether both check digits of a Luxembourg national identification number hold: Luhn's, then Verhoeff's."""
    digits = re.sub(rb"\D", b"", value).decode()
    return bool(luhn.is_valid(digits[:12]) and verhoeff.is_valid(digits[:11] + digits[12]))


def _crossed(number: int) -> int:
    return sum(divmod(number, 10))

"""The values a person writes about AWS: account ids, ARN patterns, networks, byte sizes; each is checked here.

Every function takes what was written and returns what it means, or raises ValueError saying what is wrong and what to
write instead. Messages quote the value with escapes, so they are safe to print.
"""

import difflib
import ipaddress
import json
import re
import zoneinfo
from collections.abc import Iterable
from fractions import Fraction

from stanch.domain.estate import Network

MOST = 2**63 - 1
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([kKMGTPE]i?)?B")
_POWERS = " KMGTPE"


def quoted(value: object) -> str:
    """The value in double quotes with escapes, cut when long."""
    text = value if isinstance(value, str) else str(value)
    return json.dumps(text if len(text) <= 80 else text[:79] + "\u2026")


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "kind"?` or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {quoted(close[0])}?" if close else ""


def partition(text: str) -> str:
    """`aws`, `aws-eusc`, `aws-us-gov`, `aws-cn` ..."""
    return _shaped(text, r"aws(-[a-z0-9]+)*", "a partition", "aws, aws-eusc, aws-us-gov or aws-cn")


def region(text: str) -> str:
    """`eu-central-1`, `eusc-de-east-1` ..."""
    return _shaped(text, r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}", "a region", "eu-central-1")


def account(text: str) -> str:
    """A 12-digit account id."""
    return _shaped(text, r"[0-9]{12}", "an account id", '12 digits, "111122223333"')


def organization(text: str) -> str:
    """An AWS Organizations id."""
    return _shaped(text, r"o-[a-z0-9]{10,32}", "an organisation id", "o-a1b2c3d4e5")


def vpc(text: str) -> str:
    """A VPC id."""
    return _shaped(text, r"vpc-[0-9a-f]{8,17}", "a VPC id", "vpc-0123456789abcdef0")


def vpc_endpoint(text: str) -> str:
    """A VPC endpoint id."""
    return _shaped(text, r"vpce-[0-9a-f]{8,17}", "a VPC endpoint id", "vpce-0123456789abcdef0")


def regime(text: str) -> str:
    """The id of a law in the catalog: its file's name. Whether it exists is the catalog's to say."""
    return _shaped(text, r"[a-z][a-z0-9_]{0,40}", "a law's id", "gdpr or nis2")


def bucket(text: str) -> str:
    """The name of a bucket."""
    if not _BUCKET.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a bucket name; write it as acme-forensics")
    return text


def kms_key(text: str) -> str:
    """The ARN of a KMS key; an alias may come to mean another key, and is refused."""
    pattern = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+"
    return _shaped(text, pattern, "the ARN of a KMS key", "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-...")


def role_name(text: str) -> str:
    """The name of a role, with its path if it has one."""
    return _shaped(text, r"([!-~]+/)?[\w+=,.@-]{1,64}", "the name of a role", "stanch-member")


def policy_name(text: str) -> str:
    """The id (p-...) or name of a service control policy."""
    return _shaped(text, r"[\w+=,.@ -]{1,128}", "the id or name of a service control policy", "stanch-freeze")


def gateway(text: str) -> str:
    """The name by which a gateway's keys are written in ARNs."""
    return _shaped(text, r"[a-z0-9][a-z0-9-]{0,40}", "a name in small letters, digits and hyphens", "litellm")


def gateway_kind(text: str) -> str:
    """The kind of gateway; there is one so far."""
    return _shaped(text, r"litellm", "a kind of gateway", "litellm")


def url(text: str) -> str:
    """An address to speak HTTP to; https, or http on this machine only: a key in clear on a network is a leak."""
    if re.fullmatch(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/[!-~]*)?", text):
        return text
    if "@" in text or "?" in text or "#" in text:
        raise ValueError(f"{quoted(text)} must be a bare address, without user, query or fragment")
    return _shaped(text, r"https://[A-Za-z0-9.\[\]:-]+(/[!-~]*)?", "an https address", "https://gateway.internal:4000")


def variable(text: str) -> str:
    """The name of an environment variable that holds a secret; the secret itself has no place in a file."""
    return _shaped(text, r"[A-Z][A-Z0-9_]{0,63}", "the name of an environment variable", "LITELLM_MASTER_KEY")


def network(text: str) -> Network:
    """A network in CIDR form; one that holds every address would make everything inside and is refused."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a network{_without_host_bits(text)}") from None
    if found.prefixlen == 0:
        raise ValueError(f"{quoted(text)} is every address: nothing would be outside; name your own networks")
    return found


def _without_host_bits(text: str) -> str:
    try:
        return f'; did you mean "{ipaddress.ip_network(text, strict=False)}"?'
    except ValueError:
        return "; write it as 10.0.0.0/8 or 2001:db8::/32"


def arn_pattern(text: str) -> str:
    """An ARN in which `*` stands for any run of characters and `?` for one, in any part."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        example = "arn:*:iam::111122223333:role/name"
        raise ValueError(f"{quoted(text)} is not an ARN pattern; write it as {example}")
    if re.search(r"[^!-~]", text):
        raise ValueError(f"{quoted(text)} holds a character that no ARN has")
    if not re.fullmatch(r"aws(-[a-z0-9]+)*|gateway|[a-z*?-]*[*?][a-z*?-]*", parts[1]):
        raise ValueError(f"{quoted(parts[1])} is not a partition; write aws, aws-eusc, aws-us-gov, aws-cn or *")
    if parts[4].isdigit() and len(parts[4]) != 12:
        raise ValueError(f"{quoted(parts[4])} is not an account id of 12 digits")
    return text


def principal_pattern(text: str) -> str:
    """An ARN pattern of roles, users, sessions or keys of an inference gateway."""
    arn_pattern(text)
    partition, service = text.split(":", 5)[1:3]
    if service not in ("iam", "sts", "*") and partition != "gateway":
        raise ValueError(f"{quoted(text)} is not an identity; write it as arn:*:iam::111122223333:role/name")
    return text


def where(text: str) -> str:
    """Where an asset is: `s3://bucket/prefix`, an ARN pattern, `tag:Key=Value`. An S3 ARN becomes its `s3://` form."""
    if text.startswith("s3://"):
        return _s3(text)
    if text.startswith("arn:"):
        arn_pattern(text)
        return _s3_of_arn(text) if text.split(":", 5)[2] == "s3" else text
    if text.startswith("tag:"):
        if not re.fullmatch(r"tag:[^=]{1,128}=.{0,256}", text):
            raise ValueError(f"{quoted(text)} is not a tag; write it as tag:Key=Value")
        return text
    raise ValueError(f"{quoted(text)} is no place; write s3://bucket/prefix/, an ARN pattern or tag:Key=Value")


def _s3(text: str) -> str:
    bucket, _, prefix = text[5:].partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise ValueError(f"{quoted(bucket)} is not a bucket name; write s3://bucket/prefix/")
    if "*" in prefix or "?" in prefix:
        raise ValueError(f"{quoted(text)}: no wildcards here; end the prefix in / to mean all that is below it")
    return text if prefix else f"s3://{bucket}"


def _s3_of_arn(text: str) -> str:
    """Object events are looked up by bucket and prefix, so an S3 ARN must be one of the two."""
    bucket, _, key = text.split(":", 5)[5].partition("/")
    key = "" if key == "*" else key.removesuffix("*") if key.endswith("/*") else key
    if "*" in bucket + key or "?" in bucket + key:
        raise ValueError(f"{quoted(text)}: no wildcards inside; write one asset a prefix, as s3://bucket/prefix/")
    return _s3(f"s3://{bucket}/{key}")


def size(value: int | str) -> int:
    """Bytes: a whole number, or a number with kB, MB, GB, TB (thousands) or KiB, MiB, GiB, TiB (1024s)."""
    if isinstance(value, int):
        count = Fraction(value)
    else:
        match = _SIZE.fullmatch(value.strip())
        if not match:
            raise ValueError(f'{quoted(value)} is not a size; write it as "900GB", "1TiB" or a number of bytes')
        unit = match[2] or " "
        count = Fraction(match[1]) * (1024 if unit.endswith("i") else 1000) ** _POWERS.index(unit[0].upper())
    if not 1 <= count <= MOST:
        raise ValueError(f"{quoted(value)} must be at least one byte and less than 8 EiB")
    return int(count)


def timezone(text: str) -> str:
    """An IANA time zone that this machine knows."""
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        if not known:
            raise ValueError("this machine has no time zone database; install the package tzdata") from None
        hint = nearest(text, known) or "; write it as Europe/Berlin"
        raise ValueError(f"{quoted(text)} is not an IANA time zone{hint}") from None
    return text


def label(text: str) -> str:
    """A name or a reason in a person's words: some visible characters on one line, at most 200."""
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise ValueError(f"{quoted(text)} must be some visible text on one line, at most 200 characters")
    return text


def _shaped(text: str, pattern: str, what: str, example: str) -> str:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError(f"{quoted(text)} is not {what}; write it as {example}")
    return text

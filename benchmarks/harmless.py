"""Texts as models answer: prose, code and tables, made up from a seed; and what in them looks like a leak and is none.

What only looks like a leak is written by hand: ids, hashes, order numbers, test cards, examples, placeholders.
"""

import base64
import string
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


@dataclass(frozen=True, slots=True)
class Sample:
    """One text; `leaks` are what it holds: kind, offset and length."""

    text: str
    leaks: tuple[tuple[str, int, int], ...] = ()
    what: str = ""


_LOOKALIKES = (
    "request id {uuid}", "trace_id={uuid}", "commit {hex40}", "ETag: \"{hex32}\"", "sha256:{hex64}", "md5 {hex32}",
    "checksum of the datadog agent package: {hex32}", "digest sha256:{hex64} pushed", "Order no. {d10}",
    "order number {d16}", "invoice {d12} of 2026-03-01", "tracking number {d13}", "at {ms} ms", "timestamp {s}",
    "session token count: {d9}", "version {v}", "build 20261104.{d4}", "ISBN 978-{d10}", "EAN {d13}", "ticket #{d8}",
    "pid {d5} took {d4} ms", "serial {up}{d9}", "part number {up2}-{d8}-{up}", "coordinates 52.{d6}, 13.{d6}",
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = <your-secret-key>",
    "OPENAI_API_KEY=sk-your-key-here", "export TOKEN=${GITHUB_TOKEN}", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "password: ********", "DB_PASSWORD=${DB_PASSWORD}", "postgres://user:password@localhost/db",
    "db_password: changeme",
    "https://user:pass@example.com/", "write to info@firma.de", "jane.doe@example.com", "noreply@github.com",
    "git@github.com:org/repo.git", "logo@2x.png", "card 4111 1111 1111 1111", "Visa test 4242424242424242",
    "use card 378282246310005 in the sandbox", "IBAN DE00 0000 0000 0000 0000 00", "IP 10.{b}.{b}.{b}",
    "phone model 5{d3}-{d4}", "+1 more", "score +{d4}", "call function 0x{hex8}", "telephone game round {d2}",
    "the card game of {d4}", "data:image/png;base64,{b64}", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b43}",
    "-----BEGIN PUBLIC KEY-----\n{b64}\n-----END PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----\n{b64}",
    "s3://bucket/{hex32}/part-{d5}.parquet", "arn of key/{uuid}", "model-{d5}-of-{d5}.safetensors",
    "blob {b64}", "nonce={b43}=", "kid {b22}", "etag W/\"{hex16}\"", "customer {d11}", "account {d9}",
    "reference {d10}",
    "meter reading {d6}-{d4}", "row {d8}{up}", "lot {d6}-{d3}{up}", "{d3}-{d2}-{d4} units",
    "SKU {up6}{d2}{up}{d2}{up}{d3}{up}",
    "The tokenizer has {d5} tokens, hash {hex40}.", "heroku dyno {uuid} restarted", "vault lease {uuid}",
    "twilio call CA{hex32} ended", "sentry event {hex32}", "snyk project {uuid} scanned", "consul node {uuid}",
    "jira key ABC-{d4}, change {hex40}", "wandb run {b8}", "cloudflare ray {hex16}", "a keycloak realm {uuid}",
)  # fmt: skip


def lookalikes(chance: Random, count: int) -> Iterator[Sample]:
    """Texts without a leak that hold what looks like one."""
    for at in range(count):
        form = _LOOKALIKES[at % len(_LOOKALIKES)]
        yield Sample(f"{prose(chance, 12)}\n{filled(form, chance)}\n{prose(chance, 12)}", (), form)


def filled(form: str, chance: Random) -> str:
    """A form with each name in braces replaced by a chance value of its sort, but for `${...}`."""
    for name in _NAMES:
        while "{" + name + "}" in form:
            form = form.replace("{" + name + "}", _value(name, chance), 1)
    return form


_NAMES = (  # noqa: SIM905 - a list of them is a page long
    "uuid hex64 hex40 hex32 hex16 hex8 b64 b43 b22 b8 ms s v b up6 up2 up d16 d13 d12 d11 d10 d9 d8 d6 d5 d4 d3 d2"
).split()


def _value(name: str, chance: Random) -> str:
    if name == "uuid":
        return str(UUID(bytes=chance.randbytes(16), version=4))
    if name.startswith("hex"):
        return chance.randbytes(int(name[3:]) // 2).hex()
    if name == "b":
        return str(chance.randrange(256))
    if name == "v":
        return f"{chance.randrange(20)}.{chance.randrange(40)}.{chance.randrange(900)}"
    if name in {"s", "ms"}:
        return str(chance.randrange(1_600_000_000, 1_800_000_000) * (1000 if name == "ms" else 1))
    if name == "b64":
        return base64.b64encode(chance.randbytes(chance.randrange(90, 400))).decode()
    kinds = {"b": _BASE62, "u": string.ascii_uppercase, "d": string.digits}
    length = int(name.lstrip("bupd") or "1")
    return "".join(chance.choice(kinds[name[0]]) for _ in range(length))


_WORDS = (  # noqa: SIM905 - a list of them is a page long
    "the of and to in that is was for on with as by at from this have it not are be which or an but they we can "
    "all will model answer question system data value time people number part place case week company service "
    "result request user der die das und ist nicht von mit auf für eine als auch es an werden aus er hat dass sie "
    "nach wird bei einer um am le la les des un une pour dans que qui sur avec par plus pas est sont mais nous "
    "vous el los las una por con para measure improve describe explain consider follow return increase provide "
    "include require support contain produce"
).split()


def prose(chance: Random, words: int) -> str:
    """Words of several languages in sentences."""
    text = " ".join(chance.choice(_WORDS) for _ in range(words))
    return text[0].upper() + text[1:] + "."


_CODE = (
    "def {w}_{w}({w}: int):\n    for {w} in range({d2}):\n        self.{w}[{d2}] = {w}('{w}')\n",
    'import {w}\nfrom {w}.{w} import {w}\n\nlogger.info("%s took %d ms", {w}, {d4})\n',
    "SELECT {w}, count(*) FROM {w} WHERE {w}_id = {d8} AND created_at > '2026-03-{d2}' GROUP BY {w};\n",
    '{{"id": "{uuid}", "{w}": {d6}, "{w}": "{w} {w}", "created": {ms}}}\n',
    "resource:\n  name: {w}-{w}\n  image: registry.{w}.io/{w}:{v}\n  digest: sha256:{hex64}\n",
    '@decorator.{w}\nclass {w}{w}:\n    """{w} {w} {w} {w}."""\n    {w}: dict[str, int]\n',
)
_ROWS = (
    "| {d8} | 2026-0{d1}-1{d1} | {w} | {d3}.{d2} | {w} {w} |\n",
    "{d10},{w},{d4},{d2}.{d2},{uuid},{w}\n",
    "2026-11-{d2}T10:{d2}:{d2}Z INFO {w}.{w} request={hex16} status=200 bytes={d6} ip=10.{b}.{b}.{b}\n",
    "[{w}](https://{w}.{w}.org/{w}/{d4}?page={d2})\n",
)


def corpus(chance: Random, size: int) -> Iterator[str]:
    """Answers of about two kilobytes, prose and code and tables, until so many characters are made."""
    made = 0
    while made < size:
        parts: list[str] = []
        while sum(map(len, parts)) < 2000:
            kind = chance.random()
            if kind < 0.6:
                parts.append(" ".join(prose(chance, chance.randrange(8, 22)) for _ in range(5)) + "\n\n")
            else:
                forms = _CODE if kind < 0.8 else _ROWS
                parts += [_worded(chance.choice(forms), chance) for _ in range(4)]
        text = "".join(parts)
        made += len(text)
        yield text


def _worded(form: str, chance: Random) -> str:
    while "{w}" in form:
        form = form.replace("{w}", chance.choice(_WORDS), 1)
    while "{d1}" in form:
        form = form.replace("{d1}", chance.choice(string.digits), 1)
    return filled(form.replace("{{", "{").replace("}}", "}"), chance)

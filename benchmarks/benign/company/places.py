"""Who there is in the second company: eleven accounts of a landing zone, people by Identity Center, machines."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.benign.world import CLI, Record, Who, World

Burst = Iterator[Record]
Step = tuple[str, Record]
MANAGEMENT, LOGS, AUDIT, TOOLS = "410288017733", "529013384411", "633120947752", "704455281930"
PROD, STAGING, DEV, DATA, BACKUP = "815530294471", "826641305582", "837752416693", "848863527704", "859974638815"
SANDBOX, NEWBORN = "861085749926", "872196850037"
ACCOUNTS = (MANAGEMENT, LOGS, AUDIT, TOOLS, PROD, STAGING, DEV, DATA, BACKUP, SANDBOX, NEWBORN)
WORKING = (PROD, STAGING, DEV, DATA)
MONTH, DAYS = datetime(2026, 10, 1, tzinfo=UTC), 30
OFFICE, ENDPOINT = "185.47.60.18", "vpce-0c4d5e6f708192a3b"
WAYS_OUT = {
    PROD: "34.249.18.77", STAGING: "52.18.201.9", DEV: "54.77.30.112", DATA: "3.249.88.14", TOOLS: "34.255.7.201",
}  # fmt: skip
HOMES = {
    "anna.berg": "82.64.12.7", "tom.okafor": "91.12.88.201", "lena.fischer": "79.240.3.55",
    "jorge.silva": "188.80.7.91", "mei.tanaka": "86.13.200.4", "sam.price": "90.4.61.12",
    "nora.lund": "81.191.22.8", "olu.adeyemi": "78.16.44.2",
}  # fmt: skip
CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
ESTATE = f"""
[perimeter]
accounts = [{", ".join(f'"{account}"' for account in ACCOUNTS)}]
regions = ["eu-central-1", "eu-west-1", "us-east-1"]
networks = ["10.0.0.0/8", "185.47.60.16/28", {", ".join(f'"{address}/32"' for address in WAYS_OUT.values())}]
vpc_endpoints = ["{ENDPOINT}"]
[[asset]]
name = "ranker"
kind = "weights"
where = "s3://fjordline-models/ranker/"
[[asset]]
name = "clickstream"
kind = "training-data"
where = "s3://fjordline-datasets/clickstream/"
[[principal]]
match = "arn:*:iam::{DATA}:role/ranker-serving"
purpose = "serving"
[[principal]]
match = "arn:*:iam::{DATA}:role/sagemaker-execution"
purpose = "training"
[[principal]]
match = "arn:*:iam::{DATA}:role/glue-etl"
purpose = "training"
[[principal]]
match = "arn:*:iam::{DATA}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_DataScientist_*"
purpose = "training"
"""


def at(day: int, hour: float) -> datetime:
    """A moment of the month; days count from 0."""
    return MONTH + timedelta(days=day, hours=hour)


def is_weekend(day: int) -> bool:
    """Whether nobody is at work."""
    return at(day, 0).weekday() >= 5


def steps(world: World, who: Who, when: datetime, calls: Sequence[Step], gap: float = 3.0) -> Burst:
    """These calls, `gap` seconds apart more or less: each "service:Name", or "service:Name!" where it is refused."""
    for name, asked in calls:
        when += timedelta(seconds=gap * (0.5 + world.chance.random()))
        service, _, call = name.rstrip("!").partition(":")
        answer = {"_return": True} if service == "ec2" else None
        record = world.call(who, when, service, call, asked, answer)
        yield world.denied(record, f"{service}:{call}") if name.endswith("!") else record


def bare(names: str) -> list[Step]:
    """Calls that ask for nothing in particular, from a text of their names."""
    return [(name, {}) for name in names.split()]


def person(
    world: World, name: str, account: str, permission: str, when: datetime, *, console: bool = True, home: bool = False
) -> Who:
    """A person with an Identity Center role, at the console or on the command line, at the office or at home."""
    role = f"AWSReservedSSO_{permission}_{world.id_of('', account + permission)[:16].lower()}"
    path = "/aws-reserved/sso.amazonaws.com/eu-central-1/"
    identity = world.session(role, f"{name}@fjordline.example", account, when, path=path)
    address, more = HOMES[name] if home else OFFICE, {"sessionCredentialFromConsole": "true"} if console else {}
    return Who(identity, address, CHROME if console else CLI, account, more)


def sign_in(world: World, who: Who, when: datetime) -> Burst:
    """Identity Center's way into the console: the role is taken with SAML, then the console opened."""
    issuer = who.identity["sessionContext"]["sessionIssuer"]["arn"]
    saml = {"type": "SAMLUser", "principalId": f"idc:{who.name}", "userName": who.name, "identityProvider": "idc="}
    asked = {"roleArn": issuer, "principalArn": f"arn:aws:iam::{who.account}:saml-provider/AWSSSO_0123_DO_NOT_DELETE"}
    yield world.call(Who(saml, who.address, CHROME, who.account), when, "sts", "AssumeRoleWithSAML", asked)
    proved = {"MFAUsed": "No", "MobileVersion": "No"}
    login: dict[str, Any] = {"eventType": "AwsConsoleSignIn", "additionalEventData": proved}
    quiet = Who(who.identity, who.address, CHROME, who.account)
    answer = {"ConsoleLogin": "Success"}
    yield world.call(quiet, when + timedelta(seconds=2), "signin", "ConsoleLogin", None, answer, **login)


def by_service(world: World, role: str, name: str, account: str, when: datetime, path: str = "/") -> Who:
    """A service of AWS in a role that was given to it."""
    host = f"{name}.amazonaws.com"
    identity: dict[str, Any] = world.session(role, role[:20], account, when, path=path) | {"invokedBy": host}
    return Who(identity, host, host, account)


def taken(world: World, by: Who, who: Who, when: datetime) -> Record:
    """AssumeRole as the target's account sees it: by a service of AWS, or by another account."""
    issuer = who.identity["sessionContext"]["sessionIssuer"]["arn"]
    identity = by.identity
    if by.account != who.account:
        home = identity.get("accountId", by.account)
        identity = {"type": "AWSAccount", "principalId": identity.get("principalId", ""), "accountId": home}
    asked = {"roleArn": issuer, "roleSessionName": who.name, "durationSeconds": 3600}
    answer = {"credentials": {"accessKeyId": who.identity["accessKeyId"]}}
    return world.call(Who(identity, by.address, by.agent, who.account), when, "sts", "AssumeRole", asked, answer)

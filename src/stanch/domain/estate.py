"""What is ours: assets, principals, the perimeter, planned exports, and how far stanch may go by itself."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from stanch.domain.arn import like, pathless
from stanch.domain.step import Collateral

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AssetKind(StrEnum):
    """What an asset is to an LLM estate."""

    WEIGHTS = "weights"
    ADAPTER = "adapter"
    TRAINING_DATA = "training-data"
    REGISTRY = "registry"
    INFERENCE_HOST = "inference-host"
    INFERENCE_API = "inference-api"
    VECTOR_STORE = "vector-store"
    LOGS = "logs"
    EVIDENCE = "evidence"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """What a principal is for; whoever is not declared is `unknown`."""

    SERVING = "serving"
    TRAINING = "training"
    EXPORT = "export"
    ADMIN = "admin"
    RESPONDER = "responder"
    SERVICE = "service"
    UNKNOWN = "unknown"


class Side(StrEnum):
    """On which side of the perimeter something is."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Personal data in an asset: categories in the words of the register, persons and records as counts."""

    categories: tuple[str, ...]
    persons: int | None = None
    records: int | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One thing worth stealing. `where` is `s3://bucket/prefix`, an ARN pattern, or `tag:Key=Value`."""

    name: str
    kind: AssetKind
    where: str
    sensitivity: str | None = None
    personal_data: PersonalData | None = None
    decoy: bool = False
    bucket: str | None = field(init=False, repr=False, compare=False, default=None)
    """The bucket of an `s3://` asset."""
    prefix: str = field(init=False, repr=False, compare=False, default="")
    """The key prefix of an `s3://` asset, empty for a whole bucket."""

    def __post_init__(self) -> None:
        if self.where.startswith("s3://"):  # asked for each object that was read, so worked out once
            bucket, _, prefix = self.where[5:].partition("/")
            object.__setattr__(self, "bucket", bucket)
            object.__setattr__(self, "prefix", prefix)

    def holds_key(self, key: str) -> bool:
        """Whether an object key lies in this asset: below a prefix that ends in `/`, or exactly that object."""
        prefix = self.prefix
        return not prefix or key == prefix or (prefix.endswith("/") and key.startswith(prefix))


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose ARN matches the pattern has the purpose."""

    match: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Export:
    """A planned bulk read: quiet only by this principal, of this asset, in this time and below these bytes."""

    by: str
    asset: str
    start: datetime
    end: datetime
    max_bytes: int
    owner: str
    why: str


@dataclass(frozen=True, slots=True)
class Perimeter:
    """Where our data may be. An empty list means that nobody said: the answer is then `unknown`, not `outside`."""

    partitions: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    vpcs: tuple[str, ...] = ()
    vpc_endpoints: tuple[str, ...] = ()

    def account(self, account: str | None) -> Side:
        """The side of a 12-digit account id."""
        return _side(account, self.accounts)

    def region(self, region: str | None) -> Side:
        """The side of a region name."""
        return _side(region, self.regions)

    def network(self, address: str | None, vpc_endpoint: str | None = None) -> Side:
        """The side of a source address; one of our own VPC endpoints is inside whatever the address says."""
        if vpc_endpoint and vpc_endpoint in self.vpc_endpoints:
            return Side.INSIDE
        if vpc_endpoint and self.vpc_endpoints:
            return Side.OUTSIDE
        return _network_side(address, self.networks) if address else Side.UNKNOWN


def _side(value: str | None, ours: tuple[str, ...]) -> Side:
    if not value or not ours:
        return Side.UNKNOWN
    return Side.INSIDE if value in ours else Side.OUTSIDE


@lru_cache(maxsize=65536)
def _network_side(address: str, networks: tuple[Network, ...]) -> Side:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # "s3.amazonaws.com", "AWS Internal": a service called, not a network
        return Side.UNKNOWN
    if any(ip.version == net.version and ip in net for net in networks):
        return Side.INSIDE
    # Without declared networks a public address may be ours: a NAT gateway, an office. Only a list can say outside.
    return Side.OUTSIDE if networks else Side.UNKNOWN


class Mode(StrEnum):
    """How far stanch goes by itself: only plan, ask first, or act when it is sure."""

    OBSERVE = "observe"
    ASK = "ask"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class EvidencePlace:
    """Where evidence is kept beyond an intruder's reach: a bucket with Object Lock, a key and an account for copies.

    `key` is the ARN of a KMS key that the forensic account may use; `lock_days` is how long nothing may be deleted.
    """

    bucket: str | None = None
    account: str | None = None
    key: str | None = None
    lock_days: int = 90


@dataclass(frozen=True, slots=True)
class Gateway:
    """An inference gateway that manages its keys over HTTP; `secret` names the environment variable with its own."""

    name: str
    url: str
    secret: str
    kind: str = "litellm"


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these stanch asks, whatever its mode: a loop, or a rule gone wild, must not empty an account."""

    per_incident: int = 20
    per_hour: int = 40


@dataclass(frozen=True, slots=True)
class Asking:
    """How a person decides: how long a question stands, and the assets for which two persons must say yes."""

    expires_minutes: int = 60
    two_persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """The bounds of containment.

    `member_role` is the name of the role that the responder assumes in the perimeter's other accounts.
    `freeze_policy` is the id or name of a service control policy placed beforehand for the quarantine of accounts.
    `collateral_days` is how far back the lake is asked who else used what containment would change.
    """

    mode: Mode = Mode.ASK
    act_confidence: float = 0.9
    act_collateral: Collateral = Collateral.LOW
    never_touch: tuple[str, ...] = ()
    member_role: str | None = None
    freeze_policy: str | None = None
    collateral_days: int = 14
    evidence: EvidencePlace = field(default_factory=EvidencePlace)
    gateways: tuple[Gateway, ...] = ()
    limits: Limits = field(default_factory=Limits)
    asking: Asking = field(default_factory=Asking)

    def forbids(self, arn: str) -> str | None:
        """The `never_touch` pattern that protects this ARN, or None."""
        return next((pattern for pattern in self.never_touch if like(pattern, arn)), None)


@dataclass(frozen=True, slots=True)
class Reporting:
    """Which laws bind us and where their authority keeps its clock."""

    regimes: tuple[str, ...] = ()
    authority_timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Estate:
    """What is ours. `declared` is False when no stanch.toml was found and the perimeter was guessed from the logs."""

    perimeter: Perimeter = field(default_factory=Perimeter)
    assets: tuple[Asset, ...] = ()
    principals: tuple[Principal, ...] = ()
    exports: tuple[Export, ...] = ()
    response: Response = field(default_factory=Response)
    reporting: Reporting = field(default_factory=Reporting)
    declared: bool = False

    def asset_of_object(self, bucket: str, key: str | None) -> Asset | None:
        """The most specific asset that holds an object (or, without key, lies in the bucket): the longest `where`."""
        here = [a for a in self.assets if a.bucket == bucket and (key is None or a.holds_key(key))]
        return max(here, key=lambda a: (a.decoy if key else False, len(a.prefix)), default=None)

    def asset_of_arn(self, arn: str) -> Asset | None:
        """The asset whose `where` is an ARN pattern that matches."""
        return next((a for a in self.assets if a.where.startswith("arn:") and like(a.where, arn)), None)

    def asset_named(self, name: str) -> Asset | None:
        """The asset with this name."""
        return next((a for a in self.assets if a.name == name), None)

    def purpose_of(self, arns: Iterable[str]) -> Purpose:
        """The purpose of the first declared principal that matches any of these ARNs (session, role, user).

        A role that is declared with its path is known without it, for a session's ARN drops it.
        """
        names = tuple(arns)
        for principal in self.principals:
            spelt = {principal.match, pathless(principal.match)}
            if any(like(match, arn) for match in spelt for arn in names):
                return principal.purpose
        return Purpose.UNKNOWN

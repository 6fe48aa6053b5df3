"""A check judges configuration that a snapshot holds: a module with these names, one file each.

It is pure: no call, no clock. What could not be seen is `unknown`, never a pass and never a fail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from stanch.contracts.collector import Place, Unknown
from stanch.domain.estate import Asset, Estate
from stanch.domain.event import Event
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling
from stanch.iam.ask import Access
from stanch.iam.escalation import Reached
from stanch.iam.exposure import Exposure, Perimeter

CIS, FSBP, NIST, ISO, GDPR, NIS2 = (
    "CIS AWS Foundations 3.0.0",
    "AWS FSBP",
    "NIST 800-53 r5",
    "ISO 27001:2022",
    "GDPR",
    "NIS2",
)
"""The standards that a check may name its controls of."""


class Unjudgeable(Exception):
    """What a check asks cannot be answered from this snapshot; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class About:
    """What a check says of itself. `severity` holds where the asset at stake is weights, data or evidence.

    On anything else the engine lowers it. `controls` names standards' controls by standard, `{CIS: ("2.1.4",)}`.
    """

    title: str
    row: Row
    severity: Severity
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """One thing judged. `resource` is its ARN; the account and region are the place's, unless it has none.

    `assets` are those at stake, found by the check; `way` is the attacker's, in words, a step a line; `severity`
    replaces the check's where this case is worse or milder than most.
    """

    resource: str
    account: str
    region: str | None
    ruling: Ruling
    why: str
    assets: tuple[Asset, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    way: tuple[str, ...] = ()
    remedy: Remedy | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Whom a thing lets in from outside, by all its policies and lists together; `unseen` is what nobody could see."""

    exposure: Exposure
    unseen: tuple[str, ...] = ()


class Posture(Protocol):
    """The configuration of the estate, read once, with the answers of the IAM core; every answer is kept."""

    @property
    def estate(self) -> Estate:
        """What is ours. Not declared: every store is then of kind unknown, and every account looked at is ours."""

    @property
    def made_at(self) -> datetime:
        """When the snapshot was made; ages are counted to here."""

    @property
    def accounts(self) -> Sequence[str]:
        """The accounts that were looked at."""

    @property
    def regions(self) -> Sequence[str]:
        """The regions that were looked at."""

    @property
    def events(self) -> Sequence[Event] | None:
        """The events at hand, oldest first; None where nobody gave any."""

    def of(self, *kinds: str) -> Sequence[Place]:
        """Every thing of these kinds."""

    def named(self, arn: str) -> Place | None:
        """The thing with this ARN, or None where the snapshot has none."""

    def gaps(self, *operations: str, account: str | None = None, region: str | None = None) -> Sequence[Unknown]:
        """Failed looks whose operation begins so (`ec2:DescribeFlowLogs`), in an account and a region if given.

        A check that finds nothing of a kind asks here before it says that there is none.
        """

    def looked(self, collector: str, account: str, region: str | None) -> bool:
        """Whether this collector looked there at all."""

    def assets_of(self, arn: str) -> Sequence[Asset]:
        """The declared assets that are this thing or lie in it: by ARN, by bucket, by tag."""

    def perimeter(self, owner: str) -> Perimeter:
        """What is inside for a thing of this account: what the estate declares, and what was itself looked at."""

    def open(self, place: Place) -> Open:
        """Whom a thing lets in from outside the estate; of a bucket with its access points, lists and blocks."""

    def ways_to(self, arn: str) -> Sequence[Reached]:
        """Every user and role that gets to read a thing, or to be a role, by way of escalation; the shortest each.

        Empty for what the IAM core knows no reading of.
        """

    def admins(self) -> Sequence[Reached]:
        """Every user and role that is, or can make itself, administrator; the shortest way each."""

    def who_can(self, action: str, arn: str) -> Sequence[Access]:
        """Every user and role that can do an action on a thing, by policies alone, without escalation."""


class Check(Protocol):
    """The names a module in `catalog/checks/` must hold. Its id is its path."""

    ABOUT: About

    def judge(self, posture: Posture) -> Iterator[Judged]:
        """A verdict on every thing that the question is about, healthy ones too."""

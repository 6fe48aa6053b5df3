"""What a check says of one thing as it is configured: it passes, it fails, or nobody could look."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stanch.domain.finding import AssetRef
from stanch.domain.severity import Severity


class Ruling(StrEnum):
    """What one verdict says."""

    PASS = "pass"  # noqa: S105 - a ruling, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


class Row(StrEnum):
    """The failure points of an LLM estate, each of which is at least one check."""

    PUBLIC = "public by policy"
    CROSS_ACCOUNT = "cross-account"
    CLOUDTRAIL = "CloudTrail"
    GUARDDUTY = "GuardDuty"
    FLOW_LOGS = "flow logs"
    LAMBDA = "Lambda"
    REGISTRY = "registry"
    INFERENCE_HOSTS = "inference hosts"
    ENCRYPTION = "encryption and versioning"
    ALARMS = "alarms"
    RESPONSE = "response"
    TRUST = "trust backdoors"
    PERIMETER = "perimeter"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where in the snapshot the fact stands: the file, the ARN of its line, the path inside `data`, and what it says.

    `at` is dotted, `MetadataOptions.HttpTokens`, and empty for the thing as a whole; `seen` is AWS's own value.
    """

    file: str
    arn: str
    at: str
    seen: Any = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """What closes a hole, in words and exactly: commands for a shell, and a fragment of CloudFormation where one fits.

    The commands hold names that somebody else chose: each is a list of arguments, quoted by whoever shows it.
    """

    words: str
    commands: tuple[tuple[str, ...], ...] = ()
    template: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check's word on one resource.

    `way` is how an attacker walks through the hole here, a step a line, shortest first; `row` is the failure point;
    `controls` are what standards call it.
    """

    check: str
    title: str
    resource: str
    account: str
    region: str | None
    ruling: Ruling
    severity: Severity
    why: str
    row: Row
    assets: tuple[AssetRef, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    way: tuple[str, ...] = ()
    remedy: Remedy | None = None
    controls: Mapping[str, tuple[str, ...]] | None = None

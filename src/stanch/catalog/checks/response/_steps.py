"""A playbook is a graph of steps; what counts is the quickest way from its start to the first step that isolates.

Amazon States Language, and Systems Manager Automation's own words for the same.
"""

import heapq
import re
from collections.abc import Mapping
from dataclasses import dataclass

A_YEAR = 365 * 86400
"""Seconds that a step waits for an answer at the most, where nobody said less."""
ISOLATING = re.compile(
    r"(?i)isolat|quarantin|contain(?!er)|revoke|lock.?down|freeze|sever(?!ity)|cut.?off|block.?access"
)
"""What people call a step that isolates."""
RESPONSE = re.compile(
    r"(?i)incident|respon[sd]|contain(?!er)|isolat|quarantin|forensic|remediat|finding|guardduty|threat"
)
"""What people call a playbook that answers a finding."""
PERSON = re.compile(r"(?i)approv|confirm|\bask|decide|decision|human|person|manual|review|sign.?off|analyst|on.?call")
"""What people call a step that asks somebody."""
_STRONG = frozenset(
    (
        *("ec2:disassociateiaminstanceprofile", "ec2:modifynetworkinterfaceattribute"),
        *("ec2:revokesecuritygroupegress", "ec2:revokesecuritygroupingress"),
        *("iam:deleteloginprofile", "iam:updateaccesskey", "iam:updateassumerolepolicy"),
        *("kms:disablekey", "lambda:putfunctionconcurrency", "organizations:attachpolicy", "s3:putpublicaccessblock"),
    )
)
_WEAK = frozenset(
    (
        *("ec2:modifyinstanceattribute", "ec2:modifysnapshotattribute", "ec2:stopinstances", "ec2:terminateinstances"),
        *("iam:attachrolepolicy", "iam:attachuserpolicy", "iam:deleteaccesskey", "iam:putrolepolicy"),
        *("iam:putuserpolicy", "s3:putbucketpolicy"),
    )
)
"""Calls that isolate in a playbook for incidents, and are daily work in any other."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how many seconds it waits at the most, whether for a person, whether it isolates, what may follow."""

    name: str
    nexts: tuple[str, ...] = ()
    waits: int = 0
    person: bool = False
    isolates: bool = False


@dataclass(frozen=True, slots=True)
class Playbook:
    """The steps by a name that is unique in it."""

    start: str
    steps: Mapping[str, Step]


@dataclass(frozen=True, slots=True)
class Way:
    """The quickest way to the first step that isolates, with the seconds that it waits at the most."""

    seconds: int
    steps: tuple[Step, ...]

    @property
    def asks(self) -> Step | None:
        """The first step on it that waits for a person."""
        return next((step for step in self.steps if step.person), None)


def quickest(playbook: Playbook) -> Way | None:
    """The way, or None where no step that isolates can be reached."""
    queue: list[tuple[int, int, str, tuple[str, ...]]] = [(0, 0, playbook.start, ())]
    seen: set[str] = set()
    while queue:
        seconds, hops, name, before = heapq.heappop(queue)
        step = playbook.steps.get(name)
        if step is None or name in seen:
            continue
        seen.add(name)
        if step.isolates:
            return Way(seconds, tuple(playbook.steps[one] for one in (*before, name)))
        for following in step.nexts:
            heapq.heappush(queue, (seconds + step.waits, hops + 1, following, (*before, name)))
    return None


def isolates(call: str, *, in_response: bool) -> bool:
    """Whether a call isolates, `ec2:modifyNetworkInterfaceAttribute` in any spelling."""
    plain = call.lower().replace("_", "").replace("-", "")
    return plain in _STRONG or (in_response and plain in _WEAK)


def in_words(seconds: int) -> str:
    """A time as people say it."""
    if seconds >= A_YEAR:
        return "up to a year"
    if seconds >= 2 * 86400:
        return f"up to {seconds / 86400:.0f} days"
    if seconds >= 2 * 3600:
        return f"up to {seconds / 3600:.0f} hours ({seconds // 60} minutes)"
    return f"up to {max(1, round(seconds / 60))} minutes"

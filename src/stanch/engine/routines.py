"""Much of what looks evil is somebody's daily work; what explains it away must be written down, and must be bounded.

A routine is a Sigma condition on single events with a mapping `routine` beside it:

routine:
  why: one sentence that a person reads beside what was folded
  folds: ["discovery/*"]          # ids of detections, `*` for any run of characters
  up_to: medium                   # the gravest finding it may fold; high and critical can never be
  regular_days: 3                 # fold only a finding that goes on at least this long; for what a thief could imitate
  on_days: 4                      # fold only a finding with events on at least so many different days
  anywhere: true                  # explain calls from outside networks too; for callers that AWS or a token proves
  own_calls: true                 # explain nothing but calls that stanch itself declares to make

A routine may be a correlation instead, `temporal_ordered` and grouped by who acts, with its base rules in the same
file: what one hand made and unmade. It then explains the events of its hits, of which none may be of a kind that
nothing explains; `anywhere` and the days hold as for the others.

A finding is folded when one routine explains all of its events. Whatever a routine says, nothing explains a request
that opens something to others than ours, sends data outside, touches the logs, or is made by another account.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from stanch.domain.coverage import Folded
from stanch.domain.estate import Side
from stanch.domain.finding import Finding
from stanch.domain.severity import Severity
from stanch.engine import sigma
from stanch.engine.enrich import View
from stanch.engine.enrich.grants import Reach
from stanch.engine.fields import Fields
from stanch.engine.sigma import Rule, RuleError
from stanch.engine.sigma.narrow import Knows
from stanch.engine.sigma.rule import Correlation
from stanch.engine.untrusted import text
from stanch.iam.least.calls import calls_of

GRAVEST = Severity.MEDIUM
"""No routine folds what is graver: such a finding is looked at by a person, each time."""
_KEYS = {"why", "folds", "up_to", "regular_days", "on_days", "anywhere", "own_calls"}
_PATTERN = re.compile(r"[a-z0-9_*/-]+")
_WATCHERS = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "access-analyzer",
        "cloudtrail",
        "config",
        "detective",
        "guardduty",
        "inspector2",
        "macie2",
        "securityhub",
    )
)
_UNSEEN = ("Delete", "Remove", "Put", "Update", "Stop", "Disable")
_LOGS = frozenset({"logs.amazonaws.com"})
_LOG_NAMES = ("FlowLogs", "QueryLog", "BucketLogging", "LoggingConfiguration", "InvocationLogging")
_READS = ("Describe", "Get", "List", "Lookup", "Search", "BatchGet", "Select")


@dataclass(frozen=True, slots=True, eq=False)
class Routine:
    """One kind of daily work; its id is its path."""

    id: str
    why: str
    folds: tuple[str, ...]
    up_to: Severity
    regular: timedelta
    days: int
    anywhere: bool
    rule: Rule
    bases: tuple[Rule, ...] = ()
    """What the rule counts, where it is a correlation."""
    own_calls: bool = False
    calls: frozenset[str] = frozenset()
    """The permissions that stanch declares, where `own_calls` asks for them: whoever wires it says so."""

    def knows(self, view: View) -> bool:
        """Whether the event is a call that this routine may explain at all."""
        if not self.own_calls:
            return True
        return {call.action for call in calls_of(view.record)} <= self.calls

    def may_fold(self, detection: str, severity: Severity) -> bool:
        """Whether findings of this detection and severity are this routine's to explain."""
        return severity <= self.up_to and any(fnmatchcase(detection, pattern) for pattern in self.folds)


def read_routine(text: str, path: str, id: str) -> Routine:  # noqa: A002 - the domain's word
    """The routine of one file; raises RuleError, which names the file and the remedy."""
    import yaml  # with what reads rules: a hunt whose routines were read before needs neither

    from stanch.engine.sigma.library import read_rules

    rule, *bases = read_rules(text, path, id)
    if (rule.correlation is None) == bool(bases) or not (rule.correlation is None or _by_one_hand(rule.correlation)):
        raise RuleError(
            f"{path}: a routine is one condition on single events, or one temporal_ordered correlation that groups by "
            "`actor.arn` and has its base rules beside it"
        )
    said = next(yaml.safe_load_all(text)).get("routine")  # read_rules has already refused what is no bounded mapping
    if not isinstance(said, Mapping) or set(said) - _KEYS or not {"why", "folds", "up_to"} <= set(said):
        raise RuleError(
            f"{path}: `routine` must be a mapping of why, folds, up_to and, if need be, regular_days, on_days, "
            "anywhere, own_calls"
        )
    return Routine(
        id,
        _why(said["why"], path),
        _folds(said["folds"], path),
        _up_to(said["up_to"], path),
        timedelta(days=_days(said, "regular_days", path)),
        _days(said, "on_days", path),
        _flag(said, "anywhere", path),
        rule,
        tuple(bases),
        _flag(said, "own_calls", path),
    )


def _by_one_hand(correlation: Correlation) -> bool:
    return correlation.orderly and "actor.arn" in correlation.group_by


class Routines:
    """All routines, asked about events that some detection matched: a few among millions."""

    def __init__(self, routines: Sequence[Routine]) -> None:
        self._by_id = {routine.id: routine for routine in sorted(routines, key=lambda routine: routine.id)}
        self._matcher = sigma.compile([routine.rule for routine in self._by_id.values() if not routine.bases])
        self._by_base = {base.id: routine for routine in self._by_id.values() for base in routine.bases}
        self.correlated = {routine.rule.id: routine for routine in self._by_id.values() if routine.bases}
        """The routines that are correlations, by the ids of these."""

    def of(self, view: View) -> tuple[str, ...]:
        """The ids of the routines that explain this event; none where it is of a kind that nothing explains."""
        found = self._matcher.match(view.event_source, view.event_name, view)
        if not found or _is_beyond_routine(view):
            return ()
        outside = view.network_side is Side.OUTSIDE
        routines = (self._by_id[rule.id] for rule in found)
        return tuple(one.id for one in routines if (one.anywhere or not outside) and one.knows(view))

    def counted(self, detections: Collection[str]) -> tuple[Rule, ...]:
        """The correlations that may fold findings of these detections, each with its base rules."""
        wanted = (one for one in self.correlated.values() if any(one.may_fold(each, one.up_to) for each in detections))
        return tuple(rule for one in wanted for rule in (one.rule, *one.bases))

    def counts(self, base: Rule, view: View) -> bool:
        """Whether an event that this rule matches may be counted: of a routine's bases, only what may be explained."""
        routine = self._by_base.get(base.id)
        if routine is None:
            return True
        outside = view.network_side is Side.OUTSIDE
        return not _is_beyond_routine(view) and (routine.anywhere or not outside) and routine.knows(view)

    def never(self, event_source: str, event_name: str, known: Fields, knows: Knows) -> bool:
        """Whether nothing explains any event of one class; see `Matcher.narrowed`."""
        return not self._matcher.narrowed(event_source, event_name, known, knows)

    def folding(
        self,
        detection: str,
        severity: Severity,
        explained: Mapping[str, int],
        count: int,
        first: datetime,
        last: datetime,
        days: int,
    ) -> str | None:
        """The routine that folds a finding: it may, and it explains all `count` events; None where none does.

        `explained` says how many of the finding's events each routine explains, by its id; `days` on how many different
        UTC days they came.
        """
        for id_, routine in self._by_id.items():
            if (
                explained.get(id_) == count
                and last - first >= routine.regular
                and days >= routine.days
                and routine.may_fold(detection, severity)
            ):
                return id_
        return None

    def told(self, findings: Iterable[Finding]) -> tuple[Folded, ...]:
        """What was folded, for the line of coverage: each routine with its reason and its counts."""
        sums: dict[str, tuple[int, int]] = {}
        for finding in findings:
            if finding.folded is not None:
                folded, events = sums.get(finding.folded, (0, 0))
                sums[finding.folded] = folded + 1, events + finding.count
        return tuple(Folded(id_, self._by_id[id_].why, *sums[id_]) for id_ in sorted(sums))


def _is_beyond_routine(view: View) -> bool:
    opens = view.grant_reach not in (Reach.NONE, Reach.INSIDE) or view.copy_reach is Reach.OUTSIDE
    stranger = not view.caller.is_aws and view.account_side is not Side.INSIDE
    return opens or stranger or _touches_logs(view) or bool(view.values("trail.loses"))


def _touches_logs(view: View) -> bool:
    name = view.event_name
    if name.startswith(_READS):
        return False
    watched = view.event_source in _WATCHERS and not view.caller.is_aws
    return (
        watched or (view.event_source in _LOGS and name.startswith(_UNSEEN)) or any(part in name for part in _LOG_NAMES)
    )


def _why(said: Any, path: str) -> str:
    if text(said) is None or "\n" in said:
        raise RuleError(f"{path}: `why` must be one sentence")
    return str(said)


def _folds(said: Any, path: str) -> tuple[str, ...]:
    if (
        not isinstance(said, list)
        or not said
        or not all(isinstance(one, str) and _PATTERN.fullmatch(one) for one in said)
    ):
        raise RuleError(f'{path}: `folds` must be a list of detection ids, as in ["discovery/*"]')
    return tuple(said)


def _up_to(said: Any, path: str) -> Severity:
    try:
        severity = Severity.of(str(said))
    except ValueError as error:
        raise RuleError(f"{path}: `up_to`: {error}") from None
    if severity > GRAVEST:
        raise RuleError(f"{path}: `up_to` is {said}; no routine folds more than {GRAVEST.word}")
    return severity


def _days(said: Mapping[str, Any], name: str, path: str) -> int:
    days = said.get(name, 0)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= 365:
        raise RuleError(f"{path}: `{name}` is {days!r}; it must be a whole number of days up to 365")
    return days


def _flag(said: Mapping[str, Any], name: str, path: str) -> bool:
    flag = said.get(name, False)
    if not isinstance(flag, bool):
        raise RuleError(f"{path}: `{name}` is {flag!r}; it must be true or false")
    return flag

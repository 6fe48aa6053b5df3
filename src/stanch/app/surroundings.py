"""Collateral wired: who used what a plan would change, by hunt and lake; what depends on it, by the snapshot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from stanch.app.clock import now
from stanch.app.containing import named_by, users_known
from stanch.app.knowledge import shelf
from stanch.app.lake_users import LakeUsers, lake_users
from stanch.app.snapshot import FOLDER
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.engine.contain.collateral import Dependent, Known, Seen
from stanch.iam import is_admin
from stanch.iam.reading import FactsError

if TYPE_CHECKING:
    from stanch.estate.snapshot import Snapshot
    from stanch.iam.ask import Asker

_GIVEN = "the logs given"
_NO_SNAPSHOT = "no snapshot was taken (stanch snapshot)"


@dataclass(frozen=True, slots=True)
class _Mapped:
    """What the snapshot tells: what depends on each resource, why there may be more, and everybody's rights."""

    dependents: Mapping[str, Sequence[Dependent]]
    asker: "Asker | None"
    doubt: Callable[[Sequence[str]], str]


class Surroundings:
    """Those around one incident; implements `engine.contain.collateral.Around`.

    Lake and snapshot are those of the state folder. Each is read once, and only if something is asked.
    """

    def __init__(
        self, incident: Incident, estate: Estate, state: Path, logs: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """`logs` are the users that logs told which were read just now, by the resource that was looked for."""
        self._incident = incident
        self._estate = estate
        self._state = state
        self._logs = logs
        self._resources = sorted(named_by(incident))
        self._addresses = {address for finding in incident.findings for address in finding.addresses}

    def known(self, names: Sequence[str]) -> Known:
        """See `Around`."""
        mapped = self._mapped
        dependents = [one for name in dict.fromkeys(names) for one in mapped.dependents.get(name, ())]
        users, looked = self._users(names)
        return Known(users, looked, dependents, mapped.doubt(names))

    def _users(self, names: Sequence[str]) -> tuple[Sequence[str] | None, str]:
        """Who was seen, and where; None and why where nothing tells."""
        seen, where = self._seen(names)
        kept = self.in_lake
        if kept is None:
            return seen, where
        told = next((name for name in names if name in kept.found.looked), None)
        if told is not None:
            users = kept.found.usage.others(told, self._addresses)
            return _both(users, seen or ()), f"{where} and {kept.words}" if where == _GIVEN else kept.words
        return seen, where or f"no use of it is recorded in {kept.words}"

    def rules(self, identity: str) -> bool:
        """See `Around`; a role may be named without its path, as its sessions name it."""
        arn, asker = Arn.parse(identity), self._mapped.asker
        called = (arn.kind, arn.account, arn.name)
        found = (
            [one for one in asker.callers.identities if (one.kind, one.account, one.name) == called] if asker else []
        )
        return any(is_admin(named.policy) for one in found for named in one.policies)

    def _seen(self, names: Sequence[str]) -> tuple[Sequence[str] | None, str]:
        """Who was seen by the hunt or in the logs given now, and where that was."""
        given = Seen(self._logs).known(names).users
        hunted = Seen(users_known(self._incident)).known(names).users
        if given is not None:
            return _both(given, hunted or ()), _GIVEN
        coverage = self._incident.coverage
        if hunted is None or coverage is None:
            return hunted, ""
        first, last = coverage.first_event, coverage.last_event
        span = f", {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC" if first and last else ""
        return hunted, f"the logs of the last hunt{span}"

    @cached_property
    def in_lake(self) -> LakeUsers | None:
        """What the lake tells of the days before the incident and of those since; None where it holds none of them."""
        at = now()
        reach = timedelta(days=self._estate.response.collateral_days)
        return lake_users(self._state, self._resources, min(self._incident.first_seen, at) - reach, at)

    @cached_property
    def _mapped(self) -> _Mapped:
        folder = self._state / FOLDER
        if not folder.is_dir():
            return _Mapped({}, None, lambda _: _NO_SNAPSHOT)
        try:
            return self._told_by(folder)
        except FactsError as error:
            why = str(error)
            return _Mapped({}, None, lambda _: why)

    def _told_by(self, folder: Path) -> _Mapped:
        from stanch.app.iam_facts import facts_in, snapshot_at
        from stanch.engine.contain.dependents import dependents
        from stanch.iam.ask import Asker

        snapshot = snapshot_at(folder)
        asker = Asker(facts_in(snapshot, folder, self._resources).organization)
        found = dependents(self._resources, snapshot.places, asker, self._estate)
        return _Mapped(found, asker, _doubts(snapshot))


def _both(users: Sequence[str], more: Sequence[str]) -> list[str]:
    """Those whom two places have seen, each once, the first place's count for both."""
    return list({user.rpartition(" (")[0]: user for user in (*more, *users)}.values())


def _doubts(snapshot: "Snapshot") -> Callable[[Sequence[str]], str]:
    """Why there may be more than the snapshot tells of the resource that has these names; empty where it is whole."""
    when = f"the snapshot of {snapshot.made_at:%Y-%m-%d %H:%M} UTC"
    seen = {place.thing.arn for place in snapshot.places}
    absent = sorted({unit.id for unit in shelf("collectors", ".py")} - {collector for *_, collector in snapshot.looked})
    lacking = list(dict.fromkeys(unknown.operation for unknown in snapshot.unknowns))
    count = len(snapshot.unknowns)

    def doubt(names: Sequence[str]) -> str:
        if seen.isdisjoint(names):
            return f"{when} does not hold it"
        if snapshot.edited:
            return f"{when} was edited by hand"
        if absent:
            return f"{when} was taken without looking at {', '.join(absent[:3])}{' and more' if absent[3:] else ''}"
        answers = f"{count} answer{'' if count == 1 else 's'}"
        return f"{when} lacks {answers} of AWS ({', '.join(lacking[:2])})" if lacking else ""

    return doubt

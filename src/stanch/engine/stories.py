"""One thief uses five keys from one address and a role he backdoored: five names, one story.

Findings stand in one story when

- they have one origin: the credentials descend from one another;
- they tell the same of sessions of one role that nobody is known to have taken and that are named by chance: a service
  runs the same work again;
- the origin of the one made the identity behind the other (a user, a login, a trust, an instance, a function) within a
  day of something else he is accused of;
- the origin of the one lent a role to a service, and he alone within the day before the service's session began what it
  is accused of;
- a service's session gravely changed the rights of the other, of nobody else who is accused, within a day;
- the one lets a strange account in, and the other is by somebody of it, within a day;
- they touch one asset within a day, and one of the two is by nobody of ours, or both are grave and the asset declared;
- they come within a day from one public address outside our networks. Where no networks are declared, the address must
  also be nobody's office: all its callers are newcomers there, more of them are accused than not, one of them gravely.

To be accused takes a finding of medium or above that no routine explains: noise joins nothing. Two who merely share a
gateway, a busy bucket or a role to assume stay two.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from stanch.domain.estate import Estate, Side
from stanch.domain.event import is_identity
from stanch.domain.finding import Finding
from stanch.domain.severity import Severity
from stanch.engine.crowd import Crowd, place_of
from stanch.engine.enrich.caller import instance_named
from stanch.engine.findings import Told
from stanch.engine.makers import Makers
from stanch.engine.near import STORY, Pair, beside, in_time, near

MOST_ACCUSED = 100
"""Findings of one maker that are compared with what he made; all of them stand in one story anyway."""
MOST_BEHIND = 20
"""Origins that are told to stand behind a story."""
_DAY = STORY.total_seconds() + 3600.0
"""So long before, in seconds, the hour of a making may have begun."""
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
_BY_CHANCE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-z])[0-9a-f]{16,}(?![0-9a-z])", re.IGNORECASE
)
"""What a service puts into a session's name so that it is like no other."""

Identity = tuple[str, str, str]
"""Account, `user` or `role`, and name without its path: IAM's requests tell no path."""


class Kin(Protocol):
    """What joining asks of a lineage."""

    def origin(self, access_key: str | None, arn: str) -> str:
        """The identity behind a key or ARN."""

    def behind(self, callers: Iterable[tuple[str | None, str]]) -> Makers:
        """Who made these callers or anyone on their chains."""

    def handed_out(self, arn: str) -> bool:
        """Whether a known call handed out a session of this name."""


def stories(
    told: Sequence[Told],
    estate: Estate,
    kin: Kin | None = None,
    crowd: Crowd | None = None,
) -> list[list[Told]]:
    """The findings, each in exactly one story."""
    accused = [index for index, one in enumerate(told) if _accuses(one.finding)]
    joined = _Joined(len(told))
    joined.all(_of_one_origin(told))
    joined.all(_of_one_worker(told, accused, kin))
    joined.all(_on_one_asset(told, accused, estate))
    joined.all(_let_in(told, accused, estate))
    joined.all(_from_one_address(told, accused, estate, kin, crowd))
    if kin is not None:
        joined.all(_of_one_maker(told, accused, kin))
        joined.all(_for_another(told, accused, kin))
    groups: dict[int, list[Told]] = {}
    for index, one in enumerate(told):
        groups.setdefault(joined.top(index), []).append(one)
    return list(groups.values())


def _accuses(finding: Finding) -> bool:
    return finding.severity >= Severity.MEDIUM and finding.folded is None


class _Joined:
    """Numbers that belong together: union-find."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def top(self, index: int) -> int:
        """The number that stands for all that this one was joined with."""
        while self._parent[index] != index:
            self._parent[index] = index = self._parent[self._parent[index]]
        return index

    def all(self, pairs: Iterator[Pair]) -> None:
        """From now on both of each pair belong together."""
        for one, other in pairs:
            self._parent[self.top(one)] = self.top(other)


def _of_one_origin(told: Sequence[Told]) -> Iterator[Pair]:
    first: dict[str, int] = {}
    for index, one in enumerate(told):
        root = one.finding.actor.root
        if is_identity(root):
            yield index, first.setdefault(root, index)


def _of_one_worker(told: Sequence[Told], accused: Sequence[int], kin: Kin | None) -> Iterator[Pair]:
    first: dict[tuple[Identity, str], int] = {}
    for index in accused:
        finding = told[index].finding
        root = finding.actor.root
        role, session = _identity(root), root.rsplit("/", 1)[-1]
        if ":assumed-role/" not in root or instance_named(session) or (kin is not None and kin.handed_out(root)):
            continue
        if role and _BY_CHANCE.search(session):
            yield index, first.setdefault((role, finding.detection), index)


def _of_one_maker(told: Sequence[Told], accused: Sequence[int], kin: Kin) -> Iterator[Pair]:
    by_origin: dict[str, list[int]] = {}
    among = set(accused)
    for index in accused:
        by_origin.setdefault(told[index].finding.actor.root, []).append(index)
    for index, one in enumerate(told):
        makers = _makers_of(one, kin)
        began, ended = _span(one.finding)  # what was done before was nobody's wish but his own
        for origin in makers.among(by_origin.keys()):
            for other in by_origin[origin][:MOST_ACCUSED]:
                first, last = _span(told[other].finding)
                if makers.by(origin, first - _DAY, min(last + STORY.total_seconds(), ended)):
                    yield index, other
        if index in among and (lender := _lender(one, makers)):
            for other in by_origin.get(lender, ())[:MOST_ACCUSED]:
                first, last = _span(told[other].finding)
                since, until = max(first, began) - _DAY, min(last + STORY.total_seconds(), began)
                if makers.by(lender, since, until, lent=True):
                    yield index, other


def _makers_of(one: Told, kin: Kin) -> Makers:
    """Who stands behind the callers of a finding."""
    actor = one.finding.actor
    sessions = ((None, arn) for arn, _ in one.callers if ":assumed-role/" in arn)
    return kin.behind(dict.fromkeys([(actor.access_key, actor.arn), *sessions]))


def _lender(one: Told, makers: Makers) -> str | None:
    """Who lent the role of a finding's callers: within STORY before the work began he alone, and not to himself."""
    began, _ = _span(one.finding)
    lenders = makers.origins(began - _DAY, began, lent=True) - {one.finding.actor.root}
    return lenders.pop() if len(lenders) == 1 else None


def behind(story: Sequence[Told], kin: Kin) -> tuple[str, ...]:
    """The origins that set the accused of a story to work within STORY before, and do not stand in it themselves."""
    roots = {one.finding.actor.root for one in story}
    found: set[str] = set()
    for one in story:
        if _accuses(one.finding):
            began, ended = _span(one.finding)
            makers = _makers_of(one, kin)
            found |= makers.origins(began - _DAY, ended)
            if lender := _lender(one, makers):
                found.add(lender)
    return tuple(sorted(origin for origin in found if is_identity(origin) and origin not in roots))[:MOST_BEHIND]


def _for_another(told: Sequence[Told], accused: Sequence[int], kin: Kin) -> Iterator[Pair]:
    """What a service's session did for one of the accused: it gave rights to him and to no other of them."""
    by_identity: dict[Identity, list[int]] = {}
    for index in accused:
        arns = (told[index].finding.actor.arn, *(arn for arn, _ in told[index].callers))
        for identity in dict.fromkeys(filter(None, map(_identity, arns))):
            by_identity.setdefault(identity, []).append(index)
    for index in accused:
        finding = told[index].finding
        root = finding.actor.root
        if finding.severity < Severity.HIGH or ":assumed-role/" not in root or kin.handed_out(root):
            continue
        own = {_identity(root), *(_identity(arn) for arn, _ in told[index].callers)}  # they act, and are not changed
        for changed in {found for arn in finding.resources if (found := _identity(arn))} - own:
            accused_too = by_identity.get(changed, ())[:MOST_ACCUSED]
            others = [other for other in accused_too if near(finding, told[other].finding)]
            if len({told[other].finding.actor.root for other in others}) == 1:
                yield from ((index, other) for other in others)


def _identity(arn: str) -> Identity | None:
    """Account, kind and name of a user or role; of a session those of its role."""
    parts = arn.split(":", 5)
    kind, _, name = parts[-1].partition("/")
    if len(parts) != 6 or kind not in ("user", "role", "assumed-role"):
        return None
    if kind == "assumed-role":
        return parts[4], "role", name.split("/", 1)[0]
    return parts[4], kind, name.rsplit("/", 1)[-1]


def _span(finding: Finding) -> tuple[float, float]:
    """When it was first and last seen, in seconds since the epoch."""
    return finding.first_seen.timestamp(), finding.last_seen.timestamp()


def _on_one_asset(told: Sequence[Told], accused: Sequence[int], estate: Estate) -> Iterator[Pair]:
    by_asset = _by_asset(told, accused)
    strangers = _by_asset(told, [index for index in accused if _is_stranger(told[index].finding, estate)])
    for asset, without in strangers.items():
        yield from beside(told, by_asset[asset], without)
    for (_, kind), members in by_asset.items():
        if kind not in ("unknown", "logs"):
            yield from in_time(told, [i for i in members if told[i].finding.severity >= Severity.HIGH])


def _let_in(told: Sequence[Told], accused: Sequence[int], estate: Estate) -> Iterator[Pair]:
    hosts: dict[str, list[int]] = {}
    guests: dict[str, list[int]] = {}
    for index in accused:
        finding = told[index].finding
        for account in {found[0] for name in finding.strangers if (found := _ACCOUNT.search(name))}:
            hosts.setdefault(account, []).append(index)
        if finding.actor.account and _is_stranger(finding, estate):
            guests.setdefault(finding.actor.account, []).append(index)
    for account in hosts.keys() & guests.keys():
        yield from beside(told, hosts[account], guests[account])


def _by_asset(told: Sequence[Told], indexes: Sequence[int]) -> dict[tuple[str, str], list[int]]:
    """The findings that touched each asset, by its name and kind: one asset is touched under many ARNs."""
    found: dict[tuple[str, str], list[int]] = {}
    for index in indexes:
        for asset in {(asset.name, asset.kind) for asset in told[index].finding.assets}:
            found.setdefault(asset, []).append(index)
    return found


def _from_one_address(
    told: Sequence[Told], accused: Sequence[int], estate: Estate, kin: Kin | None, crowd: Crowd | None
) -> Iterator[Pair]:
    by_place: dict[str, list[int]] = {}
    for index in accused:
        places = {place: address for _, address in told[index].callers if address and (place := place_of(address))}
        # Everybody without an identity shares a name: only one who was in one place alone is one person.
        if is_identity(told[index].finding.actor.root) or len(places) == 1:
            for place, address in places.items():
                if estate.perimeter.network(address) is not Side.INSIDE:
                    by_place.setdefault(place, []).append(index)
    declared = bool(estate.perimeter.networks)
    for place, members in by_place.items():
        if len({told[index].finding.actor.root for index in members}) > 1 and (
            declared or _is_lair(place, [told[index].finding for index in members], kin, crowd)
        ):
            yield from in_time(told, members)


def _is_lair(place: str, findings: Sequence[Finding], kin: Kin | None, crowd: Crowd | None) -> bool:
    """Whether an address of which nobody said whose it is can only be the thief's."""
    callers = crowd.at(place) if crowd else None
    if callers is None or kin is None or all(finding.severity < Severity.HIGH for finding in findings):
        return False
    roots = {finding.actor.root for finding in findings}
    others = {kin.origin(*caller) for caller in callers} - roots
    began = min(finding.first_seen for finding in findings) - STORY
    return len(others) < len(roots) and all(first >= began.timestamp() for first in callers.values())


def _is_stranger(finding: Finding, estate: Estate) -> bool:
    """Whether nobody of ours did it: a caller without a name, or of another account."""
    known = finding.actor.root.startswith("arn:")
    return not known or estate.perimeter.account(finding.actor.account) is Side.OUTSIDE

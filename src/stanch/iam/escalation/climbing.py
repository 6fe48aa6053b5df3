"""Where one principal stands, a path is open or not; if it is, it leads to a set of principals."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from stanch.iam.admin import is_admin
from stanch.iam.escalation.asker import Asker
from stanch.iam.escalation.imagined import ANY_NAME
from stanch.iam.escalation.landscape import Landscape, members
from stanch.iam.escalation.paths import Need, Path
from stanch.iam.escalation.rules import Given
from stanch.iam.escalation.standing import Granted, Standing
from stanch.iam.escalation.things import Bits, gathered
from stanch.iam.escalation.trusts import Trusts

PASSED_TO, WHICH_POLICY = "iam:passedtoservice", "iam:policyarn"
_ALWAYS_THERE = ("AdministratorAccess", "IAMFullAccess")
_TO_JOIN = "group to join"
_NOTHING = Granted()


class Move(NamedTuple):
    """A path that is open, and the principals that it leads to; for `join` the groups."""

    path: Path
    to: Granted


class Ground:
    """What the paths are tried on: the answers that are the same for all who stand alike are kept."""

    def __init__(self, landscape: Landscape) -> None:
        self.land, self.trusts = landscape, Trusts(landscape)
        self._kept: dict[tuple[int, int, Need, tuple[str, ...]], Granted] = {}
        self._masks = [
            (path, self._mask(need for need in path.needs if need.action != "sts:AssumeRole"))
            for path in (one for path in landscape.paths for one in path.by_service())
        ]
        self._keys = _condition_keys(landscape)
        self._running, self._sets_out = self._with_roles()
        self._with_role = gathered(self._running)
        self._users: dict[Bits, Bits] = {}
        self._in_profile = gathered(landscape.place[i.arn] for i in landscape.identities if i.profiles)
        self._protected = gathered(landscape.place[i.arn] for i in landscape.identities if i.is_protected)
        self._versions = _by_versions(landscape)
        self._admin_policies = {id_: tuple(self._attachable(id_)) for id_ in landscape.organization.accounts}

    def moves(self, number: int, standing: Standing) -> list[Move]:
        """All paths that are open to a principal from where it stands."""
        asker = self.land.asker(number)
        open_roles = self.trusts.open_to(number, standing, asker)
        found = []
        for path, mask in self._masks:
            if mask & standing.actions == mask:
                to = self.leads(path, number, standing, open_roles)
                if to.possible:
                    found.append(Move(path, to))
        return found

    def changeable(self, path: Path, number: int, standing: Standing) -> Granted:
        """Of a path about oneself: all principals that it could be used on. For `join`, the groups."""
        if not self._mask(path.needs) & standing.actions:
            return _NOTHING
        return self.on_identities(path.needs[0], path, number, standing, _NOTHING)

    def leads(self, path: Path, number: int, standing: Standing, open_roles: Granted) -> Granted:
        """The principals to which one path leads."""
        things = self._things(path, number, standing)
        if things is None:
            return _NOTHING
        to = Granted(-1, -1)
        for need in path.needs:
            if need.who in ("own", "target", "passed") or (need.who == "trusted" and not need.template):
                met = self.on_identities(need, path, number, standing, open_roles)
                to &= met | self._newly_held(need, number, standing)
                if not to.possible:
                    return _NOTHING
        to = self._gained(path, number, to, things)
        certain = not path.doubtful and all(granted.sure for granted in things.values())
        return to if certain else Granted(0, to.possible)

    def on_identities(self, need: Need, path: Path, number: int, standing: Standing, open_roles: Granted) -> Granted:
        """The principals that one need is met for."""
        if need.action == "sts:AssumeRole" and need.who == "target":
            return open_roles
        if need.who == "trusted":
            asker = self.land.asker(number)
            return self._kept_for(need, (), standing, number, lambda: self._once_named(number, standing, asker))
        given = path.passed_to if need.who == "passed" else ()
        return self._kept_for(need, given, standing, number, lambda: self._identities(need, given, number, standing))

    def on_thing(self, need: Need, number: int, standing: Standing) -> Granted:
        """The things that one need is met for, among those that it is about."""
        account, things = self.land.identities[number].account, self.land.things
        owned = things.of_account(account) | (things.of_account("") if need.who == "public" else 0)
        asker = self.land.asker(number)
        if need.who == "trusted":
            return self.trusts.once_named(number, standing, asker) & things.of_kind(need.thing)
        found = standing.may(need.action.lower(), asker) & owned
        if need.who == "existing":
            return found & (things.of_kind(need.thing) | self._sets_out.get(need.thing, 0))
        return found & things.of_kind(need.thing if need.template else "*")

    def resources_of(self, role: int, need: Need) -> Bits:
        """The things of the need's sort that are known to run with a role."""
        return gathered(at for at, roles in self._running.items() if roles >> role & 1) & self._sets_out.get(
            need.thing, 0
        )

    def knows_all(self, path: Path) -> bool:
        """Whether the facts name all that the path could go through; unless told, naming anything is naming all."""
        told = self.land.organization.told
        if told is None:
            return bool(self._running)
        return all(need.sort in told for need in path.needs if need.who == "existing")

    def through(self, kind: str, place: int) -> Bits:
        """The groups that a principal is in, the managed policies that it has, or its boundary."""
        identity = self.land.identities[self.land.number[place]]
        if kind == "group":
            arns = [arn for arn, group in self.land.groups.items() if identity.arn in group.members]
        elif kind == "boundary":
            arns = [identity.boundary.name] if identity.boundary else []
        else:
            arns = [named.name for named in identity.policies]
        return gathered(self.land.place[arn] for arn in arns if arn in self.land.place)

    def givens(self, need: Need, path: Path, account: str) -> list[Given]:
        """The condition keys that an action is asked with, in every way that would do."""
        action = need.action.lower()
        if action == "iam:passrole" and PASSED_TO in self._keys:
            names = (f"{name}{domain}" for name in path.passed_to for domain in (".amazonaws.com", ".amazonaws.com.cn"))
            return [((PASSED_TO, name),) for name in names if self._in_use(name)]
        if need.what.endswith("made policy"):
            return [((WHICH_POLICY, f"arn:{self.land.partition}:iam::{account}:policy/{ANY_NAME}"),)]
        if action.startswith("iam:attach") and WHICH_POLICY in self._keys:
            return [((WHICH_POLICY, arn),) for arn in self._admin_policies[account]]
        return [()]

    def _in_use(self, name: str) -> bool:
        return name.endswith(".cn") == (self.land.partition == "aws-cn") or not name.endswith(".cn")

    def _things(self, path: Path, number: int, standing: Standing) -> dict[str, Granted] | None:
        found: dict[str, Granted] = {}
        for need in path.needs:
            if need.who in ("new", "public", "existing", "*") or need.template:
                on = self._kept_for(need, (), standing, number, partial(self.on_thing, need, number, standing))
                key = need.thing or need.action
                found[key] = found[key] & on if key in found else on
                if not found[key].possible:
                    return None
        return found

    def _gained(self, path: Path, number: int, to: Granted, things: Mapping[str, Granted]) -> Granted:
        identity = self.land.identities[number]
        match path.gain:
            case "passed":
                return to & self.trusts.admitting(path.services, identity.account)
            case "existing":
                thing = next(need.thing for need in path.needs if need.who == "existing")
                return self._roles_of(things[thing], path, identity.account)
            case "fresh":
                itself = 1 << self.land.place[identity.arn]
                return Granted(itself, itself)
            case "rewrite" if path.needs[0].what == _TO_JOIN:
                itself = 1 << self.land.place[identity.arn] if identity.kind == "user" else 0
                return Granted(itself if to.sure else 0, itself if to.possible else 0)
            case "rewrite" | "free" | "rollback" if path.needs[0].who == "own":
                return to & (1 << self.land.place[identity.arn])
            case _:
                return to

    def _roles_of(self, resources: Granted, path: Path, account: str) -> Granted:
        """The roles that resources run with; where the facts do not name all, those too that some could run with."""
        known = Granted(self._used_by(resources.sure), self._used_by(resources.possible))
        if self.knows_all(path):
            return known
        return known | Granted(0, self.trusts.admitting(path.services, account).possible)

    def _used_by(self, resources: Bits) -> Bits:
        resources &= self._with_role
        if resources not in self._users:
            found = 0
            for at in self.land.things.places(resources):
                found |= self._running[at]
            self._users[resources] = found
        return self._users[resources]

    def _identities(self, need: Need, passed_to: tuple[str, ...], number: int, standing: Standing) -> Granted:
        account, things, asker = self.land.identities[number].account, self.land.things, self.land.asker(number)
        path = Path("", "become", (need,), passed_to=passed_to)
        found = _NOTHING
        for given in self.givens(need, path, account):
            found |= standing.may(need.action.lower(), asker, given)
        kind = need.what.split(" ")[0]
        found &= things.of_account(account) & things.of_kind("policy" if kind == "boundary" else kind)
        if need.what.endswith("instance profile"):
            return found & self._in_profile
        if kind == "group" and need.what != _TO_JOIN and need.action != "iam:AddUserToGroup":
            return self._mapped(found, lambda arn: members(self.land.groups[arn], self.land.place))
        if kind == "role" and need.who != "passed":
            return found & ~self._protected
        if kind == "policy":
            found &= self._versions.get(need.what, -1)
            return self._mapped(found, lambda arn: self.land.holders.get(arn, 0))
        if kind == "boundary":
            return self._mapped(found, lambda arn: self.land.bounded.get(arn, 0))
        return found

    def _newly_held(self, need: Need, number: int, standing: Standing) -> Granted:
        """Oneself, where a need about an own policy is met by one that came with the standing."""
        if need.who != "own" or not need.what.startswith("policy") or standing is self.land.standings[number]:
            return _NOTHING
        identity, place = self.land.identities[number], self.land.place
        had = {named.name for named in identity.policies}
        names = (document.named.name for document in standing.policies if document.named.name not in had)
        new = gathered(place[name] for name in names if name in place) & self.land.things.of_account(identity.account)
        met = standing.may(need.action.lower(), self.land.asker(number)) & new & self._versions.get(need.what, -1)
        itself = 1 << place[identity.arn]
        return Granted(itself if met.sure else 0, itself if met.possible else 0)

    def _mapped(self, found: Granted, holders: Callable[[str], Bits]) -> Granted:
        sides = []
        for bits in found:
            side = 0
            for place in self.land.things.places(bits):
                side |= holders(self.land.things.arns[place])
            sides.append(side)
        return Granted(*sides)

    def _once_named(self, number: int, standing: Standing, asker: Asker) -> Granted:
        return self.trusts.once_named(number, standing, asker) & self.land.things.of_kind("role")

    def _kept_for(
        self, need: Need, given: tuple[str, ...], standing: Standing, number: int, decide: Callable[[], Granted]
    ) -> Granted:
        kind = self.land.identities[number].kind
        key = (standing.number, number if standing.personal else -1 if kind == "role" else -2, need, given)
        if key not in self._kept:
            self._kept[key] = decide()
        return self._kept[key]

    def _mask(self, needs: Iterable[Need]) -> int:
        found = 0
        for need in needs:
            found |= self.land.world.bit[need.action.lower()]
        return found

    def _with_roles(self) -> tuple[dict[int, Bits], dict[str, Bits]]:
        """By the place of each resource the roles it runs with; by the sort of thing, the resources that are of it."""
        roles: dict[int, Bits] = {}
        for resource in self.land.organization.resources:
            known = gathered(self.land.place[role] for role in resource.roles if role in self.land.place)
            if known:
                roles[self.land.place[resource.arn]] = known
        sorts: dict[str, list[int]] = {}
        for need in {need for path in self.land.paths for need in path.needs if need.who == "existing"}:
            for at in roles:
                parts = self.land.things.arns[at].split(":", 5)
                if parts[2] == need.service and parts[5].startswith(need.prefix):
                    sorts.setdefault(need.thing, []).append(at)
        return roles, {sort: gathered(places) for sort, places in sorts.items()}

    def _attachable(self, account: str) -> Iterable[str]:
        yield from (f"arn:{self.land.partition}:iam::aws:policy/{name}" for name in _ALWAYS_THERE)
        managed = self.land.organization.accounts[account].managed
        yield from (arn for arn, policy in managed.items() if WHICH_POLICY in self._keys and is_admin(policy))


def _by_versions(landscape: Landscape) -> dict[str, Bits]:
    """The policies that have other versions, and those of which that is not known, by the words of the needs."""
    told = {arn: v for account in landscape.organization.accounts.values() for arn, v in account.superseded.items()}
    place = landscape.place
    return {
        "policy with other versions": gathered(place[arn] for arn, versions in told.items() if versions),
        "policy of unknown versions": ~gathered(place[arn] for arn in told),
    }


def _condition_keys(landscape: Landscape) -> frozenset[str]:
    """All keys that any policy asks for: what none asks for need not be told apart."""
    found: set[str] = set()
    for standing in landscape.standings:
        layers = [one for level in standing.fences.scps for one in level]
        boundary = standing.fences.boundary
        for document in (*standing.policies, *layers, *([boundary] if boundary else [])):
            for rule in document.rules:
                for test in rule.tests:
                    found |= test.needs
    return frozenset(found)

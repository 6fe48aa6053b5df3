"""Access is a union of grants cut by every fence: over sets of callers that is a handful of operations.

IAM User Guide, "Policy evaluation logic"; the same answers as `evaluate` gives for one caller after the other.
"""

from collections.abc import Sequence

from stanch.iam.ask.answers import Answers
from stanch.iam.ask.bits import NONE, Doubted, either
from stanch.iam.ask.callers import Callers
from stanch.iam.ask.folding import Folding
from stanch.iam.ask.grants import Granted, Whom, whom
from stanch.iam.ask.holdings import BOUNDARY, IDENTITY, Fences, Holdings, bound_together
from stanch.iam.ask.index import ALLOW, DENY, SLOTS, Index, Reading
from stanch.iam.ask.place import Place, Places
from stanch.iam.ask.summary import Power, powers
from stanch.iam.layers import heeds_rcps
from stanch.iam.organization import Level, Organization
from stanch.iam.policy import Policy

_MOST_POLICIES = 65_536


class Asker:
    """An organisation, made ready to be asked who can do what."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.callers = Callers(organization)
        self.places = Places(organization)
        self._folding = Folding(self.callers)
        self._holdings = Holdings(self.callers, self._folding)
        self._fences = Fences(self.callers, self._folding)
        self._bound = bound_together(organization, self.callers)
        self._alone = Index((), self.callers, self._folding)
        self._whom: dict[str, tuple[Whom, ...]] = {}

    def who_can(self, action: str, resource: str) -> Answers:
        """The users and roles that can do an action, `service:Action` in any case, on a resource, an ARN or `*`.

        must: those who surely can, whatever the moment. may: those who can under conditions, told in words.
        """
        place = self.places.find(action.lower(), resource)
        return Answers(action, place, self._weigh(action.lower(), place), self.callers, self.organization)

    def what_can(self, principal: str, actions: Sequence[str] | None = None) -> list[Power]:
        """What a user or role can do, as wide as its policies say it; or each of these actions by itself.

        Raises KeyError for an ARN that is nobody's.
        """
        return powers(self.callers.number[principal], self, actions)

    def _weigh(self, action: str, place: Place) -> Doubted:
        everyone = self.callers.everyone
        if action == "sts:getcalleridentity":
            return Doubted(everyone, everyone)
        held = self._holdings.index(action).read(place)
        granted = self._granted(action, place)
        fenced = self._fenced(action, place)
        controlled = self._controlled(action, place)
        must = self._allowed(_Side(held, granted, fenced, controlled, sure=True), place)
        may = self._allowed(_Side(held, granted, fenced, controlled, sure=False), place)
        return Doubted(must, may)

    def _allowed(self, side: "_Side", place: Place) -> int:
        callers = self.callers
        own, elsewhere = self._whose(place, sure=side.sure)
        bounded = side.bounded | (callers.everyone & ~callers.bounded)
        by_own_policies = side.identity & bounded
        both = by_own_policies & side.anyhow
        granted = side.direct | (side.role & bounded) | (both if place.decides_alone else by_own_policies)
        at_home, abroad = own & granted & ~side.controlled, elsewhere & both & ~side.controlled_abroad
        return (at_home | abroad) & side.unfenced & ~side.denied

    def _whose(self, place: Place, *, sure: bool) -> tuple[int, int]:
        """The callers to whom the resource is of their own account, and to whom it is not."""
        everyone = self.callers.everyone
        if place.owner == "unknown":
            return (0, everyone) if sure else (everyone, everyone)
        own = everyone if place.owner is None else self.callers.of_account.get(place.owner, 0)
        return own, everyone & ~own

    def _granted(self, action: str, place: Place) -> Granted:
        granted = Granted()
        if place.policy == "unknown":
            granted.account = Doubted(0, self.callers.everyone)
        elif place.policy is not None:
            self._read_named(place.policy, action, place, granted)
        return granted

    def _read_named(self, policy: Policy, action: str, place: Place, into: Granted, *, rcp: bool = False) -> None:
        for clause in policy.program.about(action):
            statement = policy.statements[clause.index]
            about = self._alone.about(statement, place)
            if about.maybe:
                into.note(statement, about, self._principals(policy, rcp=rcp)[clause.index])

    def _principals(self, policy: Policy, *, rcp: bool) -> tuple[Whom, ...]:
        if policy.source not in self._whom:
            if len(self._whom) >= _MOST_POLICIES:
                self._whom.clear()
            self._whom[policy.source] = tuple(whom(each, self.callers, rcp=rcp) for each in policy.statements)
        return self._whom[policy.source]

    def _fenced(self, action: str, place: Place) -> Reading:
        """What service control policies leave and deny: every level must allow, any may deny."""
        found = [0] * SLOTS
        unbound = self.callers.everyone
        for levels, members in self._bound:
            unbound &= ~members
            sure = maybe = members
            for level in levels:
                read = self._fences.index(level, action).read(place)
                sure &= read[ALLOW]
                maybe &= read[ALLOW + 1]
                found[DENY] |= read[DENY] & members
                found[DENY + 1] |= read[DENY + 1] & members
            found[ALLOW] |= sure
            found[ALLOW + 1] |= maybe
        found[ALLOW] |= unbound
        found[ALLOW + 1] |= unbound
        return found

    def _controlled(self, action: str, place: Place) -> tuple[Doubted, Doubted]:
        """Whom resource control policies deny a resource of their own account, and one of another."""
        rcps = self.organization.rcps
        if not rcps or not heeds_rcps(action, place.arn):
            return NONE, NONE
        free = self.callers.service_linked
        if place.owner is not None and place.owner != "unknown":
            said = self._said(rcps.get(place.owner, ()), action, place, ~free)
            return said, said
        home, anywhere = NONE, NONE
        for account, levels in rcps.items():
            anywhere = either(anywhere, self._said(levels, action, place, ~free))
            home = either(home, self._said(levels, action, place, self.callers.of_account.get(account, 0) & ~free))
        return (home, NONE) if place.owner is None else (home, Doubted(0, anywhere.maybe))

    def _said(self, levels: Sequence[Level], action: str, place: Place, members: int) -> Doubted:
        said = Granted()
        for named in (named for level in levels for named in level):
            self._read_named(named.policy, action, place, said, rcp=True)
        return Doubted(said.denied.sure & members, said.denied.maybe & members)


class _Side:
    """One side of the doubts: every doubt against the caller, or every doubt for him."""

    def __init__(
        self, held: Reading, granted: Granted, fenced: Reading, controlled: tuple[Doubted, Doubted], *, sure: bool
    ) -> None:
        allow, deny = (ALLOW, DENY + 1) if sure else (ALLOW + 1, DENY)
        for_him, against = (0, 1) if sure else (1, 0)
        self.sure = sure
        self.identity = held[IDENTITY + allow]
        self.bounded = held[BOUNDARY + allow]
        self.unfenced = fenced[allow]
        self.direct, self.role, self.anyhow = granted.direct[for_him], granted.role[for_him], granted.anyhow[for_him]
        self.denied = held[IDENTITY + deny] | held[BOUNDARY + deny] | fenced[deny] | granted.denied[against]
        self.controlled, self.controlled_abroad = controlled[0][against], controlled[1][against]

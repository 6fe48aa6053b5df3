"""An answer that nobody can check is worth little: the statements behind it are named, and what it hangs on.

One caller's policies are read one after the other, as AWS does; so this is also a second opinion on the sets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from stanch.iam.ask.bits import Doubted
from stanch.iam.ask.callers import Callers
from stanch.iam.ask.folding import fixed_patterns, is_template, listed
from stanch.iam.ask.grants import whom
from stanch.iam.ask.place import KEYS, Place
from stanch.iam.ask.words import all_of, condition_in_words, resources_in_words
from stanch.iam.conditions import ConditionTest
from stanch.iam.layers import TITLES, Layer, heeds_rcps
from stanch.iam.organization import Level, Named, Organization
from stanch.iam.policy import Policy, Statement
from stanch.iam.variables import names_in, resolve, widened
from stanch.iam.wildcard import match_tokens


@dataclass(frozen=True, slots=True)
class Said:
    """One statement that applies, or may. demands: what would have to be true, in words; () when it surely applies."""

    told: str
    demands: tuple[str, ...] = ()


@dataclass(slots=True)
class Heard:
    """What one layer says."""

    allows: list[Said] = field(default_factory=list)
    denies: list[Said] = field(default_factory=list)

    @property
    def best(self) -> list[Said]:
        """The allows to name: the sure ones where there are any."""
        return [each for each in self.allows if not each.demands] or self.allows

    @property
    def condition(self) -> str | None:
        """What must be true for the layer to allow; None when it surely does."""
        if any(not each.demands for each in self.allows):
            return None
        return "if " + ", or if ".join(f"{all_of(each.demands)} ({each.told})" for each in self.allows)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why: because, the statements that allow; conditions, each of which must hold."""

    because: tuple[str, ...]
    conditions: tuple[str, ...]


class Reasoner:
    """Tells why one caller can do an action, in lower case in the asking and as given in the telling."""

    def __init__(self, action: str, place: Place, callers: Callers, organization: Organization) -> None:
        self._action, self._place, self._callers, self._organization = action, place, callers, organization

    def reasons(self, number: int) -> Reasons:
        """Why a caller can, surely or perhaps; asked of one who cannot, there are none."""
        if self._action.lower() == "sts:getcalleridentity":
            return Reasons(("sts:GetCallerIdentity needs no permission and cannot be denied",), ())
        one = self._callers.identities[number]
        identity = self._hear(one.policies, "identity", number)
        boundary = self._hear([one.boundary], "pb", number) if one.boundary else None
        levels = [self._hear(level, "scp", number) for level in self._levels(one.account)]
        levels = [] if one.is_service_linked else levels
        direct, role, account, resource = self._granted(number)
        controls = list(self._controls(number))
        ways = self._ways(number, identity, boundary, (direct, role, account))
        closed = any(not each.demands for heard in controls for each in heard.denies)
        open_ways = [way for way in ways if all(layer.allows for layer in way[1]) and not (way[0] and closed)]
        if not open_ways:
            return Reasons((), ())
        given, used = min(open_ways, key=lambda way: len(way[0]) + sum(layer.condition is not None for layer in way[1]))
        conditions = [*given, *(layer.condition for layer in (*used, *levels) if layer.condition)]
        heard = [identity, *([boundary] if boundary else []), *levels, resource, *controls]
        conditions += [
            f"unless {all_of(each.demands)} ({each.told})" for each in chain.from_iterable(h.denies for h in heard)
        ]
        because = tuple(each.told for layer in used if layer is not boundary for each in layer.best)
        return Reasons(because, tuple(dict.fromkeys(conditions)))

    def _ways(
        self, number: int, identity: Heard, boundary: Heard | None, granted: tuple[Heard, Heard, Heard]
    ) -> Iterator[tuple[list[str], list[Heard]]]:
        direct, role, account = granted
        fence = [boundary] if boundary else []
        anyhow = Heard([*direct.allows, *role.allows, *account.allows])
        if self._place.policy == "unknown":
            anyhow.allows.append(Said("the resource's own policy", ("its own policy, which is not known, lets it",)))
        owner, own = self._place.owner, self._callers.identities[number].account
        if owner in (None, own, "unknown"):
            given = [f"if the resource belongs to {own}, for its owner is not known"] if owner == "unknown" else []
            yield given, [direct]
            yield given, [role, *fence]
            yield given, [identity, *fence, *([anyhow] if self._place.decides_alone else [])]
        if owner not in (None, own):
            yield [], [identity, anyhow, *fence]

    def _levels(self, account: str) -> Sequence[Level]:
        found = self._organization.accounts.get(account)
        return found.scps or () if found else ()

    def _hear(self, policies: Sequence[Named], layer: Layer, number: int) -> Heard:
        heard = Heard()
        for named in policies:
            for at, statement in self._about(named.policy):
                demands = self._demands(statement, number)
                if demands is not None:
                    said = Said(_told(f"{TITLES[layer]} {named.name}", at, statement, self._action), demands)
                    (heard.allows if statement.effect == "Allow" else heard.denies).append(said)
        return heard

    def _granted(self, number: int) -> tuple[Heard, Heard, Heard, Heard]:
        direct, role, account, denied = Heard(), Heard(), Heard(), Heard()
        if isinstance(self._place.policy, Policy):
            for at, statement in self._about(self._place.policy):
                demands = self._demands(statement, number)
                if demands is None:
                    continue
                told = _told(TITLES["resource"], at, statement, self._action)
                named = whom(statement, self._callers)
                if statement.effect == "Deny":
                    self._note(denied.denies, named.denied, number, told, demands)
                    continue
                for heard, group in ((direct, named.direct), (role, named.role), (account, named.account)):
                    self._note(heard.allows, group, number, told, demands)
        return direct, role, account, denied

    def _note(self, into: list[Said], group: Doubted, number: int, told: str, demands: tuple[str, ...]) -> None:
        if group.maybe >> number & 1:
            doubted = () if group.sure >> number & 1 else ("the session is the one it names",)
            into.append(Said(told, (*doubted, *demands)))

    def _controls(self, number: int) -> Iterator[Heard]:
        one, owner = self._callers.identities[number], self._place.owner
        if one.is_service_linked or not heeds_rcps(self._action.lower(), self._place.arn):
            return
        rcps = self._organization.rcps
        for account in rcps if owner == "unknown" else [owner or one.account]:
            for level in rcps.get(account, ()):
                heard = self._hear(level, "rcp", number)
                if owner == "unknown" and account != one.account:
                    place = f"the resource belongs to {account}"
                    heard.denies = [Said(each.told, (place, *each.demands)) for each in heard.denies]
                yield heard

    def _about(self, policy: Policy) -> Iterator[tuple[int, Statement]]:
        for clause in policy.program.about(self._action.lower()):
            yield clause.index, policy.statements[clause.index]

    def _demands(self, statement: Statement, number: int) -> tuple[str, ...] | None:
        """What must be true for the statement to apply: () when it does, None when it surely does not."""
        demands: list[str] = []
        fits, doubted = self._fits(statement, number)
        if doubted:
            demands.append(resources_in_words(statement, doubted))
        elif not fits:
            return None
        for condition in statement.conditions:
            test = ConditionTest(condition, variables=statement.variables)
            context = self._context(test.needs, number)
            if context is None:
                demands.append(condition_in_words(condition))
            elif not test.holds(context):
                return None
        return tuple(demands)

    def _fits(self, statement: Statement, number: int) -> tuple[bool, list[str]]:
        """Whether the resource is one of the statement's, and the patterns whose variables leave that open."""
        texts = listed(statement)
        if texts is None:
            return True, []
        fits, doubted = False, []
        for text in texts:
            if not is_template(text, statement):
                fits = fits or any(match_tokens(pattern, self._place.arn) for pattern in fixed_patterns(text))
                continue
            context = self._context(names_in(text), number)
            if context is None:
                doubted += [text] if match_tokens(widened(text), self._place.arn) else []
            elif (pattern := resolve(text, context, variables=True)) is not None:
                fits = fits or match_tokens(pattern, self._place.arn)
        return fits == (statement.resources is not None), [] if fits else doubted

    def _context(self, needs: frozenset[str], number: int) -> dict[str, tuple[str, ...]] | None:
        """The values of these keys; None when one is not known."""
        context: dict[str, tuple[str, ...]] = {}
        for key in needs:
            values = self._place.context.get(key) if key in KEYS else self._callers.values(number, key)
            if values is None:
                return None
            context[key] = values
        return context


def _told(title: str, index: int, statement: Statement, action: str) -> str:
    sid = f" ({statement.sid})" if statement.sid else ""
    effect = "allows" if statement.effect == "Allow" else "denies"
    return f"{title}, Statement[{index}]{sid} {effect} {action}"

"""A snapshot or an image is shared by a list beside it: accounts, everybody, organisations and their units."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.contracts.action import Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Proof, State, Step

Shares = Mapping[str, Sequence[str]]
"""`{"users": [account, ...], "groups": ["all"] or [], "organizations": [ARN, ...], "units": [ARN, ...]}`, sorted.

A service that knows no organisations leaves the last two out.
"""

_WORDS = {"users": "account {}", "groups": "everybody ({})", "organizations": "{}", "units": "{}"}


@dataclass(frozen=True, slots=True)
class Sharer:
    """How a service keeps the list, and an action's five names by it.

    `get` gives the list, `take` takes some off it, `give` puts some on it. `call` names the call in words, `used` what
    they may do by it ("shared with"), and `loses` what they no longer can.
    """

    get: Callable[[Aws, Arn], dict[str, list[str]]]
    take: Callable[[Aws, Arn, Shares], None]
    give: Callable[[Aws, Arn, Shares], None]
    call: str
    used: str
    loses: str

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        """Take it back from everybody, and from accounts, organisations and their units outside the perimeter.

        Raises Needless where no stranger is on the list.
        """
        name, before = resource.name, self.get(aws, resource)
        ours = Ours.of(case.perimeter, aws.account)
        taken = strangers(before, ours)
        told = named(taken)
        if not told:
            raise Needless(f"{name} is shared with nobody outside {', '.join(ours.accounts)}")
        return Plan(
            before=before,
            calls=tuple(f"{self.call} on {name}: no longer {self.used} {who}" for who in told),
            undo=f"{self.call} on {name}: {self.used} {', '.join(told)} again",
            breaks=tuple(f"{who} can no longer {self.loses} {name}; what they made of it is theirs" for who in told),
            settings={"taken": taken, "ours": ours.to_json()},
        )

    def read(self, aws: Aws, step: Step) -> State:
        """The whole list; see Shares."""
        return self.get(aws, Arn.parse(step.resource))

    def apply(self, aws: Aws, step: Step, wait: Wait) -> Witness | None:
        """One call for all; whom somebody has let in since the plan is not touched, and the proof says so."""
        resource = Arn.parse(step.resource)

        def standing() -> dict[str, list[str]]:
            return common(step.settings["taken"], self.get(aws, resource))

        if any(standing().values()):
            self.take(aws, resource, standing())
        settled(lambda: not any(standing().values()), wait)
        return None  # nobody's credentials but the other account's could try it

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        """Read back: no stranger is on the list, those that were let in since the plan included."""
        resource, ours = Arn.parse(step.resource), Ours.read(step.settings["ours"])
        found: list[str] = []

        def taken_back() -> bool:
            shares = self.get(aws, resource)
            found[:] = named(shares)
            return not any(strangers(shares, ours).values())

        holds = settled(taken_back, wait)
        return Proof(holds, Method.STATE, (f"{resource.name} is shared with {', '.join(found) or 'nobody'}",))

    def undo(self, aws: Aws, step: Step, wait: Wait) -> None:
        """Share it again with those it was taken from."""
        resource = Arn.parse(step.resource)
        missing = less(step.before or {}, self.get(aws, resource))
        if any(missing.values()):
            self.give(aws, resource, missing)
        settled(lambda: self.get(aws, resource) == step.before, wait)


def strangers(shares: Shares, ours: Ours) -> dict[str, list[str]]:
    """What of these shares is not ours, in the same shape."""
    return {kind: [name for name in names if not _inside(kind, name, ours)] for kind, names in shares.items()}


def common(one: Shares, other: Shares) -> dict[str, list[str]]:
    """What stands in both."""
    return {kind: [name for name in names if name in other.get(kind, ())] for kind, names in one.items()}


def less(one: Shares, other: Shares) -> dict[str, list[str]]:
    """What stands in the first alone."""
    return {kind: [name for name in names if name not in other.get(kind, ())] for kind, names in one.items()}


def named(shares: Shares) -> list[str]:
    """Those shared with, in words."""
    return [_WORDS[kind].format(name) for kind, names in shares.items() for name in names]


def _inside(kind: str, name: str, ours: Ours) -> bool:
    return name in ours.accounts if kind == "users" else ours.holds_unit(name)

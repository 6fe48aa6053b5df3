"""A key, a repository, a secret: each has one resource policy, and closing it to strangers is the same everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stanch.catalog.actions._document import compact, living, stable, written
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours, judged, strangers, without_strangers
from stanch.contracts.action import Case, Needless, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Proof, State, Step
from stanch.iam import Policy, PolicyError, parse


@dataclass(frozen=True, slots=True)
class Keeper:
    """How a service keeps a resource's policy, and an action's five names by it.

    `get` gives the policy's text, None where there is none. `delete` is None where the service wants a policy always.
    `put_call` and `delete_call` name the calls in words.
    """

    get: Callable[[Aws, Arn], str | None]
    put: Callable[[Aws, Arn, str], None]
    delete: Callable[[Aws, Arn], None] | None
    put_call: str
    delete_call: str = ""

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        """Narrow each statement that lets in strangers; a policy of which nothing is left is deleted.

        Raises Needless where no stranger is let in, Refused for what is no policy.
        """
        text = self._text(aws, resource)
        if text is None:
            raise Needless(f"{resource} has no policy: only its own account reaches it")
        ours = Ours.of(case.perimeter, aws.account)
        policy = parse(text)
        who = strangers(policy, ours)
        if not who:
            raise Needless(f"the policy of {resource} lets in nobody outside {', '.join(ours.accounts)}")
        closed, changes = _closed(policy, ours, aws.partition)
        if closed is None and self.delete is None:
            raise Refused(f"the policy of {resource} names strangers alone: give it one of your own by hand")
        call = self.put_call if closed else self.delete_call
        return Plan(
            before={"policy": stable(text)},
            calls=(
                *(f"{call} on {resource}: {change}" for change in changes),
                *(f"(nobody said who {name} is: left as it is)" for name in judged(policy, ours).unplaced),
            ),
            undo=f"{self.put_call} on {resource}: the policy as it was",
            breaks=(f"{', '.join(who)} can no longer use {resource}",),
            settings={"closed": closed, "original": text, "ours": ours.to_json()},
            policies={str(resource): closed} if closed else {},
        )

    def read(self, aws: Aws, step: Step) -> State:
        """`{"policy": text | None}` in one spelling, whatever order AWS gives keys and principals."""
        return {"policy": self._stable(aws, step)}

    def apply(self, aws: Aws, step: Step, wait: Wait) -> Witness | None:
        """One call; raises Overtaken where the policy is neither as planned for nor closed."""
        closed = step.settings["closed"]
        wanted = None if closed is None else stable(closed)
        now = self._stable(aws, step)
        if now == wanted:
            return None
        if now != (step.before or {}).get("policy"):
            raise Overtaken(f"somebody changed the policy of {step.resource} since the plan was made")
        self._write(aws, Arn.parse(step.resource), closed)
        settled(lambda: self._stable(aws, step) == wanted, wait)
        return None  # the stranger's credentials are not ours to try

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        """The policy is read back and judged: it lets in nobody outside."""
        resource, ours = Arn.parse(step.resource), Ours.read(step.settings["ours"])
        left: list[str] = []

        def closed() -> bool:
            text = self._text(aws, resource)
            left[:] = strangers(parse(text), ours) if text else ()
            return not left

        holds = settled(closed, wait)
        return Proof(holds, Method.STATE, (f"the policy of {resource} lets in {', '.join(left) or 'nobody outside'}",))

    def undo(self, aws: Aws, step: Step, wait: Wait) -> None:
        """Put the policy of before back, byte for byte where it is the one that the plan found."""
        before = (step.before or {}).get("policy")
        if self._stable(aws, step) != before:
            original = step.settings["original"]
            self._write(aws, Arn.parse(step.resource), original if stable(original) == before else before)
        settled(lambda: self._stable(aws, step) == before, wait)

    def _stable(self, aws: Aws, step: Step) -> str | None:
        text = self._text(aws, Arn.parse(step.resource))
        return None if text is None else stable(text)

    def _text(self, aws: Aws, resource: Arn) -> str | None:
        """The policy without the ids of deleted principals, which no service takes back; Refused for what is none."""
        text = self.get(aws, resource)
        if text is None:
            return None
        try:
            document, dead = living(parse(text).to_json())
        except PolicyError as error:
            raise Refused(f"the policy of {resource} cannot be read ({error}): close it by hand") from error
        return compact(document) if dead else text

    def _write(self, aws: Aws, resource: Arn, text: str | None) -> None:
        if text is not None:
            self.put(aws, resource, text)
        elif self.delete is not None:
            self.delete(aws, resource)


def _closed(policy: Policy, ours: Ours, partition: str) -> tuple[str | None, tuple[str, ...]]:
    """The policy's text without strangers, None when nothing is left of it, and each change in words."""
    document = policy.to_json()
    root = str(Arn(partition, "iam", "", ours.owner, "root"))
    statements: list[dict[str, Any]] = [dict(statement.raw) for statement in policy.statements]
    told: list[str] = []
    for index in judged(policy, ours).statements:
        owned = {**statements[index], "Principal": {"AWS": root}}
        # Whoever it lets in among everybody are also our own: they keep what it gave them.
        if statements[index].get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]}) and _admits_us(owned, ours):
            name = policy.statements[index].sid
            told.append(f"narrow statement {repr(name) if name else f'#{index + 1}'} from everybody to {root}")
            statements[index] = owned
    narrowed = without_strangers(parse({**document, "Statement": statements}), ours)
    text = written(narrowed.statements, policy) if narrowed.statements else None
    return text, (*told, *narrowed.changes)


def _admits_us(statement: dict[str, Any], ours: Ours) -> bool:
    return judged(parse({"Version": "2012-10-17", "Statement": [statement]}), ours).reach == "inside"

"""A key, a topic, a queue, a secret, a repository: each has one resource policy, and each is tried closed alike."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent
from tests.ground import Ground, document
from tests.planning import ACTIONS, no_wait


@dataclass(frozen=True)
class Policed:
    """A kind of resource with a policy, and the action that closes it.

    `make` gives the ARN of a new one, `put` and `get` its policy's text. `says` is what a statement of it says beside
    whom it allows, `never` the service and the resource part of an ARN that never was.
    """

    id: str
    make: Callable[[Ground], str]
    put: Callable[[Ground, str, str], object]
    get: Callable[[Ground, str], str]
    says: dict[str, str]
    never: tuple[str, str]

    def made(self, ground: Ground, *opened: dict[str, Any]) -> str:
        """The ARN of a new one with these statements; with the policy that AWS gives it, or none, without any."""
        arn = self.make(ground)
        if opened:
            self.put(ground, arn, document(opened))
        return arn

    def allow(self, principal: Any, sid: str = "Open") -> dict[str, Any]:
        return {"Sid": sid, "Effect": "Allow", "Principal": principal, **self.says}

    def ours(self, ground: Ground, sid: str = "Open") -> dict[str, Any]:
        return self.allow({"AWS": ground.arn("iam", "root")}, sid)

    def theirs(self, ground: Ground, sid: str = "Open") -> dict[str, Any]:
        return self.allow({"AWS": ground.arn("iam", "root").replace(ground.account, ground.outside_account)}, sid)

    def statements(self, ground: Ground, arn: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get(ground, arn))["Statement"]
        return found


class Closing:
    """What every action that closes a policy owes; a test module makes it its own with `kind`."""

    kind: ClassVar[Policed]

    def test_shuts_out_a_stranger_and_leaves_our_own(self, ground: Ground) -> None:
        kind, action, aws = self.kind, ACTIONS[self.kind.id], ground.responder()
        ours, theirs = kind.ours(ground, "Ours"), kind.theirs(ground, "Theirs")
        arn = kind.made(ground, ours, theirs)
        step = ground.planned(kind.id, arn, aws)
        action.apply(aws, step, no_wait)
        assert kind.statements(ground, arn) == [ours]
        assert action.verify(aws, step, no_wait, None).holds
        action.undo(aws, step, no_wait)
        assert kind.statements(ground, arn) == [ours, theirs]
        assert action.read(aws, step) == step.before

    def test_narrows_what_everybody_may_do_to_our_own_account(self, ground: Ground) -> None:
        aws, arn = ground.responder(), self.kind.made(ground, self.kind.allow("*"))
        ACTIONS[self.kind.id].apply(aws, ground.planned(self.kind.id, arn, aws), no_wait)
        assert self.kind.statements(ground, arn) == [self.kind.ours(ground)]

    def test_does_not_verify_while_the_stranger_is_let_in(self, ground: Ground) -> None:
        aws = ground.responder()
        step = ground.planned(self.kind.id, self.kind.made(ground, self.kind.allow("*")), aws)
        proof = ACTIONS[self.kind.id].verify(aws, step, no_wait, None)
        assert (proof.holds, "everybody" in proof.what[0]) == (False, True)

    def test_has_nothing_to_do_where_no_stranger_is_let_in(self, ground: Ground) -> None:
        with pytest.raises(Needless):
            ground.planned(self.kind.id, self.kind.made(ground, self.kind.ours(ground)))
        with pytest.raises(Needless):
            ground.planned(self.kind.id, self.kind.made(ground))

    def test_says_that_it_is_gone(self, ground: Ground) -> None:
        service, resource = self.kind.never
        place = f"{service}:{ground.staged.region}:{ground.account}"
        with pytest.raises(AwsAbsent):
            ground.planned(self.kind.id, f"arn:{ground.admin.partition}:{place}:{resource}")

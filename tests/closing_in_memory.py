"""A vault, a registry: each has one resource policy that the range does not keep, and each is tried closed alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent, AwsError
from tests.ground import document, survives_dying
from tests.planning import ACTIONS, no_wait
from tests.recorded_aws import ACCOUNT, Operation, Recorded, RecordedAws

THEIRS = "444455556666"


@dataclass(frozen=True)
class Policy:
    """The policy of one kind of resource, and the action that closes it.

    `get`, `put` and `delete` are calls, as `backup:GetBackupVaultAccessPolicy`; `member` is the policy's text in them,
    `absent` the code that tells that there is none, `grants` what a statement allows. `besides` answers other calls.
    """

    id: str
    resource: str
    get: str
    put: str
    delete: str
    member: str
    absent: str
    grants: str
    besides: Mapping[str, Operation] = field(default_factory=dict)

    def allow(self, account: str) -> dict[str, Any]:
        who = {"AWS": f"arn:aws:iam::{account}:root"}
        return {"Effect": "Allow", "Principal": who, "Action": self.grants, "Resource": "*"}

    def kept(self, *statements: dict[str, Any]) -> Recorded:
        """An account in memory with this policy; with none, where there are no statements."""

        def get(state: dict[str, Any], _asked: Mapping[str, Any]) -> dict[str, Any]:
            if state["policy"] is None:
                raise AwsAbsent(self.get, self.absent, "there is none")
            return {self.member: state["policy"]}

        def put(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
            state["policy"] = asked[self.member]

        def delete(state: dict[str, Any], _asked: Mapping[str, Any]) -> None:
            state["policy"] = None

        operations = {self.get: get, self.put: put, self.delete: delete, **self.besides}
        return Recorded(RecordedAws(operations, {"policy": document(statements) if statements else None}))


class ClosingInMemory:
    """What every action that closes such a policy owes; a test module makes it its own with `kind`."""

    kind: ClassVar[Policy]

    def test_shuts_out_a_stranger_and_leaves_our_own(self) -> None:
        kind, action = self.kind, ACTIONS[self.kind.id]
        account = kind.kept(kind.allow(ACCOUNT), kind.allow(THEIRS))
        text = account.aws.state["policy"]
        step = account.planned(kind.id, kind.resource)
        action.apply(account.aws, step, no_wait)
        assert json.loads(account.aws.state["policy"]) == json.loads(document([kind.allow(ACCOUNT)]))
        assert action.verify(account.aws, step, no_wait, None).holds
        action.undo(account.aws, step, no_wait)
        assert account.aws.state["policy"] == text

    def test_has_nothing_to_do_where_no_stranger_is_let_in(self) -> None:
        kind = self.kind
        with pytest.raises(Needless):
            kind.kept(kind.allow(ACCOUNT)).planned(kind.id, kind.resource)
        with pytest.raises(Needless, match="no policy"):
            kind.kept().planned(kind.id, kind.resource)

    def test_leaves_the_policy_alone_when_it_is_throttled(self) -> None:
        kind, action = self.kind, ACTIONS[self.kind.id]
        account = kind.kept(kind.allow(THEIRS))
        step = account.planned(kind.id, kind.resource)
        account.aws.failing[kind.delete] = [AwsError(kind.delete, "ThrottlingException", "slower")]
        with pytest.raises(AwsError, match="ThrottlingException"):
            action.apply(account.aws, step, no_wait)
        assert action.read(account.aws, step) == step.before

    def test_survives_dying_before_each_change(self) -> None:
        kind = self.kind
        ground = kind.kept()

        def opened() -> str:
            ground.aws.state["policy"] = document([kind.allow(THEIRS)])
            return kind.resource

        assert survives_dying(ground, kind.id, opened) == 1

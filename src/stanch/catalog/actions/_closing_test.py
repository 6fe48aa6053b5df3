import json
from typing import Any

import pytest
from tests.ground import no_wait
from tests.recorded_aws import Recorded, RecordedAws

from stanch.catalog.actions import _closing
from stanch.contracts.action import Needless, Overtaken, Refused
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Step, StepState

OURS, THEIRS = "111122223333", "444455556666"
RESOURCE = Arn.parse(f"arn:aws-eusc:kept:eusc-de-east-1:{OURS}:thing/one")
"""Something with a policy, in a partition that nobody thinks of."""


def root(account: str) -> str:
    return f"arn:aws-eusc:iam::{account}:root"


def statement(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Sid": "S", "Effect": "Allow", "Principal": principal, "Action": "kept:Read", "Resource": "*", **more}


class Kept:
    """One policy text, as a service keeps it."""

    def __init__(self, *statements: dict[str, Any], deletes: bool = True) -> None:
        self.text: str | None = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.aws = RecordedAws({}, account=OURS, partition="aws-eusc")
        delete = (lambda _aws, _resource: self._write(None)) if deletes else None
        self.keeper = _closing.Keeper(
            lambda _aws, _resource: self.text,
            lambda _aws, _resource, text: self._write(text),
            delete,
            "kept:Put",
            "kept:Delete",
        )

    def _write(self, text: str | None) -> None:
        self.text = text

    def statements(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.text or "{}")["Statement"]
        return found

    def planned(self, **perimeter: Any) -> Step:
        ours = Perimeter(**{"accounts": (OURS,), **perimeter})
        plan = self.keeper.plan(self.aws, RESOURCE, Recorded(self.aws).case(perimeter=ours))
        return Step(
            "inc-1", "x/y", str(RESOURCE), None, StepState.PLANNED, "a test", calls=plan.calls, breaks=plan.breaks,
            settings=plan.settings, before=plan.before,
        )  # fmt: skip

    def close(self, **perimeter: Any) -> Step:
        step = self.planned(**perimeter)
        self.keeper.apply(self.aws, step, no_wait)
        return step


def test_takes_out_a_statement_for_a_stranger_and_leaves_the_others_in_their_places() -> None:
    ours, service = statement({"AWS": root(OURS)}, Sid="Ours"), statement({"Service": "kept.amazonaws.com"}, Sid="Svc")
    kept = Kept(ours, statement({"AWS": root(THEIRS)}), service)
    step = kept.close()
    assert kept.statements() == [ours, service]
    assert step.calls == (f"kept:Put on {RESOURCE}: take out statement 'S': it lets in {root(THEIRS)}",)
    assert kept.keeper.verify(kept.aws, step, no_wait, None).holds


def test_leaves_our_own_accounts_what_a_statement_for_everybody_gave_them() -> None:
    kept = Kept(statement("*"))
    step = kept.close()
    assert kept.statements() == [statement({"AWS": root(OURS)})]
    assert step.calls == (f"kept:Put on {RESOURCE}: narrow statement 'S' from everybody to {root(OURS)}",)


def test_takes_out_what_everybody_may_do_only_from_a_strangers_account() -> None:
    bound = statement("*", Condition={"StringEquals": {"aws:PrincipalAccount": THEIRS}})
    ours = statement({"AWS": root(OURS)})
    kept = Kept(ours, bound)
    kept.close()
    assert kept.statements() == [ours]


def test_keeps_accounts_and_organisations_of_the_perimeter() -> None:
    org = statement("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-acme123456"}})
    kept = Kept(statement({"AWS": [root(OURS), root(THEIRS), root("777788889999")]}), org)
    kept.close(accounts=(OURS, THEIRS), organizations=("o-acme123456",))
    assert kept.statements() == [statement({"AWS": [root(OURS), root(THEIRS)]}), org]


def test_deletes_a_policy_of_which_nothing_is_left_and_puts_it_back_byte_for_byte() -> None:
    kept = Kept(statement({"AWS": root(THEIRS)}))
    text = kept.text
    step = kept.close()
    assert kept.text is None
    assert step.calls[0].startswith("kept:Delete")
    kept.keeper.undo(kept.aws, step, no_wait)
    assert kept.text == text


def test_refuses_to_leave_nothing_where_the_service_wants_a_policy() -> None:
    with pytest.raises(Refused, match="strangers alone"):
        Kept(statement({"AWS": root(THEIRS)}), deletes=False).planned()


def test_has_nothing_to_do_where_no_stranger_is_let_in() -> None:
    with pytest.raises(Needless):
        Kept(statement({"AWS": root(OURS)})).planned()
    none = Kept()
    none.text = None
    with pytest.raises(Needless, match="no policy"):
        none.planned()


def test_refuses_what_is_no_policy() -> None:
    broken = Kept()
    broken.text = '{"Statement": 7}'
    with pytest.raises(Refused, match="by hand"):
        broken.planned()


def test_overwrites_nothing_that_somebody_changed_after_the_plan() -> None:
    kept = Kept(statement("*"))
    step = kept.planned()
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [statement("*", Effect="Deny")]})
    kept.text = theirs
    with pytest.raises(Overtaken):
        kept.keeper.apply(kept.aws, step, no_wait)
    assert kept.text == theirs


def test_does_not_hold_once_somebody_has_opened_it_again() -> None:
    kept = Kept(statement("*"))
    step = kept.close()
    kept.text = json.dumps({"Version": "2012-10-17", "Statement": [statement({"AWS": root(THEIRS)})]})
    proof = kept.keeper.verify(kept.aws, step, no_wait, None)
    assert (proof.holds, proof.what) == (False, (f"the policy of {RESOURCE} lets in {root(THEIRS)}",))


def test_takes_the_same_policy_in_another_order_for_the_same() -> None:
    kept = Kept(statement({"AWS": [root(OURS), root("777788889999")]}), statement({"AWS": root(THEIRS)}))
    step = kept.planned(accounts=(OURS, "777788889999"))
    kept.text = json.dumps(
        {"Statement": [statement({"AWS": [root("777788889999"), root(OURS)]}), statement({"AWS": root(THEIRS)})]}
        | {"Version": "2012-10-17"}
    )
    kept.keeper.apply(kept.aws, step, no_wait)
    assert len(kept.statements()) == 1


def test_counts_a_deleted_principal_as_nobody() -> None:
    ours = statement({"AWS": [root(OURS), "AROAEXAMPLEID12345678"]})
    kept = Kept(ours, statement({"AWS": root(THEIRS)}))
    step = kept.planned()
    assert "AROA" not in str(step.before)

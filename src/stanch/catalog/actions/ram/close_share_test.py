from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.ram import close_share as action
from stanch.contracts.action import Needless
from stanch.domain.estate import Perimeter

ID = "ram/close_share"
SHARE = f"arn:aws:ram:{REGION}:{ACCOUNT}:resource-share/12345678-abcd-1234-efgh-111122223333"
THEIRS = "444455556666"
ORG = f"arn:aws:organizations::{ACCOUNT}:organization/o-acme123456"
EVIL = f"arn:aws:organizations::{THEIRS}:ou/o-evil123456/ou-ab12-cdefghij"
LENT = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:vectors"


def lending(borrowers: Mapping[str, str]) -> Recorded:
    """An account in memory that lends a cluster: each borrower, and how far that is."""

    def listed(state: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        held = {LENT: "ASSOCIATED"} if asked["associationType"] == "RESOURCE" else state["borrowers"]
        found = [{"associatedEntity": name, "status": status} for name, status in held.items()]
        return {"resourceShareAssociations": found}

    def part(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        state["borrowers"].update(dict.fromkeys(asked["principals"], "DISASSOCIATING"))

    def invite(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        state["borrowers"].update(dict.fromkeys(asked["principals"], "ASSOCIATING"))

    operations: dict[str, Operation] = {
        "ram:GetResourceShareAssociations": listed,
        "ram:DisassociateResourceShare": part,
        "ram:AssociateResourceShare": invite,
    }
    return Recorded(RecordedAws(operations, {"borrowers": dict(borrowers)}))


def test_takes_it_back_from_strangers_and_leaves_our_own_borrowers() -> None:
    role = f"arn:aws:iam::{THEIRS}:role/reader"
    account = lending(dict.fromkeys([ACCOUNT, THEIRS, ORG, EVIL, role, "ram.amazonaws.com"], "ASSOCIATED"))
    perimeter = Perimeter(accounts=(ACCOUNT,), organizations=("o-acme123456",))
    step = account.planned(ID, SHARE, case=account.case(perimeter=perimeter))
    assert step.breaks[0].endswith(f"loses {LENT}")
    action.apply(account.aws, step, no_wait)
    assert action.read(account.aws, step) == {"principals": sorted([ACCOUNT, ORG, "ram.amazonaws.com"])}
    assert action.verify(account.aws, step, no_wait, None).holds
    action.undo(account.aws, step, no_wait)
    assert action.read(account.aws, step) == step.before


def test_counts_an_invitation_that_nobody_accepted_yet() -> None:
    account = lending({THEIRS: "ASSOCIATING"})
    step = account.planned(ID, SHARE)
    action.apply(account.aws, step, no_wait)
    assert action.read(account.aws, step) == {"principals": []}


def test_has_nothing_to_do_where_nobody_outside_borrows() -> None:
    with pytest.raises(Needless):
        lending({ACCOUNT: "ASSOCIATED", THEIRS: "DISASSOCIATED"}).planned(ID, SHARE)


def test_does_not_hold_when_another_stranger_was_let_in_since_the_plan() -> None:
    account = lending({THEIRS: "ASSOCIATED"})
    step = account.planned(ID, SHARE)
    action.apply(account.aws, step, no_wait)
    account.aws.state["borrowers"]["777788889999"] = "ASSOCIATED"
    proof = action.verify(account.aws, step, no_wait, None)
    assert (proof.holds, "777788889999" in proof.what[0]) == (False, True)


def test_survives_dying_before_each_change() -> None:
    ground = lending({})

    def opened() -> str:
        ground.aws.state["borrowers"] = {THEIRS: "ASSOCIATED"}
        return SHARE

    assert survives_dying(ground, ID, opened) == 1

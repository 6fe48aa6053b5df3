from collections.abc import Callable
from typing import Any

import pytest
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.rds import unshare_snapshot as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent
from stanch.domain.estate import Perimeter

ID = "rds/unshare_snapshot"
INSIDE = "999988887777"


def arn(ground: Ground, resource: str) -> str:
    return f"arn:{ground.admin.partition}:rds:{ground.staged.region}:{ground.account}:{resource}"


def of_a_database(ground: Ground, *values: str) -> str:
    """The ARN of a snapshot of a database that these may restore."""
    database, snapshot = ground.name("orders"), ground.name("nightly")
    login = {"MasterUsername": "root", "MasterUserPassword": "not-a-secret-1"}
    kind: dict[str, Any] = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20}
    ground.admin.call("rds", "CreateDBInstance", DBInstanceIdentifier=database, **kind, **login)
    ground.admin.call("rds", "CreateDBSnapshot", DBInstanceIdentifier=database, DBSnapshotIdentifier=snapshot)
    if values:
        share: dict[str, Any] = {"AttributeName": "restore", "ValuesToAdd": list(values)}
        ground.admin.call("rds", "ModifyDBSnapshotAttribute", DBSnapshotIdentifier=snapshot, **share)
    return arn(ground, f"snapshot:{snapshot}")


def of_a_cluster(ground: Ground, *values: str) -> str:
    """The ARN of a snapshot of a cluster that these may restore."""
    cluster, snapshot = ground.name("vectors"), ground.name("nightly")
    login = {"MasterUsername": "root", "MasterUserPassword": "not-a-secret-1"}
    ground.admin.call("rds", "CreateDBCluster", DBClusterIdentifier=cluster, Engine="aurora-postgresql", **login)
    named = {"DBClusterIdentifier": cluster, "DBClusterSnapshotIdentifier": snapshot}
    ground.admin.call("rds", "CreateDBClusterSnapshot", **named)
    share: dict[str, Any] = {"AttributeName": "restore", "ValuesToAdd": list(values)}
    ground.admin.call("rds", "ModifyDBClusterSnapshotAttribute", DBClusterSnapshotIdentifier=snapshot, **share)
    return arn(ground, f"cluster-snapshot:{snapshot}")


@pytest.mark.parametrize("made", [of_a_database, of_a_cluster])
def test_takes_it_back_from_everybody_and_from_outside_accounts_and_leaves_ours(
    ground: Ground, made: Callable[..., str]
) -> None:
    aws = ground.responder()
    case = ground.case(perimeter=Perimeter(accounts=(ground.account, INSIDE)))
    step = ground.planned(ID, made(ground, ground.outside_account, INSIDE, "all"), aws, case)
    assert step.before == {"users": sorted([ground.outside_account, INSIDE]), "groups": ["all"]}
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"users": [INSIDE], "groups": []}
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def test_has_nothing_to_do_for_a_snapshot_that_is_private(ground: Ground) -> None:
    with pytest.raises(Needless, match="nobody outside"):
        ground.planned(ID, of_a_database(ground))


def test_does_not_verify_while_the_share_stands(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, of_a_database(ground, ground.outside_account), aws)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, ground.outside_account in proof.what[0]) == (False, True)


def test_says_that_a_snapshot_is_gone(ground: Ground) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, arn(ground, "snapshot:never-was"))
    with pytest.raises(AwsAbsent):
        ground.planned(ID, arn(ground, "cluster-snapshot:never-was"))


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: of_a_database(ground, ground.outside_account, "all")) == 1
    assert survives_dying(ground, ID, lambda: of_a_cluster(ground, ground.outside_account)) == 1

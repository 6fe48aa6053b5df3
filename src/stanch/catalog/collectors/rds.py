"""A database snapshot is shared by an attribute of its own; only those made by hand can be.

Blind to: what is in a database, its users, and exports of snapshots to S3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, part, still
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
)

_MANUAL = "manual"
_MOVING = ("LatestRestorableTime",)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How RDS names the snapshots of instances, or those of clusters."""

    kind: str
    what: str

    @property
    def arn(self) -> str:
        return f"{self.what}Arn"

    @property
    def name(self) -> str:
        return f"{self.what}Identifier"


_KINDS = (_Kind("rds/db-snapshot", "DBSnapshot"), _Kind("rds/db-cluster-snapshot", "DBClusterSnapshot"))


def collect(look: Look) -> Iterator[Thing]:
    """Every instance, cluster and snapshot of the region; Neptune's and DocumentDB's are among them."""
    for one in items(look.list("rds", "DescribeDBInstances", "DBInstances", of="rds")):
        yield Thing("rds/db-instance", str(one["DBInstanceArn"]), still(one, _MOVING))
    for one in items(look.list("rds", "DescribeDBClusters", "DBClusters", of="rds")):
        yield Thing("rds/db-cluster", str(one["DBClusterArn"]), still(one, _MOVING))
    for kind in _KINDS:
        found = look.list("rds", f"Describe{kind.what}s", f"{kind.what}s", of="rds")
        yield from look.each(partial(_snapshot, look, kind), items(found))


def _snapshot(look: Look, kind: _Kind, listed: Mapping[str, Any]) -> Thing:
    """An automatic snapshot cannot be shared: its attributes are not asked for, and None."""
    arn = str(listed[kind.arn])
    attributes = None
    if listed.get("SnapshotType") == _MANUAL:
        named = {kind.name: listed[kind.name]}
        answer = look.ask("rds", f"Describe{kind.what}Attributes", of=arn, **named)
        attributes = part(part(answer, f"{kind.what}AttributesResult"), f"{kind.what}Attributes")
    return Thing(kind.kind, arn, {**listed, "Attributes": attributes})

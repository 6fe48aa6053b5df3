"""A table has a policy of its own, copies in other regions, and a past that can be restored elsewhere.

Blind to: items, streams' consumers, and exports to S3.
"""

from collections.abc import Iterator
from functools import partial

from stanch.catalog.collectors._answers import document, items, part, still
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:GetResourcePolicy",
    "dynamodb:ListTables",
)

_BACKUPS = "ContinuousBackupsDescription"
_MOVING = ("LatestRestorableDateTime",)


def collect(look: Look) -> Iterator[Thing]:
    """Every table of the region."""
    names = look.list("dynamodb", "ListTables", "TableNames", of="dynamodb")
    yield from look.each(partial(_table, look), items(names))


def _table(look: Look, name: str) -> Thing:
    arn = f"arn:{look.partition}:dynamodb:{look.region}:{look.account}:table/{name}"
    policy = look.ask("dynamodb", "GetResourcePolicy", of=arn, none=("PolicyNotFoundException",), ResourceArn=arn)
    backups = part(look.ask("dynamodb", "DescribeContinuousBackups", of=arn, TableName=name), _BACKUPS)
    if not unseen(backups):
        backups = {name: still(value, _MOVING) for name, value in backups.items()}
    data = {
        "TableName": name,
        "Table": part(look.ask("dynamodb", "DescribeTable", of=arn, TableName=name), "Table"),
        "ContinuousBackups": backups,
        "Policy": document(policy),
    }
    return Thing("dynamodb/table", arn, data)

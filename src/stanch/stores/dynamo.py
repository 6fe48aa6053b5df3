"""DynamoDB keeps one table of items, each under a partition and a sort key; a write may demand what it finds there.

Functions of one responder run side by side in many places, so every write here is conditional or one transaction, and
every read is consistent. Bodies are compressed: an item may hold 400 KB. Nothing is ever deleted.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError
from stanch.contracts.store import StoreError

Item = Mapping[str, Any]
"""Attributes by name: text, whole numbers, bytes."""

LARGEST = 390_000
"""Bytes of one body, compressed: DynamoDB refuses items of 400 KB, their names included."""
AT_ONCE = 100
"""Parts of one transaction at most."""
_CLASHES = {"ConditionalCheckFailed", "TransactionConflict"}
_CLASH_CODES = {"ConditionalCheckFailedException", "TransactionConflictException"}


class Clash(Exception):
    """Somebody else wrote first; `reasons` has DynamoDB's word for each part of the transaction, in order."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Put:
    """Write `item`; with a condition only where what is there fulfils it (`values` are its `:names`)."""

    item: Item
    condition: str = ""
    values: Item | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing unless the item under this key fulfils the condition."""

    pk: str
    sk: str
    condition: str
    values: Item


class Table:
    """One table whose keys are the texts `pk` and `sk`. Every method raises StoreError with what to do."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self.name = name

    def get(self, pk: str, sk: str) -> Item | None:
        """The item, as the last finished write left it."""
        key = _written({"pk": pk, "sk": sk})
        try:
            found = self._aws.call("dynamodb", "GetItem", TableName=self.name, Key=key, ConsistentRead=True)
        except AwsError as error:
            raise failed(self.name, error) from error
        return _read(found["Item"]) if found.get("Item") else None

    def under(self, pk: str, *, begins: str = "", since: str = "") -> list[Item]:
        """All items of one partition in the order of their sort keys, of those that begin so or are not before."""
        values: dict[str, Any] = {":pk": pk}
        condition = "pk = :pk"
        if begins:
            condition, values = f"{condition} AND begins_with(sk, :begins)", values | {":begins": begins}
        elif since:
            condition, values = f"{condition} AND sk >= :since", values | {":since": since}
        try:
            items = self._aws.pages(
                "dynamodb",
                "Query",
                "Items",
                TableName=self.name,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=_written(values),
                ConsistentRead=True,
            )
        except AwsError as error:
            raise failed(self.name, error) from error
        return [_read(item) for item in items]

    def last(self, pk: str) -> Item | None:
        """The item with the greatest sort key of a partition."""
        try:
            found = self._aws.call(
                "dynamodb",
                "Query",
                TableName=self.name,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=_written({":pk": pk}),
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )["Items"]
        except AwsError as error:
            raise failed(self.name, error) from error
        return _read(found[0]) if found else None

    def write(self, *parts: Put | Check) -> None:
        """All of it, or nothing and Clash: durable when this returns."""
        try:
            if len(parts) == 1 and isinstance(parts[0], Put):
                self._aws.call("dynamodb", "PutItem", **self._put(parts[0]))
            else:
                asked = [{"Put": self._put(p)} if isinstance(p, Put) else self._check(p) for p in parts]
                self._aws.call("dynamodb", "TransactWriteItems", TransactItems=asked)
        except AwsError as error:
            reasons = _reasons(error)
            if reasons and _CLASHES & set(reasons):
                raise Clash(reasons) from error
            raise failed(self.name, error) from error

    def _put(self, part: Put) -> dict[str, Any]:
        asked: dict[str, Any] = {"TableName": self.name, "Item": _written(part.item)}
        if part.condition:
            asked["ConditionExpression"] = part.condition
        if part.values:
            asked["ExpressionAttributeValues"] = _written(part.values)
        return asked

    def _check(self, part: Check) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self.name,
                "Key": _written({"pk": part.pk, "sk": part.sk}),
                "ConditionExpression": part.condition,
                "ExpressionAttributeValues": _written(part.values),
            }
        }


def failed(name: str, error: AwsError) -> StoreError:
    """What to do about a table that cannot be used."""
    if isinstance(error, AwsAbsent):
        return StoreError(f"there is no table {name} here; deploy the responder, or correct its name or the region")
    if isinstance(error, AwsDenied):
        return StoreError(f"table {name}: denied: needs {error.operation}, and kms:Decrypt on the table's key")
    return StoreError(f"table {name}: {error}")


def packed(text: str, what: str) -> bytes:
    """A body as it is kept; raises StoreError for one that no item can hold."""
    small = zlib.compress(text.encode(), 6)
    if len(small) > LARGEST:
        raise StoreError(f"{what} is too large for one item of DynamoDB ({len(small):,} bytes compressed)")
    return small


def unpacked(item: Item, what: str) -> str:
    """The body that `packed` made; raises StoreError for anything else."""
    try:
        return _inflated(item["body"])
    except (KeyError, TypeError, zlib.error, ValueError) as error:
        raise StoreError(f"{what} holds a damaged item ({error}); restore the table to a point in time") from error


def _inflated(body: bytes) -> str:
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(body).decode()
    if unpacking.unused_data or not unpacking.eof:
        raise ValueError("it is cut, or something follows it")
    return text


def _reasons(error: AwsError) -> list[str]:
    if error.code in _CLASH_CODES:
        return [error.code.removesuffix("Exception")]
    if error.code != "TransactionCanceledException":
        return []
    return [reason.strip() for reason in error.message.rpartition("[")[2].rstrip(" ]").split(",")]


def _written(item: Item) -> dict[str, dict[str, Any]]:
    return {name: _value(value) for name, value in item.items()}


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"N": str(value)}
    return {"S": str(value)}


def _read(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: int(value["N"]) if "N" in value else next(iter(value.values())) for name, value in item.items()}

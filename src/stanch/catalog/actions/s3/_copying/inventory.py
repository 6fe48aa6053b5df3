"""An inventory delivers the list of all objects, with their sizes, daily or weekly, to any bucket that takes it.

Value of a part: whether the inventory is enabled.
"""

from collections.abc import Collection, Mapping
from typing import Any

from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._copying.channel import Leak
from stanch.catalog.actions.s3._copying.places import Places, told_bucket

_LIST = ("ListBucketInventoryConfigurations", "InventoryConfigurationList")


def leaks(bucket: Bucket, places: Places) -> Mapping[str, Leak]:
    """The enabled inventories whose destination is not ours."""
    found: dict[str, Leak] = {}
    for one in bucket.listed(*_LIST):
        target = one["Destination"]["S3BucketDestination"]
        if one["IsEnabled"] and not places.holds_bucket(target["Bucket"], target.get("AccountId")):
            where = told_bucket(target["Bucket"], target.get("AccountId"))
            told = f"s3:PutInventoryConfiguration on {bucket.name}: disable {one['Id']!r}, which goes to {where}"
            found[one["Id"]] = Leak(True, False, told)
    return found


def held(bucket: Bucket, ids: Collection[str]) -> dict[str, Any]:
    """Whether each of these inventories is enabled."""
    return {id_: found["IsEnabled"] if (found := _configuration(bucket, id_)) else None for id_ in ids}


def put(bucket: Bucket, values: Mapping[str, Any]) -> None:
    """Enable or disable these inventories."""
    for id_, enabled in values.items():
        found = _configuration(bucket, id_)
        if found is not None and enabled is not None and found["IsEnabled"] != enabled:
            changed = {**found, "IsEnabled": enabled}
            bucket.call("PutBucketInventoryConfiguration", Id=id_, InventoryConfiguration=changed)


def _configuration(bucket: Bucket, id_: str) -> dict[str, Any] | None:
    answer = bucket.found("GetBucketInventoryConfiguration", "NoSuchConfiguration", Id=id_)
    return answer["InventoryConfiguration"] if answer else None

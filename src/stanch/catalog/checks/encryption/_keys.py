"""A key encrypts what names it: by its ARN, by its id, or by one of its aliases, in its own account and region.

AWS KMS Developer Guide, "Key identifiers (KeyId)".
"""

from collections import defaultdict
from collections.abc import Iterator

from stanch.catalog.checks._hosts import Hosts
from stanch.catalog.checks._things import mapped, mappings, texts
from stanch.catalog.checks.encryption._stores import buckets
from stanch.catalog.checks.encryption.rest_unforced import own_key
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Asset

KEY = "kms/key"
_OF_AWS = "alias/aws/"


class Keys:
    """The keys of all accounts by every name that they are called by."""

    def __init__(self, posture: Posture) -> None:
        self._by_arn: dict[str, Place] = {}
        self._by_name: dict[tuple[str, str | None, str], Place] = {}
        for place in posture.of(KEY):
            self._by_arn[place.thing.arn] = place
            for name in (place.thing.arn.rpartition("/")[2], *texts(place.thing.data.get("Aliases"))):
                self._by_name[(place.account, place.region, name)] = place

    def named(self, name: object, account: str, region: str | None) -> Place | None:
        """The key that something in an account's region names, or None where nobody saw it."""
        if not isinstance(name, str) or not name:
            return None
        if name in self._by_arn:
            return self._by_arn[name]
        parts = name.split(":", 5)
        if len(parts) == 6:
            return self._by_name.get((parts[4], parts[3], parts[5].removeprefix("key/")))
        return self._by_name.get((account, region, name))


def of_aws(key: Place) -> bool:
    """Whether AWS manages a key: nobody can change its policy, and no other account can use it."""
    manager = mapped(key.thing.data.get("KeyMetadata")).get("KeyManager")
    return manager == "AWS" or any(name.startswith(_OF_AWS) for name in texts(key.thing.data.get("Aliases")))


def encrypting(posture: Posture) -> dict[str, dict[Asset, None]]:
    """The assets that each key encrypts, by the key's ARN."""
    keys = Keys(posture)
    found: dict[str, dict[Asset, None]] = defaultdict(dict)
    for name, place, region, assets in _named(posture):
        key = keys.named(name, place.account, region)
        if key is not None:
            found[key.thing.arn].update(dict.fromkeys(assets))
    return found


def _named(posture: Posture) -> Iterator[tuple[object, Place, str | None, tuple[Asset, ...]]]:
    """Each name of a key that something which holds assets gives, with where it is said."""
    for place, assets in buckets(posture):
        region = place.thing.data.get("BucketRegion")
        told = own_key(place.thing.data.get("Encryption"))
        yield told, place, region if isinstance(region, str) else None, assets
    for place in posture.of("dynamodb/table", "ecr/repository"):
        assets = _real(posture, place.thing.arn)
        if assets:
            table = mapped(mapped(place.thing.data.get("Table")).get("SSEDescription")).get("KMSMasterKeyArn")
            images = mapped(place.thing.data.get("encryptionConfiguration")).get("kmsKey")
            yield table or images, place, place.region, assets
    volumes = {place.thing.arn.rpartition("/")[2]: place for place in posture.of("ec2/volume")}
    for host in Hosts(posture).holding:
        for one in mappings(host.data.get("BlockDeviceMappings")):
            volume = volumes.get(str(mapped(one.get("Ebs")).get("VolumeId")))
            if volume is not None and host.assets:
                yield volume.thing.data.get("KmsKeyId"), volume, volume.region, host.assets


def _real(posture: Posture, arn: str) -> tuple[Asset, ...]:
    return tuple(one for one in posture.assets_of(arn) if not one.decoy)

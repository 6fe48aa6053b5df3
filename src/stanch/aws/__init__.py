"""The only door to AWS: sessions, partitions, pagination, throttling, roles, and errors in four kinds."""

from stanch.aws.door import Credentials, Door, open_door
from stanch.aws.doorway import Doorway

__all__ = ["Credentials", "Door", "Doorway", "open_door"]

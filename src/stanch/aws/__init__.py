"""The only door to AWS: sessions, partitions, pagination, throttling, roles, and errors in four kinds."""

from stanch.aws.door import Credentials, Door, open_door

__all__ = ["Credentials", "Door", "open_door"]

"""A boto3 session cannot cross into another process: what can is the way to open one there."""

import os
from dataclasses import dataclass
from functools import cache

from stanch.aws.door import Door, open_door

SESSION_NAME = "stanch-hunt"


@dataclass(frozen=True, slots=True)
class Doorway:
    """How a door is opened, as a value: it pickles, compares, and holds no secret.

    `role` is assumed from what boto3's usual chain gives, and assumed anew before its session ends; `home` is the
    region where nothing else names one.
    """

    profile: str | None = None
    region: str | None = None
    endpoint: str | None = None
    role: str | None = None
    home: str | None = None

    def door(self) -> Door:
        """The door, opened once in each process; raises AwsError."""
        return _opened(self)


@cache
def _opened(way: Doorway) -> Door:
    door = open_door(profile=way.profile, region=way.region, endpoint=way.endpoint, home=way.home)
    return door.lasting(way.role, SESSION_NAME) if way.role else door


# A forked worker that used its parent's open connections would read answers meant for its parent.
os.register_at_fork(after_in_child=_opened.cache_clear)

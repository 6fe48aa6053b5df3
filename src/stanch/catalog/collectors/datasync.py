"""A transfer task moves whole stores by itself, from one location to another, on a schedule.

Blind to: what was moved, agents, and the credentials of a location.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("datasync:DescribeTask", "datasync:ListLocations", "datasync:ListTasks")


def collect(look: Look) -> Iterator[Thing]:
    """Every location and every task of the region; a task names its locations by their ARNs."""
    for one in items(look.list("datasync", "ListLocations", "Locations", of="datasync")):
        yield Thing("datasync/location", str(one["LocationArn"]), one)
    tasks = look.list("datasync", "ListTasks", "Tasks", of="datasync")
    yield from look.each(partial(_task, look), items(tasks))


def _task(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["TaskArn"])
    return Thing("datasync/task", arn, {**listed, "Task": look.ask("datasync", "DescribeTask", of=arn, TaskArn=arn)})

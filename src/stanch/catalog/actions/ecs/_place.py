"""A task and a service are named within their cluster: arn:...:task/CLUSTER/ID, arn:...:service/CLUSTER/NAME."""

from stanch.contracts.action import Refused
from stanch.domain.arn import Arn


def within(resource: Arn) -> tuple[str, str]:
    """The cluster's name and the id or name within it; raises Refused for what ECS does not name so."""
    kind, *parts = resource.resource.split("/")
    if resource.service != "ecs":
        raise Refused(f"{resource} is no {kind} of ECS: stop it in its own service")
    if len(parts) != 2:
        raise Refused(f"{resource} does not name its cluster: give the long ARN, {kind}/CLUSTER/NAME")
    return parts[0], parts[1]

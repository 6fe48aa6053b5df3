"""What a host works with lies on its disks: weights that it has loaded, prompts, and what an intruder leaves behind."""

from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, Hosts
from stanch.catalog.checks._things import mappings
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place


def disks(posture: Posture) -> Iterator[tuple[Place, Host]]:
    """Every volume that is attached to a host which serves a model or reads one, with the first such host."""
    hosts = {host.name: host for host in Hosts(posture).holding}
    for place in posture.of("ec2/volume"):
        attached = (hosts.get(str(one.get("InstanceId"))) for one in mappings(place.thing.data.get("Attachments")))
        host = next((one for one in attached if one is not None), None)
        if host is not None:
            yield place, host

"""What a host or container is started with: user data, image, command; that is where its program and its model are."""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.contracts.collector import Thing
from stanch.engine.discover.seen import known, listed, texts

STARTED = ("ec2/instance", "ec2/launch-template", "autoscaling/launch-configuration", "ecs/task-definition")


def started_with(thing: Thing) -> str:
    """All of it as one text; empty where there is none, or it could not be seen."""
    return " ".join(_parts(thing.kind, thing.data))


def _parts(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    if kind == "ecs/task-definition":
        for container in listed(data.get("containerDefinitions")):
            yield from containers(container)
    elif kind == "ec2/launch-template":
        for version in (*listed(data.get("Versions")), *listed(data.get("PinnedVersions"))):
            yield from _user_data(version.get("LaunchTemplateData") or {})
    else:
        yield from _user_data(data)


def containers(container: Mapping[str, Any]) -> Iterator[str]:
    """A container's image, command and the addresses in its variables."""
    for key in ("image", "Image", "entryPoint", "command"):
        yield from texts(container.get(key))
    for variable in listed(container.get("environment")):
        yield from texts(variable.get("Refers"))


def _user_data(data: Mapping[str, Any]) -> Iterator[str]:
    told = known(data.get("UserData"))
    if isinstance(told, Mapping):
        yield from texts(told.get("Text"))

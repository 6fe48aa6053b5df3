"""A share, a grant, an export, new code or a shell is set on something: the request or the answer says on what.

Reads: requestParameters and responseElements of calls that changed something. The ARNs are spelled as the actions of
the catalog name their resources. Blind to: what AWS names in neither, as the tasks of a task definition.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stanch.engine.enrich.named import HOST, NAMED, Place
from stanch.engine.enrich.parameters import request_of, values_at
from stanch.engine.untrusted import each, table, text, texts

_MOST = 100  # things named by one call; a command may be sent to fifty hosts
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}", re.IGNORECASE)
_REGISTRY = ("PutReplicationConfiguration", "PutRegistryPolicy")


@dataclass(frozen=True, slots=True)
class _Call:
    """One record, with what an ARN needs besides a name."""

    service: str
    name: str
    request: Mapping[str, Any]
    answer: Mapping[str, Any]
    partition: str
    region: str
    account: str

    def arn(self, template: str, value: str) -> str:
        """The ARN of what the call names in its own account and region."""
        cluster = next((w for n in ("cluster", "clusterName", "name") if (w := text(self.request.get(n)))), "default")
        place = {"r": self.region, "a": self.account, "c": cluster.rpartition("/")[2], "v": value}
        return f"arn:{self.partition}:" + template.format_map(place)


def opened(record: Mapping[str, Any], partition: str) -> Iterator[str]:
    """The ARNs of what a call changed or opened; a denied or reading call changed nothing."""
    if record.get("readOnly") is True or record.get("errorCode") or record.get("errorMessage"):
        return
    service = (text(record.get("eventSource")) or "").partition(".")[0]
    if service in NAMED or service in _PECULIAR:
        call = _Call(
            service=service,
            name=text(record.get("eventName")) or "",
            request=request_of(record),
            answer=table(record.get("responseElements")),
            partition=partition,
            region=text(record.get("awsRegion")) or "",
            account=text(record.get("recipientAccountId")) or "",
        )
        yield from islice(_all(call), _MOST)


def _all(call: _Call) -> Iterator[str]:
    for named in NAMED.get(call.service, ()):
        if not named.calls or call.name.startswith(named.calls):
            yield from _first(call, named.places)
    if peculiar := _PECULIAR.get(call.service):
        yield from peculiar(call)


def _first(call: _Call, places: tuple[Place, ...]) -> list[str]:
    """What the first place names that names anything: the answer spells it as AWS does, the request as somebody did."""
    for path, template in places:
        side, _, within = path.partition(".")
        values = values_at(call.answer if side == "answer" else call.request, within)
        if found := [arn for value in values if (arn := _spelled(call, text(value), template))]:
            return found
    return []


def _spelled(call: _Call, name: str | None, template: str) -> str | None:
    """The ARN, or None for what is no such thing: the values are whatever the log says."""
    if not name or (template == HOST and not _INSTANCE.fullmatch(name)):
        return None
    service, _, _, resource = template.split(":", 3)
    if name.startswith("arn:"):
        parts = name.split(":", 5)
        fits = len(parts) == 6 and parts[2] == service and parts[5].startswith(resource.partition("{")[0])
        return name if fits else None
    return call.arn(template, name) if "{v}" in template else None


def _functions(call: _Call) -> Iterator[str]:
    """A function by its name, by a part of its ARN or by all of it, with or without a version or an alias."""
    for value in (call.request.get("functionName"), call.request.get("resourceArn")):
        given = text(value) or ""
        place, _, name = f":{given}".rpartition(":function:")
        whole = place.split(":")  # "", arn, partition, lambda, region, account
        known = whole[1:4:2] == ["arn", "lambda"] and len(whole) == 6
        name = name.removeprefix(":").partition(":")[0]
        if name and (known or not given.startswith("arn:")):
            partition, region = (whole[2], whole[4]) if known else (call.partition, call.region)
            account = next(filter(str.isdigit, whole), call.account)
            yield f"arn:{partition}:lambda:{region}:{account}:function:{name}"


def _queues(call: _Call) -> Iterator[str]:
    """The queue of an address, https://sqs.eu-central-1.amazonaws.com/111122223333/jobs."""
    parts = (text(call.request.get("queueUrl")) or "").rsplit("/", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2]:
        yield f"arn:{call.partition}:sqs:{call.region}:{parts[1]}:{parts[2]}"


def _registry(call: _Call) -> Iterator[str]:
    if call.name in _REGISTRY:
        yield call.arn("ecr:{r}:{a}:registry", "")


def _managed(call: _Call) -> Iterator[str]:
    """Hosts that a command's targets list, and the task of a session that leads into a container."""
    for target in each(call.request.get("targets")):
        if (text(table(target).get("key")) or "").lower() == "instanceids":
            hosts = texts(table(target).get("values"))
            yield from (arn for host in hosts if (arn := _spelled(call, host, HOST)))
    into = (text(call.request.get("target")) or "").partition("ecs:")[2].rsplit("_", 2)  # ecs:cluster_task_container
    if len(into) == 3 and all(into):
        yield f"arn:{call.partition}:ecs:{call.region}:{call.account}:task/{into[0]}/{into[1]}"


_PECULIAR = {"ecr": _registry, "lambda": _functions, "sqs": _queues, "ssm": _managed}

"""Records to histories the obvious slow way: one dictionary, one record at a time, nothing remembered between runs."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stanch.contracts.behaviour import HOUR, Cell, History, Whose
from stanch.domain.estate import Estate
from stanch.domain.event import Event
from stanch.engine.enrich import Enricher, View
from stanch.engine.lineage import Lineage
from stanch.engine.untrusted import at, text, texts

_DENIED = re.compile("AccessDenied|Unauthorized|Forbidden|AuthorizationError")
_ON = {
    "s3.amazonaws.com": ("bucketName",),
    "sts.amazonaws.com": ("roleArn",),
    "iam.amazonaws.com": ("userName", "roleName", "groupName"),
}
_SECRETS = {"secretId", "secretIdList", "name", "names"}


def histories(records: Sequence[dict[str, Any]], estate: Estate, whose: Whose) -> list[History]:
    """The history of each origin or principal in these records."""
    if not records:
        return []
    events = sorted(map(_event, records), key=lambda event: event.time)
    accounts = sorted({str(record["recipientAccountId"]) for record in records if "recipientAccountId" in record})
    enricher, lineage = Enricher(estate, accounts), Lineage()
    for event in events:
        lineage.note(event)
    cells = cells_of([enricher.view(event) for event in events])
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        origin = lineage.origin(cell.actor.access_key, cell.actor.arn)
        groups.setdefault(cell.principal if whose is Whose.PRINCIPAL else origin, []).append(cell)
    began, ended = events[0].time, events[-1].time
    purpose = {name: estate.purpose_of((name,)) if estate.principals else None for name in groups}
    return [History(name, of, estate, purpose[name], began, ended) for name, of in groups.items()]


def cells_of(views: Sequence[View]) -> list[Cell]:
    """The cells of views that come in the order of their time."""
    alike: dict[tuple[Any, ...], list[View]] = {}
    for view in views:
        alike.setdefault(_key(view), []).append(view)
    cells = [_cell(key, of) for key, of in alike.items()]
    return sorted(cells, key=lambda cell: (cell.start, cell.first))


def _event(record: dict[str, Any]) -> Event:
    when = datetime.fromisoformat(str(record["eventTime"]))
    return Event(str(record["eventID"]), when, "cloudtrail", "page.json", record)


def _key(view: View) -> tuple[Any, ...]:
    record, who = view.record, view.caller
    hour = int(view.event.time.timestamp()) // HOUR * HOUR
    code = text(record.get("errorCode")) or ""
    return (
        hour, view.actor, who.principal, who.is_aws, view.event_source, view.event_name, view.failed, _on(view),
        view.region, text(record.get("userAgent")) or "",
        at(record, "additionalEventData", "AuthenticationMethod") == "QueryString", view.network_side,
        bool(_DENIED.search(code)), view.account_side, who.network or "",
        record.get("sessionCredentialFromConsole") == "true",
    )  # fmt: skip


def _cell(key: tuple[Any, ...], views: Sequence[View]) -> Cell:
    hour, actor, principal, is_aws, source, name, failed, on, region, agent, presigned, network, *rest = key
    times = [int(view.event.time.timestamp()) for view in views]
    return Cell(
        hour, actor, principal, is_aws, source, name, failed, on, region, agent, presigned, network,
        count=len(views),
        bytes=sum(view.read[1] for view in views if view.read),
        first=times[0],
        last=times[-1],
        objects=tuple(dict.fromkeys(thing for view in views for thing in _objects(view))),
        events=tuple(view.event.id for view in views),
        files=("page.json",),
        denied=rest[0], account=rest[1], place=rest[2], console=rest[3],
    )  # fmt: skip


def _on(view: View) -> str:
    request = view.record.get("requestParameters") or {}
    if view.read:
        return view.read[0].partition("/")[0]
    return next((found for name in _ON.get(view.event_source, ()) if (found := text(request.get(name)))), "")


def _objects(view: View) -> list[str]:
    if view.read:
        return [view.read[0].partition("/")[2]]
    reads = view.event_name.startswith(("GetSecretValue", "BatchGetSecretValue", "GetParameter"))
    if view.failed or not reads or view.event_source not in ("secretsmanager.amazonaws.com", "ssm.amazonaws.com"):
        return []
    request = view.record.get("requestParameters") or {}
    return [thing for name in sorted(_SECRETS) for thing in texts(request.get(name))]

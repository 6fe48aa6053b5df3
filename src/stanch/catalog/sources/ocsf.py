"""Security Lake keeps CloudTrail and Security Hub as OCSF in Parquet: other names, the same events.

Reads: OCSF 1.x as Security Lake writes it: API Activity (6003) and the IAM classes (3001 to 3006) made from CloudTrail
become CloudTrail records again, with CloudTrail's own eventID; findings (2001 to 2004) become findings in ASFF. The row
stays under `raw`.
Blind to: network activity (4001), DNS (4003), HTTP (4002) and audit logs of Kubernetes: told, and left out.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from stanch.catalog.sources._findings import at, table, tables, text
from stanch.catalog.sources._flattened import json_object, nested
from stanch.catalog.sources._identity import from_arn
from stanch.catalog.sources._ocsf_finding import FINDINGS, account_of, finding_of
from stanch.catalog.sources._parquet import MAGIC, opened, rows, spooled
from stanch.catalog.sources._times import epoch_time, iso_text
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Event, Skipped

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

LOG = "ocsf"

CALLS = frozenset({3001, 3002, 3003, 3004, 3005, 3006, 6003})
_COLUMNS = (
    "accountid", "activity_name", "actor", "api", "class_name", "class_uid", "cloud", "compliance", "evidences",
    "finding", "finding_info", "http_request", "identity", "is_mfa", "metadata", "mfa", "region", "resource",
    "resources", "severity", "severity_id", "src_endpoint", "status", "time", "unmapped", "user",
)  # fmt: skip
_FLOW_LOGS = re.compile(r"vpcflowlogs", re.IGNORECASE)  # VPC flow logs are delivered as Parquet too, not in OCSF


def recognises(path: str, head: bytes) -> bool:
    """Parquet, unless it lies where VPC flow logs are delivered: a Parquet file names its columns at its end only."""
    return head.startswith(MAGIC) and _FLOW_LOGS.search(path) is None


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Yield each call and each finding as an Event; other classes are told, with their number of rows."""
    faults, others = Faults("rows"), Counter[str]()
    with spooled(stream) as kept:
        try:
            file = opened(kept)
            yield from _events(path, file, faults, others)
        except Unreadable as fault:
            faults.note(fault, 1)
    for name, count in others.most_common(20):
        yield Skipped(path, f"OCSF rows that are no calls and no findings: {name} ({count} rows)", fault=False)
    yield from faults.told(path)


def _events(path: str, file: "ParquetFile", faults: Faults, others: Counter[str]) -> Iterator[Event | Skipped]:
    if "class_uid" not in file.schema_arrow.names:
        raise Unreadable("Parquet without the column class_uid: no OCSF")
    number = 0
    for group in range(file.metadata.num_row_groups):
        classes = Counter(row.get("class_uid") for row in rows(file, [group], ["class_uid"]))
        # The class is one narrow column: a file of network flows is passed over without decoding it.
        if not any(_is_read(uid) for uid in classes):
            others.update({_class_name(uid): count for uid, count in classes.items()})
            number += classes.total()
            continue
        for row in rows(file, [group], _COLUMNS):
            number += 1
            try:
                if _is_read(uid := row.get("class_uid")) and not _is_elsewhere(row):
                    yield finding_of(path, LOG, row) if uid in FINDINGS else _call(path, row)
                else:
                    others[_class_name(uid)] += 1
            except Unreadable as fault:
                faults.note(fault, number)


def _is_read(uid: object) -> bool:
    return isinstance(uid, int) and (uid in CALLS or uid in FINDINGS)


def _is_elsewhere(row: dict[str, Any]) -> bool:
    """API Activity of another product: the audit log of a Kubernetes cluster speaks of other things than AWS's API."""
    product = text(at(row, "metadata", "product", "name"))
    return row.get("class_uid") in CALLS and product is not None and product.lower() != "cloudtrail"


def _class_name(uid: object) -> str:
    return f"class {uid}" if isinstance(uid, int) and 0 <= uid < 10_000_000 else "no class that can be"


def _call(path: str, row: dict[str, Any]) -> Event:
    when = epoch_time(row.get("time"), "a row whose time")
    id_ = text(at(row, "metadata", "uid"))
    if id_ is None:
        raise Unreadable("a row without metadata.uid, CloudTrail's eventID")
    api, source = table(row.get("api")), table(row.get("src_endpoint"))
    operation = text(api.get("operation"))
    left = nested(table(row.get("unmapped")))
    record = left | {
        "eventID": id_,
        "eventTime": iso_text(when),
        "eventSource": text(at(api, "service", "name")),
        "eventName": operation,
        "eventVersion": text(at(row, "metadata", "product", "version")),
        "eventType": text(at(row, "metadata", "event_code")) or left.get("eventType"),
        "awsRegion": text(at(row, "cloud", "region")) or text(row.get("region")),
        "sourceIPAddress": text(source.get("ip")) or text(source.get("domain")),
        "vpcEndpointId": text(source.get("uid")),
        "userAgent": text(at(row, "http_request", "user_agent")),
        "userIdentity": _identity(row),
        "requestID": text(at(api, "request", "uid")),
        "requestParameters": json_object(at(api, "request", "data")) or left.get("requestParameters"),
        "responseElements": _response(row, api, left),
        "errorCode": text(at(api, "response", "error")) or left.get("errorCode"),
        "errorMessage": text(at(api, "response", "message")) or left.get("errorMessage"),
        "recipientAccountId": account_of(row) or left.get("recipientAccountId"),
        "resources": _resources(row),
        "raw": row,
    }
    record = {name: value for name, value in record.items() if value is not None}
    return Event(id=id_, time=when, log=LOG, file=path, record=record)


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    """The userIdentity of `actor` (`identity` before OCSF 1.0). The ARN was `uuid` there and is `uid` since 1.1."""
    actor = table(row.get("actor")) or table(row.get("identity"))
    user, session = table(actor.get("user")), table(actor.get("session"))
    names = [text(user.get(name)) for name in ("uid", "uuid", "uid_alt")]
    arn = next((name for name in names if name and name.startswith("arn:")), None)
    principal = next((name for name in reversed(names) if name and name != arn), None)
    identity = from_arn(arn) if arn else {}
    said = {
        "type": text(user.get("type")),
        "principalId": principal,
        "accountId": text(at(user, "account", "uid")) or text(user.get("account_uid")),
        "accessKeyId": text(user.get("credential_uid")) or text(session.get("credential_uid")),
        "userName": text(user.get("name")),
        "invokedBy": text(actor.get("invoked_by")),
        "identityProvider": text(at(actor, "idp", "name")),
    }
    identity |= {name: value for name, value in said.items() if value is not None}
    context = _session(session, table(identity.get("sessionContext")))
    return identity | ({"sessionContext": context} if context else {})


def _session(session: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    issuer, mfa = text(session.get("issuer")), session.get("is_mfa", session.get("mfa"))
    made = dict(known)
    if issuer and issuer.startswith("arn:"):
        of_issuer = from_arn(issuer)
        made["sessionIssuer"] = {name: of_issuer.get(name) for name in ("type", "arn", "accountId", "userName")}
    if isinstance(mfa, bool):
        made["attributes"] = {"mfaAuthenticated": str(mfa).lower()}
    return made


def _response(row: dict[str, Any], api: dict[str, Any], left: dict[str, Any]) -> Any:
    found = json_object(at(api, "response", "data")) or left.get("responseElements")
    if found is None and api.get("operation") == "ConsoleLogin" and (status := text(row.get("status"))):
        return {"ConsoleLogin": status}
    return found


def _resources(row: dict[str, Any]) -> list[dict[str, str]] | None:
    found = []
    for one in tables(row.get("resources")):
        account = text(at(one, "owner", "account", "uid")) or text(at(one, "account", "uid"))
        named = {
            "ARN": text(one.get("uid")),
            "type": text(one.get("type")),
            "accountId": account or text(one.get("account_uid")),
        }
        found.append({name: value for name, value in named.items() if value is not None})
    return found or None

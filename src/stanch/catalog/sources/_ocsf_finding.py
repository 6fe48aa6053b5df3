"""A finding in OCSF says what one in ASFF says, under other names: rules know one set of them.

Source: OCSF 1.x, classes 2001 to 2004; Security Hub User Guide, "Findings Imported V2".
"""

from typing import Any

from stanch.catalog.sources._asff import event_of
from stanch.catalog.sources._findings import at, table, tables, text
from stanch.catalog.sources._flattened import json_object
from stanch.catalog.sources._times import epoch_time, iso_text, iso_time
from stanch.catalog.sources._unreadable import Unreadable
from stanch.domain.event import Event

FINDINGS = frozenset({2001, 2002, 2003, 2004})
_SEVERITIES = {1: "INFORMATIONAL", 2: "LOW", 3: "MEDIUM", 4: "HIGH", 5: "CRITICAL", 6: "CRITICAL"}
_WORKFLOW = {"new": "NEW", "in progress": "NOTIFIED", "suppressed": "SUPPRESSED", "resolved": "RESOLVED"}


def finding_of(path: str, log: str, row: dict[str, Any]) -> Event:
    """A finding in OCSF, in the words of ASFF that rules know; raises Unreadable."""
    about = table(row.get("finding_info")) or table(row.get("finding"))
    when = epoch_time(row.get("time"), "a row whose time")
    kinds, left = about.get("types"), table(row.get("unmapped"))
    address = text(at(next(tables(row.get("evidences")), {}), "src_endpoint", "ip"))
    finding = {
        "Id": text(about.get("uid")),
        "Title": text(about.get("title")),
        "Description": text(about.get("desc")),
        "Types": kinds if isinstance(kinds, list) else [kinds] if text(kinds) else None,
        "GeneratorId": text(at(row, "metadata", "product", "feature", "uid")),
        "ProductArn": text(at(row, "metadata", "product", "uid")),
        "ProductName": text(at(row, "metadata", "product", "name")),
        "AwsAccountId": account_of(row),
        "Region": text(at(row, "cloud", "region")) or text(row.get("region")),
        "UpdatedAt": _last_seen(about) or iso_text(when),
        "Severity": {"Label": _severity(row)},
        "RecordState": text(left.get("RecordState")) or "ACTIVE",
        "Workflow": {"Status": _WORKFLOW.get((text(row.get("status")) or "new").lower(), "NEW")},
        "Compliance": {"Status": _compliance(row)} if _compliance(row) else None,
        "Resources": [_asff_resource(one) for one in tables(row.get("resources") or row.get("resource"))],
        "Action": {"AwsApiCallAction": {"RemoteIpDetails": {"IpAddressV4": address}}} if address else None,
    }
    return event_of(path, log, {name: value for name, value in finding.items() if value is not None}, row)


def account_of(row: dict[str, Any]) -> str | None:
    """The account that a row is about."""
    return (
        text(at(row, "cloud", "account", "uid")) or text(at(row, "cloud", "account_uid")) or text(row.get("accountid"))
    )


def _last_seen(about: dict[str, Any]) -> str | None:
    for name in ("last_seen_time_dt", "last_seen_time"):
        given = about.get(name)
        try:
            return iso_text(iso_time(given, "") if isinstance(given, str) else epoch_time(given, ""))
        except Unreadable:
            continue
    return None


def _severity(row: dict[str, Any]) -> str:
    id_ = row.get("severity_id")
    known = _SEVERITIES.get(id_) if isinstance(id_, int) else None
    return known or (text(row.get("severity")) or "unknown").upper()


def _compliance(row: dict[str, Any]) -> str | None:
    status = text(at(row, "compliance", "status"))
    return {"PASS": "PASSED", "FAIL": "FAILED"}.get(status.upper(), status.upper()) if status else None


def _asff_resource(one: dict[str, Any]) -> dict[str, Any]:
    named = {"Id": text(one.get("uid")), "Type": text(one.get("type")), "Details": json_object(one.get("data"))}
    named |= {"Region": text(one.get("region")), "Partition": text(one.get("cloud_partition"))}
    return {name: value for name, value in named.items() if value is not None}

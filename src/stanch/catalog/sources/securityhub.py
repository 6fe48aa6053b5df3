"""Security Hub gathers findings of many products in one format (ASFF), threats and failed checks alike.

Reads: EventBridge envelopes (`detail.findings`), `{"Findings": [...]}` of the API, lists, JSON Lines. A finding stays
as logged; eventSource is `securityhub.finding`, eventName its first type, `product` the product that reported it.
Findings in OCSF in EventBridge's envelopes (`Findings Imported V2`) are brought to the same names; those in Parquet are
read by `ocsf`.
"""

from collections.abc import Iterator
from typing import BinaryIO

from stanch.catalog.sources._asff import event_of
from stanch.catalog.sources._findings import is_table
from stanch.catalog.sources._json import decoded, documents, items, opened, starts, whole
from stanch.catalog.sources._kind import SECURITY_HUB, json_log
from stanch.catalog.sources._ocsf_finding import FINDINGS, finding_of
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Event, Skipped

LOG = SECURITY_HUB


def recognises(path: str, head: bytes) -> bool:
    """JSON whose outermost names are those of a finding in ASFF."""
    return json_log(path, head) == LOG


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Yield each finding as an Event; what is none is told once, with a count."""
    faults = Faults("findings")
    for number, finding in enumerate(_findings(stream), start=1):
        try:
            found = is_table(finding)
            yield finding_of(path, LOG, found) if found.get("class_uid") in FINDINGS else event_of(path, LOG, found)
        except Unreadable as fault:
            faults.note(fault, number)
    yield from faults.told(path)


def _findings(stream: BinaryIO) -> Iterator[object]:
    for document in documents(stream):
        yield from _unwrapped(document)


def _unwrapped(document: object) -> Iterator[object]:
    if isinstance(document, list):
        for item in document:
            yield from _unwrapped(opened(bytes(item))) if starts(item, b"{") else [decoded(bytes(item))]
    elif not isinstance(document, dict):
        yield document
    elif starts(listed := document.get("Findings") or document.get("findings"), b"["):
        yield from items(listed)
    elif "detail-type" in document:
        yield from _announced(document)
    else:
        yield whole(document)


def _announced(envelope: dict[str, object]) -> Iterator[object]:
    kind = bytes(envelope["detail-type"])  # type: ignore[call-overload]  # a msgspec.Raw, which is bytes
    if kind.startswith((b'"Findings Imported', b'"Security Hub Findings')):
        detail = opened(bytes(envelope.get("detail", b"null")))  # type: ignore[call-overload]
        found = detail.get("findings") if isinstance(detail, dict) else None
        yield from items(found) if starts(found, b"[") else [Unreadable("an envelope without findings")]
    else:
        yield Unreadable("an EventBridge event of another kind in a file of findings; hunt it in a file of its own")

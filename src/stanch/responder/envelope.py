"""EventBridge brings findings in envelopes of three kinds; each finding becomes one execution, named by what it says.

A name is good for one execution in ninety days: the same finding, delivered twice, starts nothing the second time,
and starts anew when its product has updated it.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch import app
from stanch.domain.event import Event, Skipped
from stanch.engine.untrusted import at, each, table, text

CUSTOM = "Security Hub Findings - Custom Action"
OURS = "stanch incident"
_ID = (("arn",), ("Arn",), ("Id",), ("metadata", "uid"), ("finding_info", "uid"), ("id",), ("incident",))
_UPDATED = (("updatedAt",), ("UpdatedAt",), ("finding_info", "modified_time"), ("metadata", "modified_time"), ("time",))


@dataclass(frozen=True, slots=True)
class Report:
    """Where a finding came from, so that its product can be told what was done: all text, "" where it does not apply.

    `form` is `asff`, `ocsf`, `guardduty` or `ours`.
    """

    form: str
    id: str
    product: str = ""
    account: str = ""
    region: str = ""


def singles(envelope: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The envelope once for each finding in it, with only that one."""
    detail = table(envelope.get("detail"))
    findings = detail.get("findings")
    if not isinstance(findings, list):
        yield dict(envelope)
        return
    for finding in findings:
        yield {**envelope, "detail": {**detail, "findings": [finding]}}


def name_of(envelope: Mapping[str, Any]) -> str:
    """The execution's name: 64 hex digits over the finding's id and when its product last changed it."""
    finding = finding_in(envelope)
    said = [_first(finding, _ID), _first(finding, _UPDATED), text(envelope.get("detail-type"))]
    if envelope.get("detail-type") == CUSTOM:  # a person may ask again for what was reported once
        said.append(text(envelope.get("id")))
    if said[0] is None:
        said = [json.dumps(finding, sort_keys=True, default=str)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def finding_in(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one finding of an envelope, as it was sent."""
    detail = table(envelope.get("detail"))
    return table(next(each(detail.get("findings")), None)) if "findings" in detail else detail


def report_of(envelope: Mapping[str, Any]) -> Report:
    """Whom to tell."""
    finding = finding_in(envelope)
    if envelope.get("detail-type") == OURS:
        return Report("ours", text(finding.get("incident")) or "")
    if "ProductArn" in finding:
        id_, product = text(finding.get("Id")) or "", text(finding.get("ProductArn")) or ""
        return Report("asff", id_, product, text(finding.get("AwsAccountId")) or "", _region(product))
    if "class_uid" in finding:
        product = text(at(finding, "metadata", "product", "uid")) or ""
        account = text(at(finding, "cloud", "account", "uid")) or ""
        return Report("ocsf", text(at(finding, "finding_info", "uid")) or "", product, account, _region(product))
    return Report("guardduty", _first(finding, _ID) or "", "", text(finding.get("accountId")) or "")


def events(envelope: Mapping[str, Any]) -> list[Event | Skipped]:
    """The findings as the sources of the catalog read them, and what of them could not be read."""
    body = json.dumps(envelope).encode()
    for source in app.sources():
        if source.recognises("eventbridge", body):
            return list(source.read("eventbridge", io.BytesIO(body)))
    return [Skipped("eventbridge", "no source knows this kind of event")]


def _first(finding: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> str | None:
    for path in paths:
        value = at(finding, *path)
        if isinstance(value, str | int) and value:
            return str(value)
    return None


def _region(arn: str) -> str:
    return arn.split(":", 4)[3] if arn.count(":") >= 4 else ""

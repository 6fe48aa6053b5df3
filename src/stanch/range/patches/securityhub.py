"""Security Hub tells EventBridge of every finding that comes in, and again when somebody works on it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.events.models import events_backends
from moto.securityhub import urls
from moto.securityhub.models import SecurityHubBackend
from moto.securityhub.responses import SecurityHubResponse

from stanch.range.gate.sessions import Sessions
from stanch.range.patches import events
from stanch.range.patches.replacing import adds, replaces

_import = SecurityHubBackend.batch_import_findings
_UPDATABLE = ("Note", "Severity", "VerificationState", "Confidence", "Criticality", "Types", "UserDefinedFields")


def install(sessions: Sessions) -> None:
    """Put Security Hub right."""
    events.install(sessions)
    replaces(SecurityHubBackend, "batch_import_findings")(batch_import_findings)
    replaces(SecurityHubBackend, "get_findings")(get_findings)
    adds(SecurityHubResponse, "batch_update_findings")(batch_update_findings)
    urls.url_paths["{0}/findings/batchupdate$"] = SecurityHubResponse.dispatch


def batch_import_findings(self: Any, findings: list[dict[str, Any]]) -> tuple[int, int, list[dict[str, Any]]]:
    """Keep them, new or changed, and announce each in an event of its own; a customer's Workflow survives an update."""
    for finding in findings:
        finding.setdefault("RecordState", "ACTIVE")
    answer: tuple[int, int, list[dict[str, Any]]] = _import(self, findings)
    refused = {each.get("Id") for each in answer[2]}
    wanted = {finding.get("Id") for finding in findings} - refused
    kept = [one.data for one in self.findings if one.id in wanted]
    for finding in kept:
        finding.setdefault("Workflow", {"Status": "NEW"})
    _announce(self, kept)
    return answer


def get_findings(
    self: Any,
    filters: Mapping[str, Any] | None = None,
    sort_criteria: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """All that fit, on one page; of the filters those that compare whole texts at a finding's first level."""
    found = [one.data for one in self.findings if _passes(one.data, filters or {})]
    return found, None


def batch_update_findings(self: Any) -> str:
    """What a customer says of findings: their workflow, a note, a severity. Each change is announced."""
    body = json.loads(self.body)
    backend = self.securityhub_backend
    known = {(one.id, one.data.get("ProductArn")): one.data for one in backend.findings}
    done, undone, changed = [], [], []
    for asked in body.get("FindingIdentifiers", []):
        finding = known.get((asked["Id"], asked["ProductArn"]))
        if finding is None:
            message = "The finding was not found"
            undone.append({"FindingIdentifier": asked, "ErrorCode": "FindingNotFound", "ErrorMessage": message})
            continue
        finding.update({name: body[name] for name in _UPDATABLE if name in body})
        finding.update({"Workflow": dict(body["Workflow"])} if "Workflow" in body else {})
        done.append(asked)
        changed.append(finding)
    _announce(backend, changed)
    return json.dumps({"ProcessedFindings": done, "UnprocessedFindings": undone})


def _announce(backend: Any, findings: Iterable[Mapping[str, Any]]) -> None:
    bus = events_backends[backend.account_id][backend.region_name]
    for finding in findings:
        bus.put_events(
            [
                {
                    "Source": "aws.securityhub",
                    "DetailType": "Security Hub Findings - Imported",
                    "Detail": json.dumps({"findings": [finding]}),
                    "Resources": [f"{finding.get('ProductArn', '')}/{finding.get('Id', '')}"],
                }
            ]
        )


def _passes(finding: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    for name, wanted in filters.items():
        equal = [each["Value"] for each in wanted if each.get("Comparison") == "EQUALS"]
        if equal and finding.get(name) not in equal:
            return False
    return True

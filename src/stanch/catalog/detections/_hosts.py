"""A host that only loads sends back bare acknowledgements; a host that leaks sends full packets.

Reads: flow cells and the estate's inference hosts.
Blind to: what a host is for where no `[[asset]]` of kind inference-host names its ARN; assets declared by tag.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from stanch.contracts.behaviour import FlowCell, FlowHistory, Sighting
from stanch.domain.estate import AssetKind, Side
from stanch.domain.finding import AssetRef
from stanch.domain.severity import Severity

GB, MB = 10**9, 10**6
HEADERS = 80
"""Bytes of a packet that carry nothing: IPv6 and TCP with timestamps and one selective acknowledgement."""
TCP, UDP = 6, 17
PORTS = frozenset({8000, 8265, 11434})
"""Defaults of model servers and of the schedulers under them; few else listen there."""
SHARED_PORTS = PORTS | {5000, 7860, 8001, 8002, 8080, 8501, 30000}
"""Those too that others use as well: on a declared inference host they speak of the model."""
KEPT_CELLS = 200
PLAYBOOK = "stolen_instance_credentials"
BY_HAND = "Where only an interface is told, find its instance and isolate that."

_OTHERS = frozenset({"", "EC2", "CLOUDFRONT", "GLOBALACCELERATOR", "API_GATEWAY", "WORKSPACES"})
_INSTANCE, _INTERFACE = re.compile(r"i-[0-9a-f]{8,17}"), re.compile(r"eni-[0-9a-f]{8,17}")
_ACCOUNT, _REGION = re.compile(r"\d{12}"), re.compile(r"[a-z]{2,6}(?:-[a-z]+)+-\d")
_PARTITIONS = {"cn-": "aws-cn", "eusc-": "aws-eusc", "us-gov-": "aws-us-gov"}


class ServedPorts(Protocol):
    """The ports on which a model is served."""

    @property
    def ports(self) -> frozenset[int]:
        """Of any host."""

    @property
    def ports_inference(self) -> frozenset[int]:
        """Of a declared inference host."""


def payload(cell: FlowCell) -> int:
    """Bytes that the packets carried, at least: a download's acknowledgements come to nothing."""
    return max(0, cell.bytes - HEADERS * cell.packets)


def left(flows: FlowHistory) -> list[FlowCell]:
    """What the host sent to ends that are not known to be ours, and that was let through."""
    return [cell for cell in flows.cells if cell.accepted and cell.side is not Side.INSIDE]


def served(flows: FlowHistory, limits: ServedPorts) -> list[FlowCell]:
    """What the host answered over TCP from the ports of model servers, and that was let through."""
    ports = limits.ports_inference if asset_of(flows) else limits.ports
    return [c for c in flows.cells if c.serves and c.accepted and c.protocol == TCP and c.port in ports]


def to_aws(cell: FlowCell) -> bool:
    """Whether the other end is a service of AWS itself; on EC2 or behind CloudFront anyone may be."""
    return cell.service not in _OTHERS


def network(address: str) -> str:
    """The /24, or /48 in IPv6, by which one destination with many addresses is one."""
    length = 48 if ":" in address else 24
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


def by_network(cells: Iterable[FlowCell]) -> dict[str, list[FlowCell]]:
    """The cells by their other end's network, each list still in the order of time."""
    found: dict[str, list[FlowCell]] = {}
    for cell in cells:
        found.setdefault(network(cell.to), []).append(cell)
    return found


def arn(cell: FlowCell) -> str | None:
    """The instance, or else the interface, that sent this; None where account or region is not told."""
    if not (_ACCOUNT.fullmatch(cell.account) and _REGION.fullmatch(cell.region)):
        return None
    partition = next((name for prefix, name in _PARTITIONS.items() if cell.region.startswith(prefix)), "aws")
    if _INSTANCE.fullmatch(cell.host):
        return f"arn:{partition}:ec2:{cell.region}:{cell.account}:instance/{cell.host}"
    if _INTERFACE.fullmatch(cell.interface):
        return f"arn:{partition}:ec2:{cell.region}:{cell.account}:network-interface/{cell.interface}"
    return None


def asset_of(flows: FlowHistory) -> AssetRef | None:
    """The inference host that this host is by the estate."""
    name = arn(flows.cells[0]) if flows.cells else None
    asset = flows.estate.asset_of_arn(name) if name else None
    if name is None or asset is None or asset.kind is not AssetKind.INFERENCE_HOST:
        return None
    return AssetRef(asset.name, asset.kind.value, name)


def graded(usual: Severity, cells: Sequence[FlowCell], asset: AssetRef | None) -> Severity:
    """One step more for an inference host, one less where all went to services of AWS itself."""
    step = (asset is not None) - all(map(to_aws, cells))
    return Severity(max(Severity.INFORMATIONAL, min(Severity.CRITICAL, usual + step)))


def sighting(flows: FlowHistory, cells: Sequence[FlowCell], why: str, severity: Severity) -> Sighting:
    """What was seen of this host, with its largest cells as proof and its ARN to act on.

    Where no network is declared, a public address may be ours, and the sighting is less sure.
    """
    asset, name = asset_of(flows), arn(cells[0])
    kept = sorted(sorted(cells, key=payload, reverse=True)[:KEPT_CELLS], key=lambda cell: cell.first)
    return Sighting(
        tuple(kept),
        f"{flows.host}: {why}",
        (asset,) if asset else (),
        graded(severity, cells, asset),
        0.4 if all(cell.side is Side.UNKNOWN for cell in cells) else None,
        (name,) if name else (),
    )

"""A gateway knows its callers by their keys; a model server behind it answers anyone who reaches its port.

Reads: a server's lines whose request no gateway logged, in hours in which enough of the same log's belong to one.
Blind to: servers whose lines share no request id with the gateway's, which the flow logs watch; hours in which the
gateway's log is missing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import sighting
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A model server called past its gateway",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(Technique("atlas", "AML.T0040", "5.6"), Technique("attack", "T1190", "19")),
    by_hand="Find the caller in the server's flow logs and isolate him; let its port answer the gateway alone.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day."""

    calls: int = 20
    """Calls of a model that no gateway knows of: tests of a host's own health are fewer, and ask for no tokens."""
    joined: int = 20
    """Lines of the same log and hour that do belong to a gateway's call, without which the two cannot be compared."""
    share: float = 0.5
    """Lines that do, for each call that belongs to none: where fewer do, it is the logs that do not fit."""
    servers: frozenset[str] = frozenset({"llama_cpp", "ollama", "tgi", "vllm"})
    """Logs of those who answer; what a proxy logs may be what the gateway behind it refused."""
    fronts: frozenset[str] = frozenset({"alb", "nginx"})
    """Logs of what may stand before a server without being its gateway."""


LIMITS = Limits()
_ASKING = frozenset({"chat", "completion", "embedding"})


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day with so many calls that no log names a key for."""
    if history.key:
        return
    found: dict[int, list[CallCell]] = {}
    past: Counter[tuple[int, str]] = Counter()
    served = [(cell, server) for cell in history.cells if (server := _server(cell, limits))]
    for cell, server in served:
        past[cell.start, server] += cell.count
    for cell, server in served:
        known = history.joined.get((cell.start, server), 0)
        if known >= max(limits.joined, limits.share * past[cell.start, server]):
            found.setdefault(day_of(cell.start), []).append(cell)
    for proof in found.values():
        calls = sum(cell.count for cell in proof)
        if calls >= limits.calls:
            places = sorted({cell.network for cell in proof if cell.network})
            told = f", from {', '.join(places[:5])}" if places else ""
            yield sighting(proof, f"{calls:,} calls in a day that reached a server and no gateway{told}")


def _server(cell: CallCell, limits: Limits) -> str:
    """The server's log that tells of calls which asked a model, and no gateway's; "" for others."""
    logs = set(cell.log.split("+"))
    asks = cell.operation in _ASKING and cell.count > cell.failed
    return min(logs & limits.servers, default="") if asks and logs <= limits.servers | limits.fronts else ""

"""A flow log proves an exfiltration only when it tells who sent how much to whom, of traffic that was let through.

VPC User Guide, "Flow log records": the default format holds source, destination and bytes; a custom one what it names.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from stanch.catalog.checks._network import Interface
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place

_FIELD = re.compile(r"\$\{([a-z0-9-]+)\}")
_NEEDED = ({"bytes"}, {"dstaddr", "pkt-dstaddr"}, {"srcaddr", "pkt-srcaddr", "interface-id", "instance-id"})
"""One of each: how much, to whom, from whom."""


class Logs:
    """The flow logs of all accounts by what they record: a network, a subnet or an interface."""

    def __init__(self, posture: Posture) -> None:
        self._of: dict[str, list[Place]] = defaultdict(list)
        for place in posture.of("ec2/vpc-flow-log"):
            self._of[str(place.thing.data.get("ResourceId"))].append(place)

    def of(self, interface: Interface) -> list[Place]:
        """The flow logs that record an interface: its own, its subnet's and its network's."""
        return [place for name in (interface.id, interface.subnet, interface.vpc) for place in self._of.get(name, ())]


def lacks(log: Place) -> list[str]:
    """What a flow log lacks to show an exfiltration; nothing where it would."""
    data = log.thing.data
    found = []
    if data.get("FlowLogStatus") != "ACTIVE":
        found.append(f"it is not active ({data.get('FlowLogStatus')})")
    if data.get("DeliverLogsStatus") == "FAILED":
        found.append(f"it delivers nothing ({data.get('DeliverLogsErrorMessage') or 'FAILED'})")
    if data.get("TrafficType") == "REJECT":
        found.append("it records only what was refused")
    found += [f"its format lacks {' or '.join(sorted(fields))}" for fields in _missing(data.get("LogFormat"))]
    return found


def _missing(format_: object) -> Sequence[set[str]]:
    """Without a format of its own a log has the default one, which has them all."""
    fields = set(_FIELD.findall(format_)) if isinstance(format_, str) and format_ else None
    return [] if fields is None else [needed for needed in _NEEDED if not needed & fields]

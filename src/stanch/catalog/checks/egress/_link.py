"""How long a theft takes is bytes by bandwidth: EC2 tells both the accelerators' memory and the speed of the link.

EC2 User Guide, "Amazon EC2 instance network bandwidth": to the internet an instance gets half of its bandwidth, and one
with fewer than 32 vCPUs at most 5 Gbit/s; where nobody told how many it has, the faster of the two is assumed. It is
the peak, that smaller types hold for minutes only: the answer is the shortest that it can be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stanch.catalog.checks._things import mapped, mappings

_SMALL = 5.0
"""Gbit/s."""
_SHARE = 0.5
_MANY_CORES = 32
_MIB, _GIB = 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Load:
    """What a host can hold: `size` in bytes, and what that is the size of, in words."""

    size: int
    what: str


def to_internet(instance: Mapping[str, Any]) -> float | None:
    """The Gbit/s that an instance sends to the internet at the most, by the cards it uses; None where nobody said."""
    attached = [mapped(one.get("Attachment")) for one in mappings(instance.get("NetworkInterfaces"))]
    used = [one.get("NetworkCardIndex", 0) for one in attached] or [0]
    cards = mappings(mapped(mapped(instance.get("InstanceTypeInfo")).get("NetworkInfo")).get("NetworkCards"))
    told = [
        card.get("PeakBandwidthInGbps") or card.get("BaselineBandwidthInGbps")
        for card in cards
        if card.get("NetworkCardIndex", 0) in used
    ]
    total = sum(float(one) for one in told if isinstance(one, int | float))
    if total <= 0:
        return None
    cores = mapped(mapped(instance.get("InstanceTypeInfo")).get("VCpuInfo")).get("DefaultVCpus")
    small, large = min(total, _SMALL), total * _SHARE
    if not isinstance(cores, int):
        return max(small, large)
    return small if cores < _MANY_CORES else large


def load_of(instance: Mapping[str, Any], volumes: Sequence[Mapping[str, Any]]) -> Load | None:
    """The most that a host serves at once: its accelerators' memory; without any, what its disks hold."""
    facts = mapped(instance.get("InstanceTypeInfo"))
    memory = mapped(facts.get("GpuInfo")).get("TotalGpuMemoryInMiB")
    neuron = mapped(facts.get("NeuronInfo")).get("TotalNeuronDeviceMemoryInMiB")
    for told in (memory, neuron):
        if isinstance(told, int) and told > 0:
            return Load(told * _MIB, "all that its accelerators' memory holds")
    sizes = [one["Size"] for one in volumes if isinstance(one.get("Size"), int)]
    return Load(sum(sizes) * _GIB, "all that its disks hold") if sum(sizes) > 0 else None


def in_words(load: Load | None, gbits: float | None) -> str:
    """How long it takes to send it all, or what is missing to say so."""
    if gbits is None:
        return "how fast, nobody told: the bandwidth of its type was not seen"
    if load is None:
        return f"at {gbits:g} Gbit/s or less: {_time(8 * 100e9 / (gbits * 1e9))} for 100 GB"
    return f"{load.what} ({load.size / 1e9:.0f} GB) in {_time(load.size * 8 / (gbits * 1e9))} at {gbits:g} Gbit/s"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.0f} h"

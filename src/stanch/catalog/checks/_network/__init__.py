"""Whether traffic passes between a host and the internet, by every gate on its way together."""

from stanch.catalog.checks._network.network import Network
from stanch.catalog.checks._network.passage import Passage
from stanch.catalog.checks._network.port import Interface, interfaces_of

__all__ = ["Interface", "Network", "Passage", "interfaces_of"]

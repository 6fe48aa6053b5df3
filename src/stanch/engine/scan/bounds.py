"""Logs grow without end and a machine does not: what a search may hold in memory, whatever it reads.

What is more lies in files without a name in the temporary folder, which only the process itself can open and which are
gone with it. No answer depends on one of these bounds, only the time that it takes. Lineages are bounded besides, for a
chain must be at hand whole: what one forgets (`Lineage.forgotten`) is told as a fault.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the leader of a search holds at most."""

    cells: int = 64 << 20
    """Bytes of cells, as far as they can be estimated, while logs are read."""
    history: int = 128 << 20
    """Bytes of one history, about, without the names of what was read; a longer one is read from its file each time
    somebody goes through it."""
    groups: int = 32 << 20
    """Bytes of groups of matching events, as far as they can be estimated, while logs are read; those of one finding
    come together whole when it is told, with all its callers, for each may have read something besides."""
    names: int = 32 << 20
    """Bytes of names of what the accused read."""
    kept: int = 32 << 20
    """Bytes of events that wait for a correlation, as packed."""
    charged: int = 32 << 20
    """Bytes of events that planned exports cover, as packed."""
    behind: int = 10_000
    """Events behind the hits of correlations, or that planned exports cover, that are opened at once."""
    digests: int = 20_000
    """Digests of files."""
    ids: int = 4_000_000
    """Numbers of events' ids, of eight bytes each; more if one hour alone has more."""


BOUNDS = Bounds()

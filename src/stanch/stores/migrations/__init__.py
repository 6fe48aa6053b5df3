"""How a database of an older stanch becomes one of this; loaded only when one has to change."""

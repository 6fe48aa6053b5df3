"""What a metric filter counts and a rule takes, decided on a record as CloudWatch and EventBridge would decide it."""

from stanch.catalog.checks._filters.matching import Filter, wild
from stanch.catalog.checks._filters.patterns import matches
from stanch.catalog.checks._filters.reading import FilterError, parse

__all__ = ["Filter", "FilterError", "matches", "parse", "wild"]

"""Reads an organisation from what AWS answers about it: nothing that is missing is taken for empty."""

from stanch.iam.reading.documents import Missing
from stanch.iam.reading.faults import FactsError, MissingPolicy
from stanch.iam.reading.file import read_organization

__all__ = ["FactsError", "Missing", "MissingPolicy", "read_organization"]

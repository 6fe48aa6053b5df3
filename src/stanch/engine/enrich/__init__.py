"""Enrichment: who called, from where, what it touched, whom it lets in, and what of that the estate knows."""

from stanch.engine.enrich.enricher import Enricher
from stanch.engine.enrich.view import FACTS, View

__all__ = ["FACTS", "Enricher", "View"]

"""Containment: plan, journal, apply, verify, undo; what to do is knowledge, how to do it safely is here."""

from stanch.engine.contain.desk import Containment
from stanch.engine.contain.outcome import state_after
from stanch.engine.contain.targets import Choice

__all__ = ["Choice", "Containment", "state_after"]

"""Containment: plan, journal, apply, verify, undo; what to do is knowledge, how to do it safely is here."""

from stanch.engine.contain.desk import Containment
from stanch.engine.contain.outcome import state_after

__all__ = ["Containment", "state_after"]

"""Containment: plan, journal, apply, verify, undo; what to do is knowledge, how to do it safely is here."""

from stanch.engine.contain.apply import proven_once
from stanch.engine.contain.desk import Containment
from stanch.engine.contain.outcome import state_after
from stanch.engine.contain.targets import Choice
from stanch.engine.contain.undo import can_be_undone

__all__ = ["Choice", "Containment", "can_be_undone", "proven_once", "state_after"]

"""Rehearsed attacks: what is staged, what the attacker calls, what must come of it."""

"""Execution: an intruder lets our machines and models work for him."""

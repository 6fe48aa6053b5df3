"""Fuzzing of everything that reads what others wrote: logs and rules."""

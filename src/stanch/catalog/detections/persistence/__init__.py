"""Persistence: an intruder makes sure that he can come back."""

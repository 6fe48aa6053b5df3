"""Privilege escalation: somebody gets rights that nobody meant him to have."""

"""Lateral movement: from one identity, host or account to the next."""

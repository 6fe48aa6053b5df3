"""Exfiltration: data on its way out, and the ways by which it leaves."""

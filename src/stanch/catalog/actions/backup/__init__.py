"""Backups: a vault opened to strangers is closed to them."""

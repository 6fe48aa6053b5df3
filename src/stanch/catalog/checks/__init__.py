"""Checks: what is asked of the configuration, one file each."""

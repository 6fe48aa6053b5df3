"""Mechanism: reading, matching, gathering, containing, reporting; it never imports knowledge."""

"""Playbooks: which actions answer which situation, and in what order."""

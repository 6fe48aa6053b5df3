"""Triggers: which playbook answers which finding of another product; one TOML file for one kind of finding."""

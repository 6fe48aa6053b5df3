"""Hosts: evidence is kept, and nothing flows in or out any more."""

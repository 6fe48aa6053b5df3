"""Credential access: keys, sessions, passwords and secrets in hands they were not given to."""

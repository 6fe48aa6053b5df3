"""Secrets: a secret whose policy lets strangers read it is closed to them."""

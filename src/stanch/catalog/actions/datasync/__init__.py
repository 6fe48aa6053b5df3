"""Transfers: a task that copies whole stores is stopped, and does not start again by its schedule."""

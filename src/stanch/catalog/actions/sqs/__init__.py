"""Queues: strangers can no longer take what is waiting, or put in orders of their own."""

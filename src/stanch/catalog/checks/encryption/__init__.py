"""Encryption and versions: what keeps an asset unread on its way, at rest, and recoverable after a deed."""

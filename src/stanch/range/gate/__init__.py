"""Deciding whether a request may pass: who the caller is, what the call needs, and what the policies say."""

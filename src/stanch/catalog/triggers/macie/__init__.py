"""Macie's findings: what is in the buckets, and who may read them."""

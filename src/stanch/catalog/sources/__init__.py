"""Kinds of log: raw bytes in, events out."""

"""Routines: the daily work that explains findings away, each with its reason and its bounds."""

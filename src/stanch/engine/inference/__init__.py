"""Calls of models: summed while logs are read, joined by their request ids, and judged key by key."""

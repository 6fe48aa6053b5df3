"""Identity: whoever holds a stolen session or key can no longer use it."""

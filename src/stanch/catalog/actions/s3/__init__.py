"""Storage: what was opened to the world is closed to it again."""

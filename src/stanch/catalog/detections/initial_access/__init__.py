"""Initial access: how an intruder comes in."""

"""Command and control: a host takes its orders from outside."""

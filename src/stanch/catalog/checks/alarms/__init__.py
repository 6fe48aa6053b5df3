"""Alarms: which calls anybody would hear of, who is woken, and whether it would ever ring."""

"""Texts are looked into for secrets, personal data, canaries, and what they repeat of prompts, code and training."""

from stanch.engine.inspect.inspector import Inspector
from stanch.engine.inspect.leak import Found, Leak
from stanch.engine.inspect.pattern import Pattern, PatternError, read_patterns

__all__ = ["Found", "Inspector", "Leak", "Pattern", "PatternError", "read_patterns"]

"""Who can do this, and what can this one do, asked of a whole organisation at once."""

from stanch.iam.ask.answers import Access, Answers
from stanch.iam.ask.asker import Asker
from stanch.iam.ask.summary import Power

__all__ = ["Access", "Answers", "Asker", "Power"]

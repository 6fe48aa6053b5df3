"""What an identity used of what it may: the rest is a gift to whoever steals it."""

from stanch.iam.least.calls import Call, calls_of
from stanch.iam.least.proposal import Proposal, propose
from stanch.iam.least.silence import Silence, silences
from stanch.iam.least.used import Used

__all__ = ["Call", "Proposal", "Silence", "Used", "calls_of", "propose", "silences"]

"""Who holds one permission often holds, a step or two later, another: the graph of those steps over all accounts."""

from stanch.iam.escalation.reach import ADMIN, Certainty, Escalation, Reached, Step, UnknownTarget, reach

__all__ = ["ADMIN", "Certainty", "Escalation", "Reached", "Step", "UnknownTarget", "reach"]

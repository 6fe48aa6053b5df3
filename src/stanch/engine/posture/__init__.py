"""Posture: what checks say of a snapshot, with the weight that the assets at stake give it."""

from stanch.engine.posture.judge import Asked, judged

__all__ = ["Asked", "judged"]

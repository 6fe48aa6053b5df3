"""The draft notification of one incident, filled from evidence, with every blank marked that a person must fill."""

from stanch.engine.report.matter import Matter
from stanch.engine.report.render import Report, render

__all__ = ["Matter", "Report", "render"]

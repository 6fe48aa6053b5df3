"""The face in AWS: what the workflow's states call, one verb each, and what starts an execution for a finding."""

from stanch.responder.handler import handle
from stanch.responder.starter import start

__all__ = ["handle", "start"]

"""The policy language of AWS: read it, decide a request with it, and say whom a policy lets in."""

from stanch.iam.admin import escalates, is_admin
from stanch.iam.admits import Grantees, admits, is_public
from stanch.iam.callers import CallerError, caller_of
from stanch.iam.crowd import Reach
from stanch.iam.evaluate import Decision, evaluate
from stanch.iam.policy import Condition, Policy, PolicyError, Principal, Statement, parse
from stanch.iam.request import Caller, Request
from stanch.iam.wildcard import match_wildcard

__all__ = [
    "Caller",
    "CallerError",
    "Condition",
    "Decision",
    "Grantees",
    "Policy",
    "PolicyError",
    "Principal",
    "Reach",
    "Request",
    "Statement",
    "admits",
    "caller_of",
    "escalates",
    "evaluate",
    "is_admin",
    "is_public",
    "match_wildcard",
    "parse",
]

"""A function runs where AWS runs it: a library that names another host holds credentials that were carried off.

Reads: userIdentity.inScopeOf and userAgent. AWS's libraries add the system they run on, and inside of Lambda its name.
Blind to: thieves on hosts with Amazon's own kernel, programs that name no system, and a user agent that is forged.
"""

import re
from collections.abc import Mapping
from typing import Any

from stanch.engine.untrusted import at, text

_LIBRARIES = ("Boto3/", "aws-cli/", "aws-sdk-", "APN/", "aws-sdk/")
_INSIDE = "exec-env/AWS_Lambda"
# Lambda's mark is missing in functions with a runtime of their own; their system is Amazon's all the same.
_ELSEWHERE = re.compile(r"exec-env/|(?:os/|\s)(?:linux[#/](?=\d)(?!\S*amzn)|darwin|macos|windows)", re.IGNORECASE)


def away_from_home(record: Mapping[str, Any]) -> bool:
    """Whether a function's credentials are used by a library that says it runs somewhere else."""
    if at(record, "userIdentity", "inScopeOf", "issuerType") != "AWS::Lambda::Function":
        return False
    agent = (text(record.get("userAgent")) or "").lstrip("[")
    return agent.startswith(_LIBRARIES) and _INSIDE not in agent and _ELSEWHERE.search(agent) is not None

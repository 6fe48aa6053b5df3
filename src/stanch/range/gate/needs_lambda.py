"""Lambda permits by the function a call names; its policy has a say, and lets callers of other accounts in.

Source: Service Authorization Reference, Actions, resources, and condition keys for AWS Lambda.
"""

from collections.abc import Sequence

from stanch.range.gate.identity import Identity
from stanch.range.gate.permission import Need
from stanch.range.request.call import Call

_NAMES = {"Invoke": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"}
_INVOKED = ("lambda:InvokeFunction", "lambda:InvokeAsync")
_COLONS = 6
"""In the ARN of a function without version or alias."""


def lambda_needs(call: Call, identity: Identity) -> list[Need]:
    """What a Lambda call needs: its action on the function, version or alias that it names."""
    action = f"lambda:{_NAMES.get(call.operation, call.operation)}"
    named = call.text("FunctionName", "ResourceArn")
    if named is None:
        return [Need(action)]
    arn = _arn(named, call, identity)
    return [Need(action, arn, arn.split(":")[4], "function" if action in _INVOKED else None)]


def account_of_function(needed: Sequence[Need]) -> str | None:
    """The account whose function is called; None where none is."""
    return next((need.account for need in needed if need.action.startswith("lambda:")), None)


def _arn(named: str, call: Call, identity: Identity) -> str:
    """The ARN of what is named by name, by account and name, or by ARN already, with its qualifier."""
    if not named.startswith("arn:"):
        account, found, name = named.rpartition(":function:")
        owner = account if found else identity.account
        named = f"arn:{identity.partition}:lambda:{call.region}:{owner}:function:{name}"
    qualifier = call.text("Qualifier")
    return f"{named}:{qualifier}" if qualifier and named.count(":") == _COLONS else named

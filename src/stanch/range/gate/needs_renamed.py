"""Some operations are permitted under another name: Invoke by lambda:InvokeFunction, a transaction by its parts.

Source: Service Authorization Reference.
"""

from collections.abc import Iterator

from stanch.iam.least.names import service_of
from stanch.range.gate.permission import Need
from stanch.range.request.call import Call

_NAMES = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
}
_IN_TRANSACTION = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}


def renamed_needs(call: Call) -> list[Need]:
    """What a call needs whose service has no rules of its own: its action on `*`, by the name IAM has for it."""
    name = f"{service_of(call.prefix) or call.prefix}:{call.operation}"
    if name in {"dynamodb:TransactWriteItems", "dynamodb:TransactGetItems"}:
        return [Need(action) for action in dict.fromkeys(_parts(call))]
    return [Need(_NAMES.get(name, name))]


def _parts(call: Call) -> Iterator[str]:
    for item in call.parameters.get("TransactItems") or []:
        yield from (action for part, action in _IN_TRANSACTION.items() if item.get(part))

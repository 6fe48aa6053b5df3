"""A state machine acts as its role with what its definition says: whoever rewrites it, or starts it, acts as that role.

Blind to: activities, versions and aliases, the history of executions.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.masking import masked_in

SCOPE = Scope.REGION
PERMISSIONS = ("states:DescribeStateMachine", "states:ListStateMachines")


def collect(look: Look) -> Iterator[Thing]:
    """Every state machine with its definition as a document, secrets in it masked."""
    listed = look.list("stepfunctions", "ListStateMachines", "stateMachines", of=account_in(look, "states"))
    yield from look.each(partial(_machine, look), items(listed))


def _machine(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["stateMachineArn"])
    told = look.ask("stepfunctions", "DescribeStateMachine", of=arn, stateMachineArn=arn)
    if not unseen(told):
        told = {**told, "definition": masked_in(document(told, "definition"))}
    return Thing("stepfunctions/state-machine", arn, told)

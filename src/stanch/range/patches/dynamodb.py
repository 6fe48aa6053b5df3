"""DynamoDB writes an item at a time; moto mixes the writes of two threads, and with its own undoes a stranger's."""

import threading
from typing import Any

from moto.dynamodb.responses import DynamoHandler

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import replaces

_original = DynamoHandler.call_action
_turn = threading.RLock()


def install(_: Sessions) -> None:
    """Put DynamoDB right."""
    replaces(DynamoHandler, "call_action")(call_action)


def call_action(self: Any) -> Any:
    """One request after the other: a transaction that fails puts the whole table back as it was before it."""
    with _turn:
        return _original(self)

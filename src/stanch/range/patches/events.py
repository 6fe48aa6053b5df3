"""EventBridge looks into lists, hands events to queues, functions and state machines, and forgets targets it lacks."""

# ruff: noqa: SLF001 - the names are moto's, and it has no public ones for this

import json
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.events import models
from moto.events.models import EventPattern, Rule
from moto.events.utils import EventTemplateParser

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import replaces

_deliver = Rule.send_to_targets
_BY_MOTO = frozenset({"events", "logs", "sqs"})


def install(_: Sessions) -> None:
    """Put EventBridge right; harmless when it is already."""
    replaces(EventPattern, "matches_event")(matches_event)
    replaces(Rule, "send_to_targets")(send_to_targets)


def matches_event(self: Any, event: Any) -> bool:
    """Whether the pattern fits; of a list of objects one must fit, as in `detail.findings`."""
    return not self._pattern or _fits(self, self._pattern, json.loads(json.dumps(event)))


def send_to_targets(self: Any, original_event: Any, transform_input: bool = True) -> None:
    """Deliver to each target on its own: one that nobody emulates must not keep the event from the others."""
    if getattr(self, "state", "ENABLED") == "DISABLED" or not self.event_pattern.matches_event(original_event):
        return
    event = {**original_event, "time": _iso(original_event.get("time"))}
    targets = self.targets
    for target in targets:
        service = str(target["Arn"]).split(":")[2]
        if service in _BY_MOTO and service != "sqs":
            self.targets = [target]
            try:
                _deliver(self, original_event.copy(), transform_input)
            finally:
                self.targets = targets
        elif service in {"lambda", "sqs", "states"}:
            body = json.dumps(_input(target, event), default=str)
            threading.Thread(target=_hand_over, args=(str(target["Arn"]), body), daemon=True).start()


def _fits(pattern: Any, wanted: Mapping[str, Any], node: Any) -> bool:
    if isinstance(node, list) and any(isinstance(item, dict) for item in node):
        return any(_fits(pattern, wanted, item) for item in node)
    here = node if isinstance(node, dict) else {}
    return all(_fits_key(pattern, key, value, here) for key, value in wanted.items())


def _fits_key(pattern: Any, key: str, value: Any, here: Mapping[str, Any]) -> bool:
    if key == "$or":
        return any(_fits(pattern, part, here) for part in value)
    if isinstance(value, dict):
        return _fits(pattern, value, here.get(key, {}))
    return bool(pattern._does_item_match_filters(here.get(key, models.UNDEFINED), value))


def _input(target: Mapping[str, Any], event: Any) -> Any:
    if target.get("Input"):
        return json.loads(target["Input"])
    given = target.get("InputTransformer") or {}
    if not given:
        return event
    return EventTemplateParser.parse(given["InputTemplate"], given.get("InputPathsMap", {}), event)


def _hand_over(arn: str, body: str) -> None:
    """To a queue, a function or a state machine, in its own account and region."""
    _, _, service, region, account, resource = arn.split(":", 5)
    if service == "sqs":
        from moto.sqs.models import sqs_backends

        sqs_backends[account][region].send_message(queue_name=resource, message_body=body)
    elif service == "lambda":
        from moto.awslambda.models import lambda_backends

        lambda_backends[account][region].invoke(arn, None, body, {}, {})
    else:
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends

        stepfunctions_parser_backends[account][region].start_execution(arn, str(uuid.uuid4()), body)


def _iso(time: Any) -> Any:
    if not isinstance(time, int | float):
        return time
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

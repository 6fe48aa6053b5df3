"""A function with a reserved concurrency of 0 is not run for anybody, in any version, however it is called.

Blind to: what is running already, for up to fifteen minutes; copies at the edge of a content delivery network; the
credentials that it was given, which live on in whoever took them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from stanch.catalog.actions._document import same, written
from stanch.catalog.actions._responder import refuse_own_place
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours, let_in, without_strangers
from stanch.catalog.actions.function import _entrances
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step
from stanch.iam import PolicyError, parse

APPLIES_TO = ("function",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = (
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionConcurrency",
    "lambda:PutFunctionConcurrency",
    "lambda:DeleteFunctionConcurrency",
    "lambda:ListVersionsByFunction",
    "lambda:ListAliases",
    "lambda:GetPolicy",
    "lambda:GetResourcePolicy",
    "lambda:PutResourcePolicy",
    "lambda:DeleteResourcePolicy",
    "lambda:ListFunctionUrlConfigs",
    "lambda:UpdateFunctionUrlConfig",
    "lambda:ListEventSourceMappings",
    "lambda:UpdateEventSourceMapping",
)

_OPEN, _SIGNED = "NONE", "AWS_IAM"
_EDGE = ("edgelambda.amazonaws.com", "replicator.lambda.amazonaws.com")


@dataclass(frozen=True, slots=True)
class _Closed:
    """A policy without strangers, None when nothing is left of it, and each change in words."""

    text: str | None
    changes: tuple[str, ...]


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses what is no function of Lambda, what has no concurrency to reserve, and the one stanch acts from."""
    arn, name = _function(resource)
    configuration = aws.call("lambda", "GetFunctionConfiguration", FunctionName=name)
    refuse_own_place(Arn.parse(arn), case.responder, aws.caller)
    _refuse_without_concurrency(configuration)
    before = _state(aws, arn)
    ours = Ours.of(case.perimeter, resource.account or aws.account)
    closed = {place: _closed(text, place, ours) for place, text in before["policies"].items()}
    changed = {place: result for place, result in closed.items() if result.changes}
    return Plan(
        resource=arn,
        before=before,
        calls=tuple(_calls(name, before, changed)),
        undo=f"{name}: policies, URLs and event sources as they were, reserved {_words(before['reserved'])}",
        breaks=(
            f"{name} is not run for anybody any more: callers are throttled, events wait or are given up",
            "NOT cut: executions that are running now, for up to fifteen minutes",
            f"NOT cut: the credentials of {configuration['Role']} that the function was given (a step of their own)",
            *_edge(before["policies"]),
        ),
        settings={"closed": {place: result.text for place, result in changed.items()}, "ours": ours.to_json()},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"reserved": int or None, "policies": {arn: text}, "urls": {arn: auth type}, "sources": {uuid: on or off}}`."""
    return _state(aws, step.resource)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The concurrency first, for it stops everything at once; then each way in."""
    arn, name = _function(Arn.parse(step.resource))
    now = _state(aws, arn)
    _refuse_if_overtaken(now, step)
    if now["reserved"] != 0:
        aws.call("lambda", "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=0)
    for place, auth in now["urls"].items():
        if auth == _OPEN:
            _entrances.put_url(aws, name, place, _SIGNED)
    _close(aws, now["policies"], step)
    _switch(aws, dict.fromkeys(now["sources"], "off"), now["sources"], wait)
    settled(lambda: not _faults(aws, step), wait)
    return None  # calling it would run the very code that must not run, if it were not stopped


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back; a new version's or alias's policy and a new URL are looked at too."""
    settled(lambda: not _faults(aws, step), wait)
    faults = _faults(aws, step)
    if faults:
        return Proof(False, Method.STATE, tuple(faults))
    told = f"reserved concurrency 0: Lambda throttles every call of {step.resource}"
    return Proof(True, Method.STATE, (told, "no event source is on, no URL is open, no policy lets a stranger in"))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The concurrency last: nothing runs while the ways in are half restored."""
    name, before = _function(Arn.parse(step.resource))[1], step.before or {}
    now = _state(aws, step.resource)
    for place in step.settings["closed"]:
        if not same(now["policies"].get(place), before["policies"].get(place)):
            _entrances.replace_policy(aws, place, before["policies"].get(place))
    for place, auth in before["urls"].items():
        if now["urls"].get(place, auth) != auth:
            _entrances.put_url(aws, name, place, auth)
    _switch(aws, before["sources"], now["sources"], wait)
    if now["reserved"] != before["reserved"]:
        _reserve(aws, name, before["reserved"])
    settled(lambda: _state(aws, step.resource) == before, wait)


def _refuse_without_concurrency(configuration: Mapping[str, Any]) -> None:
    if configuration.get("CapacityProviderConfig"):
        raise Refused(
            f"{configuration['FunctionName']} runs on managed instances and has no concurrency to reserve: set its "
            "maximum of execution environments to 0 by hand (lambda:PutFunctionScalingConfig)"
        )


def _state(aws: Aws, arn: str) -> dict[str, Any]:
    name = arn.rpartition(":")[2]
    reserved = aws.call("lambda", "GetFunctionConcurrency", FunctionName=name).get("ReservedConcurrentExecutions")
    return {
        "reserved": None if reserved is None else int(reserved),
        "policies": _entrances.policies(aws, arn),
        "urls": _entrances.urls(aws, name),
        "sources": _entrances.sources(aws, arn),
    }


def _closed(text: str, place: str, ours: Ours) -> _Closed:
    try:
        policy = parse(text)
    except PolicyError as error:
        raise Refused(f"the policy of {place} cannot be read ({error}): stop the function by hand") from error
    narrowed = without_strangers(policy, ours)
    return _Closed(written(narrowed.statements, policy) if narrowed.statements else None, narrowed.changes)


def _calls(name: str, before: Mapping[str, Any], changed: Mapping[str, _Closed]) -> list[str]:
    calls = [f"lambda:PutFunctionConcurrency on {name}: 0 reserved, was {_words(before['reserved'])}"]
    opened = [place for place, auth in before["urls"].items() if auth == _OPEN]
    calls += [f"lambda:UpdateFunctionUrlConfig of {place}: {_SIGNED} instead of open to everybody" for place in opened]
    for place, result in changed.items():
        verb = "DeleteResourcePolicy" if result.text is None else "PutResourcePolicy"
        calls.append(f"lambda:{verb} on {place}: {'; '.join(result.changes)}")
    feeding = [source for source, state in before["sources"].items() if state == "on"]
    return [*calls, *(f"lambda:UpdateEventSourceMapping {source}: off" for source in feeding)]


def _edge(policies: Mapping[str, str]) -> tuple[str, ...]:
    if not any(service in text for text in policies.values() for service in _EDGE):
        return ()
    return ("NOT cut: its copies at the edge; take it off the distribution's behaviours by hand (CloudFront)",)


def _refuse_if_overtaken(now: Mapping[str, Any], step: Step) -> None:
    """Only while nothing of ours is in it: what was begun is gone on with, or nobody would know what was there."""
    before, closed = step.before or {}, step.settings["closed"]
    begun = now["reserved"] == 0 != before["reserved"] or any(same(now["policies"].get(p), closed[p]) for p in closed)
    if begun:
        return
    if now["reserved"] != before["reserved"]:
        raise Overtaken(f"somebody set the reserved concurrency of {step.resource} to {_words(now['reserved'])}")
    for place in closed:
        if not same(now["policies"].get(place), before["policies"].get(place)):
            raise Overtaken(f"somebody changed the policy of {place} since the plan was made")


def _close(aws: Aws, policies: Mapping[str, str], step: Step) -> None:
    """Each policy as planned; one that was changed meanwhile without what lets strangers in now."""
    ours, before = Ours.read(step.settings["ours"]), (step.before or {})["policies"]
    for place, text in policies.items():
        planned = step.settings["closed"].get(place)
        known = place in step.settings["closed"] and same(text, before.get(place))
        wanted = planned if known else _closed(text, place, ours).text
        if not same(text, wanted):
            _entrances.replace_policy(aws, place, wanted)


def _switch(aws: Aws, wanted: Mapping[str, str], now: Mapping[str, str], wait: Wait) -> None:
    for source, state in wanted.items():
        if now.get(source, state) != state:
            settled(partial(_entrances.switch, aws, source, on=state == "on"), wait)


def _reserve(aws: Aws, name: str, reserved: int | None) -> None:
    if reserved is None:
        aws.call("lambda", "DeleteFunctionConcurrency", FunctionName=name)
    else:
        aws.call("lambda", "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=reserved)


def _faults(aws: Aws, step: Step) -> list[str]:
    """What still is not stopped, in words."""
    now, ours = _state(aws, step.resource), Ours.read(step.settings["ours"])
    faults = [] if now["reserved"] == 0 else [f"the reserved concurrency is {_words(now['reserved'])}"]
    faults += [f"event source {source} is on" for source, state in now["sources"].items() if state == "on"]
    faults += [f"the URL of {place} is open to everybody" for place, auth in now["urls"].items() if auth == _OPEN]
    strangers = ((place, let_in(text, ours)) for place, text in now["policies"].items())
    return [*faults, *(f"the policy of {place} lets in {', '.join(who)}" for place, who in strangers if who)]


def _words(reserved: int | None) -> str:
    return "none" if reserved is None else str(reserved)


def _function(resource: Arn) -> tuple[str, str]:
    """The ARN without version or alias, and the name."""
    if resource.service != "lambda":
        raise Refused(f"{resource} is no function of Lambda: take it off its distribution by hand")
    name = resource.resource.split(":")[1]
    return str(Arn(resource.partition, "lambda", resource.region, resource.account, f"function:{name}")), name

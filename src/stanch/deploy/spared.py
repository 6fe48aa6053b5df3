"""A freeze that binds the responder cannot be lifted by it; one that spares everybody stops nobody.

Reads: a freeze policy as it lies in a folder, and the estate. Judged by the evaluator, request by request: what the
policy says in words counts for nothing.
Blind to: what else hangs in the organisation; another policy may bind whom this one spares.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stanch.deploy.freeze import freeze, is_identity
from stanch.domain.arn import Arn, like
from stanch.domain.estate import Estate
from stanch.iam import Caller, Policy, PolicyError, Request, evaluate, parse

_FULL = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
_SAMPLE = "anybody-0a1b2c"
"""What stands where a pattern or a wildcard leaves it open; a name that nobody gives."""
_TOLD = 3


def wrong(text: str, estate: Estate, responders: Sequence[str], permissions: Iterable[str]) -> Iterator[str]:
    """What is wrong with a freeze policy, in words; nothing where it is as rendered and judged as it must be.

    `responders` are names of roles, with their paths; `permissions` are what they need.
    """
    wanted = freeze(estate, responders)
    try:
        policy, document = parse(text), json.loads(text)
    except (ValueError, RecursionError, PolicyError) as error:
        yield f"no policy that can be read: {error}"
        return
    if document != wanted:
        yield "not what this estate renders: `stanch deploy diff` shows how"
    frozen = _frozen(wanted)
    needed = sorted({*frozen, *permissions})
    for caller in _spared(estate, responders):
        bound = [action for action in needed if not _free(policy, caller, action)]
        if bound:
            yield f"binds {_name(caller)}, who must stay free: {_listed(bound)}"
    for caller in _bound(estate):
        free = [action for action in frozen if _free(policy, caller, action)]
        if free:
            yield f"does not bind {_name(caller)}: {_listed(free)}"


def _frozen(document: Mapping[str, Any]) -> list[str]:
    """One action for each that a freeze denies, a wildcard filled."""
    return [action.replace("*", "Anything") for one in document["Statement"] for action in one["Action"]]


def _spared(estate: Estate, responders: Sequence[str]) -> Iterator[Caller]:
    for account in estate.perimeter.accounts:
        for name in responders:
            yield _caller(estate, account, f"role/{name}")
        for pattern in estate.response.never_touch:
            *_, owner, resource = pattern.split(":", 5)
            if is_identity(pattern) and like(owner, account):
                yield _caller(estate, account, _like(resource))


def _bound(estate: Estate) -> Iterator[Caller]:
    for account in estate.perimeter.accounts:
        for resource in (f"role/{_SAMPLE}", f"user/{_SAMPLE}", "root"):
            yield _caller(estate, account, resource)


def _caller(estate: Estate, account: str, resource: str) -> Caller:
    partition = next(iter(estate.perimeter.partitions), "aws")
    arn = str(Arn(partition, "iam", "", account, resource))
    if resource.startswith("role/"):
        session = str(Arn(partition, "sts", "", account, f"assumed-role/{resource.rpartition('/')[2]}/session"))
        return Caller("role-session", account, session, role_arn=arn)
    return Caller("root" if resource == "root" else "user", account, arn)


def _free(policy: Policy, caller: Caller, action: str) -> bool:
    request = Request(caller, action, "*", context={"aws:PrincipalArn": (_name(caller),)})
    return evaluate(request, identity=[_FULL], scps=[[_FULL, policy]]).allowed


def _name(caller: Caller) -> str:
    return caller.role_arn or caller.arn or ""


def _like(pattern: str) -> str:
    return pattern.replace("*", _SAMPLE).replace("?", "x")


def _listed(actions: Sequence[str]) -> str:
    more = f" and {len(actions) - _TOLD} more" if len(actions) > _TOLD else ""
    return f"{', '.join(actions[:_TOLD])}{more}"

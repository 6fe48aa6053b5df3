"""A responder that denies itself has lost the incident: what a step will put in force is tried on it first.

The policies are decided by the IAM core as AWS would decide them, for the responder's own calls on that resource.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from stanch.domain.arn import Arn, role_of_session
from stanch.domain.step import State
from stanch.engine.contain.compare import documents
from stanch.iam import Caller, CallerError, Policy, PolicyError, Request, caller_of, evaluate, parse


def locked_out(
    policies: Mapping[str, str], responder: str, permissions: Iterable[str], before: State = MappingProxyType({})
) -> tuple[str, ...]:
    """In words, what the responder could no longer do where these policies (ARN -> text) are in force.

    Only an explicit deny counts: a resource policy that grants it nothing takes nothing away. Nor does one that stood
    `before` (the state that the plan found): whoever put it there must not be able to keep stanch from acting.
    """
    try:
        caller = caller_of(responder)
    except CallerError:
        return ()
    stood = list(_policies(before))
    return tuple(
        f"{request.action} on {request.resource}"
        for resource, text in policies.items()
        for request in _requests(caller, responder, resource, permissions)
        if _denies(parse(text), request) and not any(_denies(policy, request) for policy in stood)
    )


def _policies(state: State) -> Iterator[Policy]:
    for text in documents(state):
        try:
            yield parse(text)
        except PolicyError:  # JSON, but no policy: it denies nothing
            continue


def _requests(caller: Caller, responder: str, resource: str, permissions: Iterable[str]) -> Iterator[Request]:
    """The responder's own calls on the resource."""
    context = _context(responder, caller.account)
    for permission in sorted(permissions):
        if permission.split(":")[0] == Arn.parse(resource).service:
            yield Request(caller, permission, resource, caller.account, context)


def _denies(policy: Policy, request: Request) -> bool:
    return evaluate(request, resource_policy=policy).result == "ExplicitlyDenied"


def _context(responder: str, account: str | None) -> dict[str, tuple[str, ...]]:
    return {
        "aws:PrincipalArn": (role_of_session(responder) or responder,),
        "aws:PrincipalAccount": (account or "",),
        "aws:PrincipalIsAWSService": ("false",),
    }

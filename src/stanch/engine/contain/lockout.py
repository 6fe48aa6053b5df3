"""A responder that denies itself has lost the incident: what a step will put in force is tried on it first.

The policies are decided by the IAM core as AWS would decide them, for the responder's own calls on that resource.
"""

from collections.abc import Iterable, Mapping

from stanch.domain.arn import Arn, role_of_session
from stanch.iam import CallerError, Request, caller_of, evaluate, parse


def locked_out(policies: Mapping[str, str], responder: str, permissions: Iterable[str]) -> tuple[str, ...]:
    """In words, what the responder could no longer do where these policies (ARN -> text) are in force.

    Only an explicit deny counts: a resource policy that grants it nothing takes nothing away.
    """
    try:
        caller = caller_of(responder)
    except CallerError:
        return ()
    asked = sorted(permissions)
    return tuple(
        f"{permission} on {resource}"
        for resource, text in policies.items()
        for permission in asked
        if permission.split(":")[0] == Arn.parse(resource).service
        and evaluate(
            Request(caller, permission, resource, caller.account, _context(responder, caller.account)),
            resource_policy=parse(text),
        ).result
        == "ExplicitlyDenied"
    )


def _context(responder: str, account: str | None) -> dict[str, tuple[str, ...]]:
    return {
        "aws:PrincipalArn": (role_of_session(responder) or responder,),
        "aws:PrincipalAccount": (account or "",),
        "aws:PrincipalIsAWSService": ("false",),
    }

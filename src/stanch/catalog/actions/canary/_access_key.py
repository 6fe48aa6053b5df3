"""A key that may do nothing is of use to nobody but the thief, who tries it and is heard: CloudTrail keeps refusals.

The user has a policy that denies everything, and AWS's own AWSDenyAll as its boundary should somebody take that off.
Blind to: calls that CloudTrail does not keep (data events nobody ordered); whoever knows the key and does not try it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from stanch.catalog.actions._document import deny_all, same
from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

PERMISSIONS = (
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListUserPolicies",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupsForUser",
    "iam:ListAccessKeys",
    "iam:CreateUser",
    "iam:PutUserPolicy",
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:DeleteUserPolicy",
    "iam:DeleteUser",
)

POLICY = "limits"
_DENIED = deny_all("Limits")
_TRIED = (("s3", "ListBuckets"), ("iam", "ListUsers"), ("secretsmanager", "ListSecrets"))
"""What a thief tries first."""
_DENIAL = "AccessDenied"

_NOBODY: State = {"user": None, "policies": {}, "attached": [], "groups": [], "keys": {}}

Opens = Callable[[Mapping[str, Any]], Aws]
"""A door with a key, given as CreateAccessKey answers."""


class DecoyKey:
    """Implements `contracts.action.Action` for one user with one key; `told` is kept with the step.

    `minted` is the key as AWS gave it, its secret included: in memory only, to be shown once.
    """

    APPLIES_TO: tuple[str, ...] = ("user",)
    PHASE: Phase = Phase.DATA
    AFFECTS: Affects = Affects.NOBODY
    PERMISSIONS: tuple[str, ...] = PERMISSIONS

    def __init__(
        self, opens: Opens | None = None, told: Mapping[str, Any] | None = None, *, begun: bool = False
    ) -> None:
        """Without `opens` what was planted can be looked at and retired; `begun`: an earlier run may have made some."""
        self._opens = opens
        self._begun = begun
        self._told = dict(told or {})
        self.minted: Mapping[str, Any] | None = None

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        """Refuses a user that is there already, and another account's."""
        if resource.account != aws.account:
            raise Refused(f"these credentials act in {aws.account}, not in {resource.account}: run there")
        boundary = str(Arn(resource.partition, "iam", "", "aws", "policy/AWSDenyAll"))
        found = _look(aws, resource.name)
        if found["user"] is not None and not (self._begun and _is_own(found, str(resource), boundary)):
            raise Refused(f"there is a user {resource.name} already, and it is not touched: plant another generation")
        return Plan(
            before=dict(_NOBODY),
            calls=(
                f"iam:CreateUser {resource.resource.removeprefix('user')} with the boundary {boundary}",
                f"iam:PutUserPolicy {POLICY}: deny everything",
                "iam:CreateAccessKey: shown once, kept nowhere",
            ),
            undo="iam:DeleteAccessKey, iam:DeleteUserPolicy, iam:DeleteUser",
            breaks=("the proof uses the key once: that touch is told like any other, and shows that it is heard",),
            settings={**self._told, "boundary": boundary},
        )

    def read(self, aws: Aws, step: Step) -> State:
        """`{"user", "policies", "attached", "groups", "keys"}`: all that could give the user a right."""
        return _look(aws, Arn.parse(step.resource).name)

    def apply(self, aws: Aws, step: Step, wait: Wait) -> Witness | None:
        """Make the user, bind it, and only then give it a key; a key whose secret nobody saw is exchanged."""
        arn = Arn.parse(step.resource)
        name, boundary = arn.name, step.settings["boundary"]
        found = _look(aws, name)
        if found["user"] is None:
            path = arn.resource.removeprefix("user").removesuffix(name)
            aws.call("iam", "CreateUser", UserName=name, Path=path, PermissionsBoundary=boundary)
        elif not _is_own(found, step.resource, boundary):
            raise Overtaken(f"somebody made or changed the user {name} since the plan was made")
        if not same(found["policies"].get(POLICY), _DENIED):
            aws.call("iam", "PutUserPolicy", UserName=name, PolicyName=POLICY, PolicyDocument=_DENIED)
            settled(lambda: same(_look(aws, name)["policies"].get(POLICY), _DENIED), wait)
        if self.minted is None or self.minted["AccessKeyId"] not in found["keys"]:
            for key in found["keys"]:
                aws.call("iam", "DeleteAccessKey", UserName=name, AccessKeyId=key)
            self.minted = aws.call("iam", "CreateAccessKey", UserName=name)["AccessKey"]
        settled(lambda: list(_look(aws, name)["keys"]) == [(self.minted or {})["AccessKeyId"]], wait)
        return None

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        """The key is alive (it may ask who it is) and is refused what a thief tries first."""
        if self.minted is None or self._opens is None:
            return self._as_configured(aws, step)
        thief = self._opens(self.minted)
        if not settled(lambda: _answer(thief, "sts", "GetCallerIdentity") == "allowed", wait):
            return Proof(False, Method.EFFECT, ("the key is not known to AWS: sts:GetCallerIdentity is refused",))
        said: dict[str, str] = {}

        def refused() -> bool:
            said.update({f"{service}:{name}": _answer(thief, service, name) for service, name in _TRIED})
            # That a service does not know the key yet proves nothing.
            return all(_DENIAL in answer for answer in said.values())

        holds = settled(refused, wait)
        return Proof(holds, Method.EFFECT, tuple(f"with the key, {what}: {answer}" for what, answer in said.items()))

    def undo(self, aws: Aws, step: Step, wait: Wait) -> None:
        """Delete the keys, the policy and the user; raises AwsError where somebody hung something else on it."""
        name = Arn.parse(step.resource).name
        found = _look(aws, name)
        if found["user"] is None:
            return
        for key in found["keys"]:
            aws.call("iam", "DeleteAccessKey", UserName=name, AccessKeyId=key)
        if POLICY in found["policies"]:
            aws.call("iam", "DeleteUserPolicy", UserName=name, PolicyName=POLICY)
        aws.call("iam", "DeleteUser", UserName=name)
        settled(lambda: self.read(aws, step) == step.before, wait)

    def _as_configured(self, aws: Aws, step: Step) -> Proof:
        found = self.read(aws, step)
        bound = found["user"] == {"arn": step.resource, "boundary": step.settings["boundary"]}
        denied = same(found["policies"].get(POLICY), _DENIED)
        told = f"boundary {'as planted' if bound else 'NOT as planted'}, policy {'denies all' if denied else 'CHANGED'}"
        return Proof(bound and denied and len(found["keys"]) == 1, Method.STATE, (told,))


def _look(aws: Aws, name: str) -> dict[str, Any]:
    try:
        user = aws.call("iam", "GetUser", UserName=name)["User"]
    except AwsAbsent:
        return dict(_NOBODY)
    policies = aws.pages("iam", "ListUserPolicies", "PolicyNames", UserName=name)
    attached = aws.pages("iam", "ListAttachedUserPolicies", "AttachedPolicies", UserName=name)
    groups = aws.pages("iam", "ListGroupsForUser", "Groups", UserName=name)
    keys = aws.pages("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name)
    return {
        "user": {"arn": user["Arn"], "boundary": (user.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")},
        "policies": {str(policy): _text(aws, name, str(policy)) for policy in policies},
        "attached": sorted(str(policy["PolicyArn"]) for policy in attached),
        "groups": sorted(str(group["GroupName"]) for group in groups),
        "keys": {str(key["AccessKeyId"]): str(key["Status"]) for key in keys},
    }


def _is_own(found: Mapping[str, Any], arn: str, boundary: str) -> bool:
    """Whether a user is as an earlier run of ours may have left it: bound, and in no group."""
    bound = found["user"] == {"arn": arn, "boundary": boundary}
    return bound and not found["attached"] and not found["groups"] and set(found["policies"]) <= {POLICY}


def _text(aws: Aws, user: str, policy: str) -> str:
    found = aws.call("iam", "GetUserPolicy", UserName=user, PolicyName=policy)["PolicyDocument"]
    return json.dumps(json.loads(found) if isinstance(found, str) else found, separators=(",", ":"), sort_keys=True)


def _answer(aws: Aws, service: str, operation: str) -> str:
    try:
        aws.call(service, operation)
    except AwsDenied as error:
        return error.code
    return "allowed"

"""A way of escalation is closed by taking one action of it from the principal, or holding it to named resources."""

from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence
from stanch.catalog.checks._trust import is_reserved
from stanch.contracts.collector import Place
from stanch.domain.verdict import Evidence, Remedy

_POLICIES = {"iam/role": "RolePolicyList", "iam/user": "UserPolicyList"}
_FILE = ("--policy-name", "POLICY", "--policy-document", "file://policy.json")
_SET = ("--instance-arn", "INSTANCE_ARN", "--permission-set-arn", "PERMISSION_SET_ARN")
_TEMPLATE = """\
PolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Action: iam:PassRole
      Resource: !GetAtt ExecutionRole.Arn
      Condition:
        StringEquals:
          iam:PassedToService: lambda.amazonaws.com
"""


def permissions_of(place: Place) -> tuple[Evidence, ...]:
    """Where a user's or role's policies stand."""
    return tuple(evidence(place, key) for key in (_POLICIES[place.thing.kind], "AttachedManagedPolicies"))


def narrowed(place: Place, words: str) -> Remedy:
    """How to change the policies of a user, a role, or of the permission set that a role was made of."""
    if is_reserved(place):
        change = (
            "aws",
            "sso-admin",
            "put-inline-policy-to-permission-set",
            *_SET,
            "--inline-policy",
            "file://policy.json",
        )
        return Remedy(words, (("aws", "sso-admin", "list-instances"), change), _TEMPLATE)
    kind = "role" if place.thing.kind == "iam/role" else "user"
    name = (f"--{kind}-name", name_of(place.thing.arn))
    return Remedy(
        words,
        (
            ("aws", "iam", f"list-{kind}-policies", *name),
            ("aws", "iam", f"list-attached-{kind}-policies", *name),
            ("aws", "iam", f"put-{kind}-policy", *name, *_FILE),
        ),
        _TEMPLATE,
    )

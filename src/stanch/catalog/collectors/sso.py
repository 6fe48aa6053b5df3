"""IAM Identity Center puts a role into each account for each permission set; who holds the set holds the role.

Reads: instances, permission sets with their policies and boundary, the accounts they are provisioned to.
Blind to: which people and groups are assigned, and who is in a group.
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.collectors._answers import document, items, part
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "sso:DescribePermissionSet",
    "sso:GetInlinePolicyForPermissionSet",
    "sso:GetPermissionsBoundaryForPermissionSet",
    "sso:ListAccountsForProvisionedPermissionSet",
    "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
    "sso:ListInstances",
    "sso:ListManagedPoliciesInPermissionSet",
    "sso:ListPermissionSets",
)

_NONE = ("ResourceNotFoundException",)
_LISTS = {
    "AccountIds": "ListAccountsForProvisionedPermissionSet",
    "AttachedManagedPolicies": "ListManagedPoliciesInPermissionSet",
    "CustomerManagedPolicyReferences": "ListCustomerManagedPolicyReferencesInPermissionSet",
}


def collect(look: Look) -> Iterator[Thing]:
    """The instance of this region, if it is here, and its permission sets, which only its owner and a delegate see."""
    instances = look.list("sso-admin", "ListInstances", "Instances", of=f"sso in {look.region}")
    for instance in items(instances):
        arn = instance["InstanceArn"]
        sets = look.list("sso-admin", "ListPermissionSets", "PermissionSets", of=arn, InstanceArn=arn)
        yield Thing("sso/instance", arn, {**instance, "PermissionSets": sets})
        asked = [{"InstanceArn": arn, "PermissionSetArn": one} for one in items(sets)]
        yield from look.each(lambda place: _permission_set(look, place), asked)


def _permission_set(look: Look, asked: Mapping[str, str]) -> Thing:
    arn = asked["PermissionSetArn"]
    described = look.ask("sso-admin", "DescribePermissionSet", of=arn, **asked)
    inline = look.ask("sso-admin", "GetInlinePolicyForPermissionSet", of=arn, **asked)
    boundary = look.ask("sso-admin", "GetPermissionsBoundaryForPermissionSet", of=arn, none=_NONE, **asked)
    return Thing(
        "sso/permission-set",
        arn,
        {
            "InstanceArn": asked["InstanceArn"],
            "PermissionSet": part(described, "PermissionSet"),
            "InlinePolicy": document(inline, "InlinePolicy"),
            "PermissionsBoundary": part(boundary, "PermissionsBoundary"),
            **{key: look.list("sso-admin", operation, key, of=arn, **asked) for key, operation in _LISTS.items()},
        },
    )

"""Where AWS shares without a policy document, the request names the grantees in a list of its own.

Reads: requestParameters, by service and API name (versioned names such as AddPermission20150331v2 included), and the
answer to an offer that is accepted.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stanch.engine.enrich.logdelivery import CANONICAL_IDS
from stanch.engine.enrich.parameters import values_at
from stanch.engine.untrusted import at, each, table, text, texts

Request = Mapping[str, Any]

_PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")
_PUBLIC_CANNED = frozenset({"public-read", "public-read-write", "authenticated-read"})
_EC2_LISTS = (
    "userId", "userIds", "userIdSet", "userGroup", "userGroups", "groupNames", "groupSet",
    "organizationArn", "organizationArns", "organizationalUnitArn", "organizationalUnitArns",
)  # fmt: skip
_GRANT_HEADERS = ("full-control", "read", "read-acp", "write", "write-acp")

# service -> API name (without version) -> the request parameters that list grantees
_LISTS: dict[str, dict[str, tuple[str, ...]]] = {
    "appstream": {"UpdateImagePermissions": ("sharedAccountId",)},
    "config": {"PutAggregationAuthorization": ("authorizedAccountId",)},
    "dlm": {
        "CreateLifecyclePolicy": ("policyDetails.schedules.shareRules.targetAccounts",),
        "UpdateLifecyclePolicy": ("policyDetails.schedules.shareRules.targetAccounts",),
    },
    "ds": {"ShareDirectory": ("shareTarget.id",)},
    "ec2": {
        "CreateNetworkInterfacePermission": ("awsAccountId",),
        "CreateTransitGatewayPeeringAttachment": ("peerAccountId",),
        "CreateVpcPeeringConnection": ("peerOwnerId",),
        "ModifyVpcEndpointServicePermissions": ("addAllowedPrincipals",),
    },
    "es": {
        "AuthorizeVpcEndpointAccess": ("account",),
        "CreateOutboundConnection": ("remoteDomainInfo.aWSDomainInformation.ownerId",),
    },
    "globalaccelerator": {
        "CreateCrossAccountAttachment": ("principals",),
        "UpdateCrossAccountAttachment": ("addPrincipals",),
    },
    "imagebuilder": {
        "CreateDistributionConfiguration": (
            "distributions.amiDistributionConfiguration.launchPermission.userIds",
            "distributions.amiDistributionConfiguration.targetAccountIds",
        ),
        "UpdateDistributionConfiguration": (
            "distributions.amiDistributionConfiguration.launchPermission.userIds",
            "distributions.amiDistributionConfiguration.targetAccountIds",
        ),
    },
    "kms": {"CreateGrant": ("granteePrincipal",)},
    "lakeformation": {
        "BatchGrantPermissions": ("entries.principal.dataLakePrincipalIdentifier",),
        "GrantPermissions": ("principal.dataLakePrincipalIdentifier",),
    },
    "lightsail": {"UpdateBucket": ("readonlyAccessAccounts",)},
    "ram": {"AssociateResourceShare": ("principals",), "CreateResourceShare": ("principals",)},
    "rds": {
        "ModifyDBClusterSnapshotAttribute": ("valuesToAdd",),
        "ModifyDBSnapshotAttribute": ("valuesToAdd",),
    },
    "redshift": {
        "AuthorizeDataShare": ("consumerIdentifier",),
        "AuthorizeEndpointAccess": ("account",),
        "AuthorizeSnapshotAccess": ("accountWithRestoreAccess",),
    },
    "s3": {"CreateAccessGrant": ("grantee.granteeIdentifier",)},
    "securitylake": {"CreateSubscriber": ("subscriberIdentity.principal",)},
    "servicecatalog": {"CreatePortfolioShare": ("accountId",)},
    "signer": {"AddProfilePermission": ("principal",)},
    "sns": {"AddPermission": ("aWSAccountId", "aWSAccountIds")},
    "sqs": {"AddPermission": ("aWSAccountIds", "accountIds")},
    "ssm": {"ModifyDocumentPermission": ("accountIdsToAdd",)},
    "workspaces": {"UpdateWorkspaceImagePermission": ("sharedAccountId",)},
}


# service and API name -> where the answer names the account that offered what was accepted
_OFFERS = {
    ("ec2", "AcceptTransitGatewayPeeringAttachment"): (
        "AcceptTransitGatewayPeeringAttachmentResponse",
        "transitGatewayPeeringAttachment",
        "requesterTgwInfo",
        "ownerId",
    ),
    ("ec2", "AcceptVpcPeeringConnection"): ("vpcPeeringConnection", "requesterVpcInfo", "ownerId"),
}


def sharing(source: str, name: str, request: Request) -> Iterator[str]:
    """The grantees that a request lists: account ids, ARNs, services, `all` or `*`."""
    service = source.partition(".")[0]
    for parameter in _LISTS.get(service, {}).get(name, ()):
        for value in values_at(request, parameter):
            yield from _members(value)
    special = _SPECIAL.get(service)
    if special is not None:
        yield from special(name, request)


def offering(source: str, name: str, record: Mapping[str, Any]) -> Iterator[str]:
    """The accounts whose offer a call accepted, as the answer tells them."""
    path = _OFFERS.get((source.partition(".")[0], name))
    if path:
        yield from texts(at(record, "responseElements", *path))


def strangers_in_acl(source: str, request: Request) -> Iterator[str]:
    """The grantees of an S3 ACL: `*` for everybody (with or without an AWS account), else a canonical user id."""
    if not source.startswith("s3"):
        return
    for headers in (request, table(request.get("accessControlList"))):
        if any(canned in _PUBLIC_CANNED for canned in texts(headers.get("x-amz-acl"))):
            yield "*"
        for right in _GRANT_HEADERS:
            for header in texts(headers.get(f"x-amz-grant-{right}")):
                yield from _in_header(header)
    policy = table(request.get("AccessControlPolicy"))
    owner = text(at(policy, "Owner", "ID"))
    grants = [*each(at(policy, "AccessControlList", "Grant")), *each(at(request, "AccessControlList", "Grant"))]
    for grant in grants:
        yield from _in_grant(table(table(grant).get("Grantee")), owner)


def _in_header(header: str) -> Iterator[str]:
    for part in header.split(","):
        value = part.partition("=")[2].strip().strip('"')
        if "/groups/" in value:
            yield from ["*"] if value.endswith(_PUBLIC_GROUPS) else []
        elif value and value not in CANONICAL_IDS:
            yield f"canonical:{value}"


def _in_grant(grantee: Request, owner: str | None) -> Iterator[str]:
    uri, id_ = text(grantee.get("URI")), text(grantee.get("ID")) or text(grantee.get("EmailAddress"))
    if uri and uri.endswith(_PUBLIC_GROUPS):
        yield "*"
    elif id_ and id_ != owner and id_ not in CANONICAL_IDS:
        yield f"canonical:{id_}"


def _members(value: Any) -> Iterator[str]:
    """The strings of a list as CloudTrail writes them: a list, `{"items": [...]}`, or objects with one string."""
    for item in each(value):
        if isinstance(item, str):
            yield from [item] if item else []
        elif isinstance(item, dict):
            yield from (text_ for inner in item.values() for text_ in texts(inner))
            for entry in each(item.get("items")):
                yield from (text_ for inner in table(entry).values() for text_ in texts(inner))


def _of_ec2(name: str, request: Request) -> Iterator[str]:
    """Snapshots, AMIs and FPGA images: `{"add": {"items": [{"userId"}, {"group": "all"}, {"organizationArn"}]}}`."""
    if not (name.startswith("Modify") and name.endswith("Attribute")):
        return
    for permission in ("createVolumePermission", "launchPermission", "loadPermission"):
        added = table(request.get(permission)).get("add")
        for item in each(at(table(added), "items") if isinstance(added, dict) else added):
            if table(item).get("group") == "all":  # the only group there is
                yield "all"
            for word in ("userId", "organizationArn", "organizationalUnitArn"):
                yield from texts(table(item).get(word))
    if text(request.get("operationType")) == "add":  # the older form: one list for each kind of grantee
        for parameter in _EC2_LISTS:
            for value in values_at(request, parameter):
                yield from _members(value)


def _of_events(name: str, request: Request) -> Iterator[str]:
    """A bus for `*` is a bus for one organisation where the condition names it."""
    if name != "PutPermission":
        return
    principal, condition = text(request.get("principal")), table(request.get("condition"))
    organization = text(condition.get("value")) if condition.get("key") == "aws:PrincipalOrgID" else None
    if principal:
        yield organization if principal == "*" and organization else principal


def _of_lambda(name: str, request: Request) -> Iterator[str]:
    if name.startswith(("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig")):
        yield from ["*"] if request.get("authType") == "NONE" else []
    if name.startswith(("AddPermission", "AddLayerVersionPermission")):
        yield from _permission(request)


def _permission(request: Request) -> Iterator[str]:
    """A function's or layer's permission: a service is narrowed by the account it acts for, `*` by an organisation."""
    principal = text(request.get("principal"))
    organization = text(request.get("principalOrgID")) or text(request.get("organizationId"))
    if principal is None:
        return
    if principal == "*" and organization:
        yield organization
    elif "." not in principal or principal.startswith("arn:"):
        yield principal
    else:  # a service acts for whoever owns the source; without one it may act for anybody
        account = text(request.get("sourceAccount")) or (text(request.get("sourceArn")) or "::::").split(":", 5)[4]
        yield account or "whoever owns the source"


_SPECIAL: dict[str, Callable[[str, Request], Iterator[str]]] = {
    "ec2": _of_ec2,
    "events": _of_events,
    "lambda": _of_lambda,
}

"""Whoever an EKS cluster's access entries let in, or may take a pod's identity, is as strong as the role behind it.

Blind to: what runs inside (pods, service accounts, the aws-auth map), add-ons, OIDC identity providers of a cluster.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, part
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "eks:DescribeAccessEntry",
    "eks:DescribeCluster",
    "eks:DescribeFargateProfile",
    "eks:DescribeNodegroup",
    "eks:DescribePodIdentityAssociation",
    "eks:ListAccessEntries",
    "eks:ListAssociatedAccessPolicies",
    "eks:ListClusters",
    "eks:ListFargateProfiles",
    "eks:ListNodegroups",
    "eks:ListPodIdentityAssociations",
)

_LISTS = {
    "NodeGroups": ("ListNodegroups", "nodegroups"),
    "FargateProfiles": ("ListFargateProfiles", "fargateProfileNames"),
    "PodIdentityAssociations": ("ListPodIdentityAssociations", "associations"),
}
_BY_MAP = "CONFIG_MAP"
"""The mode in which a cluster has no access entries, and refuses to list them."""


def collect(look: Look) -> Iterator[Thing]:
    """Every cluster, and in each its node groups, Fargate profiles, access entries and pod identity associations."""
    listed = look.list("eks", "ListClusters", "clusters", of=account_in(look, "eks"))
    parts: list[Callable[[], Thing | None]] = []
    for cluster, told, lists in look.each(partial(_cluster, look), [str(name) for name in items(listed)]):
        yield Thing("eks/cluster", _arn(look, "cluster", cluster), told if unseen(told) else {**told, **lists})
        parts += _parts(look, cluster, lists)
    yield from (thing for thing in look.each(lambda make: make(), parts) if thing)


def _arn(look: Look, kind: str, name: str) -> str:
    return f"arn:{look.partition}:eks:{look.region}:{look.account}:{kind}/{name}"


def _cluster(look: Look, name: str) -> tuple[str, Any, dict[str, Any]]:
    """Its name, its description, and the list of each kind of its parts."""
    arn = _arn(look, "cluster", name)
    told = part(look.ask("eks", "DescribeCluster", of=arn, name=name), "cluster")
    lists = {
        key: look.list("eks", operation, answer, of=arn, clusterName=name)
        for key, (operation, answer) in _LISTS.items()
    }
    mode = None if unseen(told) else (told.get("accessConfig") or {}).get("authenticationMode")
    entries = None
    if mode != _BY_MAP:
        entries = look.list("eks", "ListAccessEntries", "accessEntries", of=arn, clusterName=name)
    return name, told, {**lists, "AccessEntries": entries}


def _parts(look: Look, cluster: str, lists: Mapping[str, Any]) -> Iterator[Callable[[], Thing | None]]:
    """One thing to make for each part of a cluster."""
    for name in items(lists["NodeGroups"]):
        yield partial(_node_group, look, cluster, str(name))
    for name in items(lists["FargateProfiles"]):
        yield partial(_fargate_profile, look, cluster, str(name))
    for principal in items(lists["AccessEntries"]):
        yield partial(_entry, look, cluster, str(principal))
    for association in items(lists["PodIdentityAssociations"]):
        yield partial(_association, look, association)


def _thing(kind: str, told: Any, name: str) -> Thing | None:
    """None where it could not be seen: its ARN ends in an identifier that only its description tells."""
    return None if unseen(told) else Thing(kind, str(told[name]), told)


def _node_group(look: Look, cluster: str, name: str) -> Thing | None:
    of = _arn(look, "nodegroup", f"{cluster}/{name}")
    asked = {"clusterName": cluster, "nodegroupName": name}
    told = part(look.ask("eks", "DescribeNodegroup", of=of, **asked), "nodegroup")
    return _thing("eks/nodegroup", told, "nodegroupArn")


def _fargate_profile(look: Look, cluster: str, name: str) -> Thing | None:
    of = _arn(look, "fargateprofile", f"{cluster}/{name}")
    asked = {"clusterName": cluster, "fargateProfileName": name}
    told = part(look.ask("eks", "DescribeFargateProfile", of=of, **asked), "fargateProfile")
    return _thing("eks/fargate-profile", told, "fargateProfileArn")


def _entry(look: Look, cluster: str, principal: str) -> Thing | None:
    """An access entry and the access policies that it is given."""
    of = _arn(look, "access-entry", f"{cluster}/{principal}")
    asked = {"clusterName": cluster, "principalArn": principal}
    told = part(look.ask("eks", "DescribeAccessEntry", of=of, **asked), "accessEntry")
    policies = look.list("eks", "ListAssociatedAccessPolicies", "associatedAccessPolicies", of=of, **asked)
    given = told if unseen(told) else {**told, "AssociatedAccessPolicies": policies}
    return _thing("eks/access-entry", given, "accessEntryArn")


def _association(look: Look, listed: Mapping[str, Any]) -> Thing:
    """The role that a service account's pods get; its description alone names it."""
    arn = str(listed["associationArn"])
    asked = {"clusterName": listed["clusterName"], "associationId": listed["associationId"]}
    told = part(look.ask("eks", "DescribePodIdentityAssociation", of=arn, **asked), "association")
    return Thing("eks/pod-identity-association", arn, told)

"""Whom a role trusts tells what it is for: a service that trains, hosts of ours, or people."""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.engine.discover.seen import Seen, listed, texts, things

_TRAINING = ("sagemaker.", "bedrock.")
"""How the names of services that run training jobs begin."""


def trainers(seen: Seen) -> frozenset[str]:
    """Roles that a training service may assume."""
    return frozenset(role for role, services, _ in _trusts(seen) if any(one.startswith(_TRAINING) for one in services))


def machines(seen: Seen) -> frozenset[str]:
    """Roles that services alone may assume: no person's."""
    return frozenset(role for role, services, others in _trusts(seen) if services and not others)


def pods(seen: Seen) -> dict[str, str]:
    """Roles that pods of a Kubernetes cluster get, with the cluster's name or what is known of it."""
    found = {
        place.thing.arn: "a cluster"
        for place in things(seen, "iam/role")
        for statement in _statements(place.thing.data.get("AssumeRolePolicyDocument"))
        if isinstance(principal := statement.get("Principal"), Mapping)
        and any("oidc.eks." in one for one in texts(principal.get("Federated")))
    }
    return found | {
        str(place.thing.data.get("roleArn")): str(place.thing.data.get("clusterName"))
        for place in things(seen, "eks/pod-identity-association")
    }


def _trusts(seen: Seen) -> Iterator[tuple[str, set[str], bool]]:
    """Each role with the services that may assume it, and whether anybody else may."""
    for place in things(seen, "iam/role"):
        services: set[str] = set()
        others = False
        for statement in _statements(place.thing.data.get("AssumeRolePolicyDocument")):
            principal = statement.get("Principal")
            if statement.get("Effect") == "Allow" and isinstance(principal, Mapping):
                services.update(texts(principal.get("Service")))
                others = others or bool(principal.keys() - {"Service"})
            elif statement.get("Effect") == "Allow":
                others = True
        yield place.thing.arn, services, others


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    told = document.get("Statement") if isinstance(document, Mapping) else None
    for statement in [told] if isinstance(told, Mapping) else listed(told):
        if isinstance(statement, Mapping):
            yield statement

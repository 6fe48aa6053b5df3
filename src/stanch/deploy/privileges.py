"""Least privilege is generated: each permission that an action declares, on the resources that AWS lets it be bound to.

Which resources those are says `scopes.json`, facts of AWS's Service Authorization Reference. A permission that it does
not know is granted on `*`, as AWS does with those that have no resource. Three denies stand above all grants: what may
never be touched, the role itself, and the content of the assets.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from stanch.deploy.fill import FOLDER, literal
from stanch.domain.arn import like
from stanch.domain.estate import AssetKind, Estate

Statement = dict[str, Any]

MOST_CHARACTERS = 6144
"""Of one managed policy, without its white space (IAM quotas)."""
MOST_POLICIES = 10
"""Managed policies attached to one role, by default."""
CONTENT = re.compile(r"s3:(Get|Put)Object(Version)?(Attributes|LegalHold|Retention|Tagging)?")
"""What reads or writes the content of objects: granted in the evidence bucket and nowhere else."""
_READS_DATA = (
    "ebs:GetSnapshotBlock",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "sagemaker:InvokeEndpoint",
)
_WIDEST_ACCOUNT = "210987654321"
_WIDEST = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::AccountId}": _WIDEST_ACCOUNT,
    "${ResponderAccount}": _WIDEST_ACCOUNT,
}


@dataclass(frozen=True, slots=True)
class Privileges:
    """The grants, split where one policy would be too long; the denies; and the permissions without known resources."""

    grants: tuple[tuple[Statement, ...], ...]
    denies: tuple[Statement, ...]
    unscoped: tuple[str, ...]


@cache
def scopes() -> Mapping[str, Mapping[str, Any]]:
    """Each known permission: `reads`, and `on`, the resources it can be bound to ([] where AWS has none)."""
    known: dict[str, dict[str, Any]] = json.loads((FOLDER / "scopes.json").read_text(encoding="utf-8"))
    return known


def privileges(estate: Estate, permissions: Iterable[str], itself: Sequence[str]) -> Privileges:
    """What the responder may do in one account, and what it may never.

    `permissions` are those that the actions in use declare; `itself` are the ARNs, as Fn::Sub reads them, of the roles
    and policies that make up the responder.
    """
    wanted = sorted(set(permissions))
    by_scope: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for permission in wanted:
        by_scope[permission.split(":")[0], tuple(_resources(permission, estate))].append(permission)
    grants = [
        {"Effect": "Allow", "Action": actions, "Resource": substituted(resources)}
        for (_, resources), actions in sorted(by_scope.items())
        if resources
    ]
    unknown = tuple(permission for permission in wanted if permission not in scopes())
    return Privileges(tuple(_split(grants)), tuple(_denies(estate, wanted, itself)), unknown)


def size(statements: Sequence[Statement]) -> int:
    """Characters of a policy of these statements as IAM counts them, its references at their longest."""
    text = json.dumps(document(statements), separators=(",", ":"))
    for name, widest in _WIDEST.items():
        text = text.replace(name, widest)
    return len(re.sub(r"\s", "", text))


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def substituted(texts: Sequence[str]) -> list[Any]:
    """The texts, those with a reference in them as Fn::Sub."""
    return [{"Fn::Sub": text} if "${" in text else text for text in texts]


def _resources(permission: str, estate: Estate) -> Sequence[str]:
    """The resources of one permission; none where it is for the evidence bucket and the estate has no such bucket."""
    place = estate.response.evidence
    if CONTENT.fullmatch(permission):
        return [f"arn:${{AWS::Partition}}:s3:::{place.bucket}/*"] if place.bucket else []
    on = scopes().get(permission, {}).get("on") or ["*"]
    if permission.startswith("kms:") and place.key and on != ["*"]:
        return [*on, _here(place.key)]
    return on


def _denies(estate: Estate, permissions: Sequence[str], itself: Sequence[str]) -> Iterator[Statement]:
    looking = [permission for permission in permissions if scopes().get(permission, {}).get("reads")]
    looking = [permission for permission in looking if not CONTENT.fullmatch(permission)]
    protected = [one for pattern in estate.response.never_touch for one in _patterns(pattern, permissions)]
    if protected:
        yield {
            "Sid": "NeverTouch",
            "Effect": "Deny",
            "NotAction": looking or ["sts:GetCallerIdentity"],
            "Resource": substituted(list(dict.fromkeys(protected))),
        }
    yield {
        "Sid": "NotItself",
        "Effect": "Deny",
        "NotAction": [*(one for one in looking if one.startswith("iam:")), "sts:*"],
        "Resource": substituted(itself),
    }
    objects = list(dict.fromkeys(_objects(estate)))
    if objects:
        reads = ["s3:GetObject", "s3:GetObjectVersion"]
        yield {"Sid": "NotTheAssets", "Effect": "Deny", "Action": reads, "Resource": substituted(objects)}
    yield {"Sid": "NoContent", "Effect": "Deny", "Action": list(_READS_DATA), "Resource": ["*"]}


def _objects(estate: Estate) -> Iterator[str]:
    """The objects of the assets, as resources of a policy: `$` of a key is no variable there."""
    for asset in estate.assets:
        if asset.bucket and asset.kind is not AssetKind.EVIDENCE:  # the responder reads back what it kept
            key = literal(asset.prefix.replace("$", "${$}"))
            below = "*" if not asset.prefix or asset.prefix.endswith("/") else ""
            yield f"arn:${{AWS::Partition}}:s3:::{asset.bucket}/{key}{below}"


def _patterns(pattern: str, permissions: Sequence[str]) -> Iterator[str]:
    """A `never_touch` pattern as resources of a policy.

    IAM refuses another partition than its own and a wildcard in the service: the partition becomes the one here, which
    protects more than was asked, and the service each one that an action touches.
    """
    service, rest = pattern.split(":", 3)[2:]
    services = [service]
    if "*" in service or "?" in service:
        services = sorted({each for permission in permissions if like(service, each := permission.split(":")[0])})
    for each in services:
        yield f"arn:${{AWS::Partition}}:{each}:{literal(rest)}"


def _here(arn: str) -> str:
    return "arn:${AWS::Partition}:" + arn.split(":", 2)[2]


def _split(statements: Iterable[Statement]) -> Iterator[tuple[Statement, ...]]:
    """The statements in policies that IAM accepts, in their order."""
    policy: list[Statement] = []
    for statement in (part for whole in statements for part in _parts(whole)):
        if policy and size([*policy, statement]) > MOST_CHARACTERS:
            yield tuple(policy)
            policy = []
        policy.append(statement)
    if policy:
        yield tuple(policy)


def _parts(statement: Statement) -> Iterator[Statement]:
    """A statement that is longer than a policy, halved until it is not."""
    actions = statement["Action"]
    if size([statement]) <= MOST_CHARACTERS or len(actions) == 1:
        yield statement
        return
    half = len(actions) // 2
    yield from _parts({**statement, "Action": actions[:half]})
    yield from _parts({**statement, "Action": actions[half:]})

"""Least privilege is generated: each permission that an action declares, on the resources that AWS lets it be bound to.

Which resources those are says `scopes.json`, facts of AWS's Service Authorization Reference. A permission that it does
not know is granted on `*`, as AWS does with those that have no resource. Three denies stand above all grants: what may
never be touched, the role itself, and the content of the assets.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stanch.deploy.fill import literal
from stanch.deploy.scopes import scopes
from stanch.domain.arn import like
from stanch.domain.estate import Asset, AssetKind, Estate

Statement = dict[str, Any]

MOST_CHARACTERS = 6144
"""Of one managed policy, without its white space (IAM quotas)."""
MOST_POLICIES = 10
"""Managed policies attached to one role, by default."""
CONTENT = re.compile(r"s3:(Get|Put)Object(Version)?(Attributes|LegalHold|Retention|Tagging)?")
"""What reads or writes the content of objects: granted in the evidence bucket and nowhere else."""
_BOUND = (
    # To encrypt evidence and to copy volumes, never to open what an application has encrypted.
    (
        re.compile(r"kms:(Decrypt|Encrypt|GenerateDataKey.*|ReEncrypt.*)"),
        {"StringLike": {"kms:ViaService": ["ec2.*", "s3.*"]}},
    ),
    # Undoing a detached profile hands its role back to the host, and to nobody else.
    (re.compile(r"iam:PassRole"), {"StringLike": {"iam:PassedToService": "ec2.*"}}),
)
"""Permissions that IAM can bind to how they are used."""
_OF_EVIDENCE_KEY = ("kms:CreateGrant", "kms:DescribeKey")
"""With what encrypts, all that the forensic account's key is for."""
_READS_DATA = (
    "ebs:GetSnapshotBlock",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "sagemaker:InvokeEndpoint",
)
_HOLDS_DATA = {"s3", "secretsmanager", "ssm"}
_WIDEST_ACCOUNT = "210987654321"
_WIDEST = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::AccountId}": _WIDEST_ACCOUNT,
    "${ResponderAccount}": _WIDEST_ACCOUNT,
}


@dataclass(frozen=True, slots=True)
class Privileges:
    """The grants and the denies, each in policies that fit; the permissions whose resources are not known."""

    grants: tuple[tuple[Statement, ...], ...]
    denies: tuple[tuple[Statement, ...], ...]
    unscoped: tuple[str, ...]


def privileges(estate: Estate, permissions: Iterable[str], itself: Sequence[str]) -> Privileges:
    """What the responder may do in one account, and what it may never.

    `permissions` are those that the actions in use declare; `itself` are the ARNs, as Fn::Sub reads them, of the roles
    and policies that make up the responder.
    """
    wanted = sorted(set(permissions))
    by_scope: dict[tuple[str, tuple[str, ...], int], list[str]] = defaultdict(list)
    for permission in wanted:
        scope = tuple(_resources(permission, estate))
        by_scope[permission.split(":")[0], scope, _bound(permission)].append(permission)
    grants = [
        {"Effect": "Allow", "Action": actions, "Resource": substituted(resources), **_condition(bound)}
        for (_, resources, bound), actions in sorted(by_scope.items())
        if resources
    ]
    unknown = tuple(permission for permission in wanted if permission not in scopes())
    return Privileges(tuple(_split(grants)), tuple(_split(_denies(estate, wanted, itself))), unknown)


def size(statements: Sequence[Statement]) -> int:
    """Characters of a policy of these statements as IAM counts them, its references at their longest."""
    text = json.dumps(document(statements), separators=(",", ":"))
    for name, widest in _WIDEST.items():
        text = text.replace(name, widest)
    return len(re.sub(r"\s", "", text))


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _bound(permission: str) -> int:
    """Which of `_BOUND` binds a permission; -1 for none."""
    return next((index for index, (which, _) in enumerate(_BOUND) if which.fullmatch(permission)), -1)


def _condition(bound: int) -> dict[str, Any]:
    return {"Condition": _BOUND[bound][1]} if bound >= 0 else {}


def substituted(texts: Sequence[str]) -> list[Any]:
    """The texts, those with a reference in them as Fn::Sub."""
    return [{"Fn::Sub": text} if "${" in text else text for text in texts]


def _resources(permission: str, estate: Estate) -> Sequence[str]:
    """The resources of one permission; none where it is for the evidence bucket and the estate has no such bucket."""
    place = estate.response.evidence
    if CONTENT.fullmatch(permission):
        return [f"arn:${{AWS::Partition}}:s3:::{place.bucket}/*"] if place.bucket else []
    on = scopes().get(permission, {}).get("on") or ["*"]
    if permission in _OF_EVIDENCE_KEY or (permission.startswith("kms:") and _bound(permission) >= 0):
        on = [*on, *([_here(place.key)] if place.key else [])]
    return on


def _denies(estate: Estate, permissions: Sequence[str], itself: Sequence[str]) -> Iterator[Statement]:
    looking = sorted({_look(permission) for permission in permissions if _only_looks(permission)})
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


def _only_looks(permission: str) -> bool:
    return bool(scopes().get(permission, {}).get("reads")) and not CONTENT.fullmatch(permission)


def _look(permission: str) -> str:
    """All looks of one kind, `iam:Get*`; not where `Get*` reads what objects and secrets hold."""
    service, name = permission.split(":")
    return permission if service in _HOLDS_DATA else f"{service}:{re.split('(?<=[a-z])(?=[A-Z])', name)[0]}*"


def _objects(estate: Estate) -> Iterator[str]:
    """The objects of the assets whose content is none of the responder's business, as resources of a policy."""
    for asset in estate.assets:
        # The responder reads back what it kept, and copies logs there.
        if asset.bucket and asset.kind is not AssetKind.EVIDENCE and not is_log(asset):
            yield f"arn:${{AWS::Partition}}:s3:::{objects(asset)}"


def is_log(asset: Asset) -> bool:
    """Whether the responder may copy this as evidence: logs, but none that tell of persons, as prompts do."""
    return asset.kind is AssetKind.LOGS and asset.bucket is not None and asset.personal_data is None


def objects(asset: Asset) -> str:
    """The objects of an asset in S3 as a resource of a policy ends: `$` of a key is no variable there."""
    key = literal(asset.prefix.replace("$", "${$}"))
    below = "*" if not asset.prefix or asset.prefix.endswith("/") else ""
    return f"{asset.bucket}/{key}{below}"


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
    """A statement that is longer than a policy, halved until it is not: a grant's actions, a deny's resources."""
    long = "Action" if statement["Effect"] == "Allow" else "Resource"
    values = statement[long]
    if size([statement]) <= MOST_CHARACTERS or len(values) == 1:
        yield statement
        return
    half = len(values) // 2
    yield from _parts({**statement, long: values[:half]})
    yield from _parts({**statement, long: values[half:]})

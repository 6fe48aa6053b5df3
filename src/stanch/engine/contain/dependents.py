"""A role may be needed by hosts that slept all week: what depends on a thing is told by what names it, and by rights.

Reads: the things of a snapshot, each with its own words for what it runs with, is encrypted with or writes to; and what
the IAM core says of the principals that stanch.toml gives work to do.
Blind to: what names nothing, as a program that knows a bucket by heart does; and objects under prefixes that no asset
names.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from stanch.contracts.collector import Place
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate, Purpose
from stanch.engine.contain.collateral import Dependent
from stanch.iam.ask import Asker
from stanch.iam.organization import Identity

_BUCKET = "s3://"
_AT_WORK = (Purpose.SERVING, Purpose.TRAINING, Purpose.EXPORT, Purpose.SERVICE)
"""Whoever may do everything, an administrator or the responder, depends on nothing in particular."""
_USES = {
    "bucket": ("s3:GetObject", "s3:PutObject"),
    "endpoint": ("sagemaker:InvokeEndpoint",),
    "function": ("lambda:InvokeFunction",),
    "key": ("kms:Decrypt", "kms:GenerateDataKey"),
    "queue": ("sqs:ReceiveMessage", "sqs:SendMessage"),
    "repository": ("ecr:BatchGetImage",),
    "role": ("sts:AssumeRole",),
    "secret": ("secretsmanager:GetSecretValue",),
    "topic": ("sns:Publish",),
}
"""What it means to use a thing of each kind."""
_NO_USE = (
    "access-analyzer/", "config/", "guardduty/", "iam/", "kms/", "macie2/", "organizations/", "ram/", "securityhub/",
    "sso/", "tags/",
)  # fmt: skip
"""Kinds that name things to give rights on them, or to tell of them."""
_PARTS = {"instance": ("ec2/elastic-ip", "ec2/image", "ec2/network-interface", "ec2/snapshot", "ec2/volume", "ssm/")}
"""Kinds that name a thing because they are a part of it."""
_RIGHTS = frozenset({"AccessPolicy", "Findings", "Grants", "Policy", "ResourcePolicy", "accessPolicy", "policy"})
"""Fields that name whoever may use the thing, and not what it needs."""


def dependents(
    resources: Collection[str], places: Iterable[Place], asker: Asker, estate: Estate
) -> dict[str, list[Dependent]]:
    """For each of these ARNs, what of the estate depends on it; one of the resources is no dependent of another.

    `places` are the things of a snapshot, `asker` knows the rights of its identities.
    """
    known = {resource: arn for resource in resources if (arn := _parsed(resource))}
    places = list(places)
    called = {resource: list(_names(resource, arn, places, asker)) for resource, arn in known.items()}
    planned = {name for names in called.values() for name in names}
    found: dict[str, list[Dependent]] = {resource: [] for resource in known}
    for resource, place in _naming(called, known, places):
        found[resource].append(_thing(place))
    held = {place.thing.arn for place in places}
    for resource in known:
        own = called[resource][0]
        found[resource] += _who_may(Arn.parse(own), asker, estate, held=own in held)
    return {resource: _once(one for one in every if one.who not in planned) for resource, every in found.items()}


def _names(resource: str, arn: Arn, places: Iterable[Place], asker: Asker) -> Iterator[str]:
    """By what a thing is named, its own ARN first: a session's ARN drops the path of its role, a key has aliases."""
    if arn.kind == "role":
        called = (arn.account, arn.name)
        role = next((one for one in asker.callers.identities if _is_role(one, called)), None)
        yield from (role.arn, *role.profiles) if role else ()
    yield resource
    if arn.kind == "bucket":
        yield f"{_BUCKET}{arn.name}"
    if arn.kind in ("instance", "key"):
        yield arn.name
    if arn.kind == "key":
        aliases = (place.thing.data.get("Aliases") for place in places if place.thing.arn == resource)
        for alias in (alias for listed in aliases if isinstance(listed, list) for alias in listed):
            yield from (str(alias), str(replace(arn, resource=str(alias))))


def _is_role(one: Identity, called: tuple[str, str]) -> bool:
    return one.kind == "role" and (one.account, one.name) == called


def _naming(
    called: Mapping[str, Iterable[str]], known: Mapping[str, Arn], places: Iterable[Place]
) -> Iterator[tuple[str, Place]]:
    """Each resource with each thing that names it."""
    by_name: dict[str, set[str]] = defaultdict(set)
    for resource, names in called.items():
        for name in names:
            by_name[name].add(resource)
    for place in places:
        if place.thing.kind.startswith(_NO_USE):
            continue
        for resource in sorted({hit for name in _named(place.thing.data) for hit in by_name.get(name, ())}):
            if not place.thing.kind.startswith(_PARTS.get(known[resource].kind, "-")):
                yield resource, place


def _named(data: Any) -> Iterator[str]:
    """Every thing that some data names: by its ARN, its id or, of a bucket, its name."""
    left = [("", data)]
    while left:
        field, value = left.pop()
        if isinstance(value, Mapping):
            left += [(str(key), inner) for key, inner in value.items() if key not in _RIGHTS]
        elif isinstance(value, list | tuple):
            left += [(field, inner) for inner in value]
        elif isinstance(value, str):
            yield _whole(value, field)


def _whole(text: str, field: str) -> str:
    """The bucket of an object, the function of a version, the secret of a part of it."""
    if text.startswith(_BUCKET) or ":s3:::" in text:
        return f"{_BUCKET}{text.removeprefix(_BUCKET).rpartition(':::')[2].partition('/')[0]}"
    if ":function:" in text or ":secret:" in text:
        return ":".join(text.split(":")[:7])
    return f"{_BUCKET}{text}" if field.endswith(("Bucket", "BucketName")) else text


def _thing(place: Place) -> Dependent:
    return Dependent(place.thing.arn, "names it")


def _who_may(arn: Arn, asker: Asker, estate: Estate, *, held: bool) -> Iterator[Dependent]:
    """The principals at work who may use a thing, the sure ones first.

    Of a thing that the snapshot does not hold the policy may say anything: only the sure ones are told.
    """
    answers = [asker.who_can(action, where) for action in _USES.get(arn.kind, ()) for where in _inside(arn, estate)]
    sure = dict.fromkeys(who for answer in answers for who in answer.must)
    maybe = dict.fromkeys(who for answer in answers if held for who in answer.may)
    for who in (*sure, *(who for who in maybe if who not in sure)):
        purpose = estate.purpose_of((who,))
        if purpose in _AT_WORK:
            how = "may use it" if who in sure else "may use it under conditions"
            yield Dependent(who, f"is for {purpose} and {how}", declared=True)


def _inside(arn: Arn, estate: Estate) -> list[str]:
    """What a use names: of a bucket some object, at its top and in each asset."""
    if arn.kind != "bucket":
        return [str(arn)]
    prefixes = ["", *(asset.prefix for asset in estate.assets if asset.bucket == arn.name)]
    return [f"{arn}/{prefix if prefix and not prefix.endswith('/') else f'{prefix}any'}" for prefix in prefixes]


def _once(every: Iterable[Dependent]) -> list[Dependent]:
    """Each once: revisions of one definition are one thing."""
    return list({re.sub(r":\d+$", "", one.who): one for one in every}.values())


def _parsed(resource: str) -> Arn | None:
    try:
        return Arn.parse(resource)
    except ArnError:
        return None

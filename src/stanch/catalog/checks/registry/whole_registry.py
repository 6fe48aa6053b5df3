"""Access to one model is a job; access to the registry is every model that there is, and each that will be.

Reads the policies of every identity against the weights of all models of one registry.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from stanch.catalog.checks._reach import administrators
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import blind, evidence
from stanch.catalog.checks.registry._models import Model, models
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.domain.estate import Asset, Purpose
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam.ask import Access

ABOUT = About(
    title="A principal can download every model of a registry",
    row=Row.REGISTRY,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AC-3", "AC-6"),
        ISO: ("A.5.15", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_SEVERAL = 2
_MEANT = (Purpose.ADMIN, Purpose.EXPORT, Purpose.RESPONDER, Purpose.SERVICE, Purpose.TRAINING)
"""Purposes that are about more than one model; whoever serves, serves one."""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    registries: dict[tuple[str, str | None, str], list[Model]] = defaultdict(list)
    for model in models(posture):
        if model.reads:
            place = model.place
            registries[place.account, place.region, place.thing.kind].append(model)
    several = [found for found in registries.values() if len(found) >= _SEVERAL]
    admins = {arn for arn, reached in administrators(posture).items() if not reached.path} if several else set()
    judged: dict[str, Judged] = {}
    for found in several:
        for arn, reads in _by_reader(posture, found).items():
            one = _judged(posture, arn, found, reads, admin=arn in admins)
            if arn not in judged or (one.ruling is Ruling.FAIL and judged[arn].ruling is not Ruling.FAIL):
                judged[arn] = one
    yield from judged.values()
    yield from blind(posture, "sagemaker", "sagemaker", "sagemaker:ListModelPackage")


def _by_reader(posture: Posture, found: list[Model]) -> dict[str, dict[str, Access]]:
    """For each principal, the models that it can download, by name."""
    readers: dict[str, dict[str, Access]] = defaultdict(dict)
    for model in found:
        for arn, access in model.readers(posture).items():
            readers[arn][model.name] = access
    return readers


def _judged(posture: Posture, arn: str, found: list[Model], reads: Mapping[str, Access], *, admin: bool) -> Judged:
    place = posture.named(arn)
    meant = admin or posture.estate.purpose_of([arn]) in _MEANT
    failed = len(reads) == len(found) and not meant
    why = f"it can download {', '.join(sorted(reads)[:3])}, {len(reads)} of {len(found)} models"
    if meant:
        why += ", which its purpose takes" if not admin else ", for it is administrator"
    access = next(iter(reads.values()))
    account = arn.split(":")[4]
    assets: dict[str, Asset] = {asset.name: asset for model in found for asset in model.assets(posture)}
    return Judged(
        arn,
        account,
        None,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=tuple(assets.values()),
        evidence=tuple(evidence(place, key) for key in place.thing.data if key.endswith("PolicyList")) if place else (),
        way=(f"whoever has become {arn}", f"{access.action}, allowed by {'; '.join(access.because)}", "every model")
        if failed
        else (),
        remedy=_remedy(arn, access) if failed else None,
    )


def _remedy(arn: str, access: Access) -> Remedy:
    kind = "user" if ":user/" in arn else "role"
    file = ("--policy-name", "POLICY", "--policy-document", "file://policy.json")
    return Remedy(
        "Give each workload the prefix or repository of its own model.",
        (
            ("stanch", "iam", "who-can", access.action, access.resource),
            ("aws", "iam", f"put-{kind}-policy", f"--{kind}-name", name_of(arn), *file),
        ),
        """\
PolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Action: s3:GetObject
      Resource: !Sub ${Bucket.Arn}/llama/*
""",
    )

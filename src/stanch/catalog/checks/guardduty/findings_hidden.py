"""A filter that archives what it matches is how findings are silenced, by the tired and by the intruder alike.

Reads: filters that archive, with all that they ask for; trusted lists; exports that fail.
Blind to: the addresses in a trusted list, and rules elsewhere that drop findings after they were told.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._things import evidence, in_region, mapped, mappings, texts
from stanch.catalog.checks.guardduty._detectors import Watch, of_each
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="GuardDuty's findings are archived unread, or do not arrive",
    row=Row.GUARDDUTY,
    severity=Severity.HIGH,
    controls={
        NIST: ("AU-6", "SI-4"),
        ISO: ("A.5.25", "A.8.16"),
        GDPR: ("Art. 32(1)(d)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_WIDE = {"type", "severity", "region", "accountId", "service.archived", "service.action.actionType", "updatedAt"}
"""Attributes that narrow a filter to no thing, person or address: what matches may happen anywhere in the account."""
_IS, _BELOW = ("Equals", "Eq"), ("LessThan", "Lt", "LessThanOrEqual", "Lte")
_MEDIUM = 4
"""Where GuardDuty's medium severity begins: what lies below is noise by its own word."""
_HARMLESS = ("Recon:EC2/Port", "UnauthorizedAccess:EC2/SSHBruteForce", "UnauthorizedAccess:EC2/RDPBruteForce")
"""What every public address meets daily, and healthy accounts archive."""
_FAILING = ("UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY", "STOPPED")
_TEMPLATE = """\
Action: NOOP
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from of_each(posture, _judged)


def _judged(watch: Watch, detector: Place) -> Judged:
    data = detector.thing.data
    hiding = [(index, one) for index, one in enumerate(mappings(data.get("Filters"))) if _hides(one)]
    failing = [
        (index, one)
        for index, one in enumerate(mappings(data.get("PublishingDestinations")))
        if one.get("Status") in _FAILING
    ]
    hidden = next(filter(None, map(unseen, _parts(data))), None)
    if not hiding and not failing:
        ruling = Ruling.UNKNOWN if hidden else Ruling.PASS
        why = f"not seen: {hidden}" if hidden else f"no filter hides a kind of finding{_trusted(data)}"
        return Judged(
            watch.arn, watch.account, watch.region, ruling, why, watch.assets, (evidence(detector, "Filters"),)
        )
    told = [f"the filter {one.get('Name')} archives {_what(one)}" for _, one in hiding]
    told += [f"its export to {_where(one)} fails" for _, one in failing]
    proof = [evidence(detector, f"Filters.{index}") for index, _ in hiding]
    proof += [evidence(detector, f"PublishingDestinations.{index}") for index, _ in failing]
    return Judged(
        watch.arn,
        watch.account,
        watch.region,
        Ruling.FAIL,
        "; ".join(told),
        assets=watch.assets,
        evidence=tuple(proof),
        way=(
            "whoever uses a stolen credential in the account",
            f"GuardDuty finds it, and {told[0]}",
            "nobody is told: the finding ages in the archive for 90 days",
        ),
        remedy=_remedy(watch, hiding, failing),
        severity=None if hiding else Severity.MEDIUM,
    )


def _parts(data: Mapping[str, Any]) -> Iterator[Any]:
    for key in ("Filters", "PublishingDestinations"):
        told = data.get(key)
        yield told
        yield from told if isinstance(told, list) else ()


def _hides(filter_: Mapping[str, Any]) -> bool:
    """Whether a filter archives kinds of findings for the whole account, and not only noise."""
    if filter_.get("Action") != "ARCHIVE":
        return False
    criteria = mapped(mapped(filter_.get("FindingCriteria")).get("Criterion"))
    if set(criteria) - _WIDE:
        return False
    limits = [mapped(criteria.get("severity")).get(key) for key in _BELOW]
    if any(isinstance(limit, int | float) and limit <= _MEDIUM for limit in limits):
        return False
    types = _types(criteria)
    return not types or any(not one.startswith(_HARMLESS) for one in types)


def _types(criteria: Mapping[str, Any]) -> list[str]:
    told = mapped(criteria.get("type"))
    return sorted({one for key in _IS for one in texts(told.get(key))})


def _what(filter_: Mapping[str, Any]) -> str:
    types = _types(mapped(mapped(filter_.get("FindingCriteria")).get("Criterion")))
    return ", ".join(types[:3]) + (f" and {len(types) - 3} more" if len(types) > 3 else "") if types else "every kind"


def _trusted(data: Mapping[str, Any]) -> str:
    lists = [one for one in mappings(data.get("IPSets")) if one.get("Status") == "ACTIVE"]
    names = ", ".join(str(one.get("Location")) for one in lists)
    return f"; nothing is found about the addresses in {names}: mind who may write there" if lists else ""


def _where(export: Mapping[str, Any]) -> str:
    return str(mapped(export.get("DestinationProperties")).get("DestinationArn"))


def _remedy(
    watch: Watch, hiding: list[tuple[int, Mapping[str, Any]]], failing: list[tuple[int, Mapping[str, Any]]]
) -> Remedy:
    name, region = watch.arn.rpartition("/")[2], in_region(watch.region)
    commands = [
        (
            *("aws", "guardduty", "update-filter", "--detector-id", name, "--filter-name", str(one.get("Name"))),
            *("--action", "NOOP", *region),
        )
        for _, one in hiding
    ]
    commands += [
        (
            *("aws", "guardduty", "describe-publishing-destination", "--detector-id", name),
            *("--destination-id", str(one.get("DestinationId")), *region),
        )
        for _, one in failing
    ]
    return Remedy(
        "Let the filter mark instead of archive, or narrow it to the one host and address that it was made for; an "
        "export that fails lacks the bucket's or the key's leave.",
        tuple(commands),
        _TEMPLATE if hiding else "",
    )

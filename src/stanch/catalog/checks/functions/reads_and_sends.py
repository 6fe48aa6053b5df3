"""A function that reads the weights and may send anywhere is an exit that no host's flow log shows.

Reads: its role's ways to each asset, its network, subnets, groups and routes.
Blind to: what its code does, and the destinations that a proxy behind its network lets through.
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._network import Network, Passage
from stanch.catalog.checks._reach import Way, at_stake, climbs, shown, steps
from stanch.catalog.checks._things import evidence, gap, in_region
from stanch.catalog.checks.functions._functions import (
    KIND,
    blind_to_functions,
    leaves,
    name_of,
    read_by_functions,
    role_of,
)
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="A function reads an asset and can send it anywhere",
    row=Row.LAMBDA,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "AC-6", "SC-7(5)"),
        ISO: ("A.8.12", "A.8.20", "A.8.22"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(e)",),
    },
)
_TEMPLATE = """\
VpcConfig:
  SubnetIds: [subnet-without-a-route-out]
  SecurityGroupIds: [sg-to-endpoints-only]
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_functions(posture)
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared that a function could read")
        return
    network, reached = Network(posture), read_by_functions(posture)
    for place in posture.of(KIND):
        yield _judged(posture, place, leaves(network, place), reached.get(role_of(place), ()))


def _judged(posture: Posture, place: Place, passage: Passage, found: Sequence[Way]) -> Judged:
    assets, proof = at_stake(found), (evidence(place, "Role"), evidence(place, "VpcConfig"), *passage.proof)
    if not found:
        why = gap(posture, "iam", place.account, None, "iam:GetAccountAuthorizationDetails")
        ruling = Ruling.UNKNOWN if why else Ruling.PASS
        return _said(place, ruling, why or "its role gets to no asset", proof)
    if passage.open is False:
        return _said(place, Ruling.PASS, f"it cannot send to the internet: {'; '.join(passage.closed)}", proof)
    if passage.open is None:
        return _said(place, Ruling.UNKNOWN, f"not seen: {', '.join(passage.unseen)}", proof)
    by = " and ".join(passage.by)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        Ruling.FAIL,
        f"its role gets to {shown(found)}, and it can send to any address of the internet, by {by}",
        assets,
        proof,
        way=(
            f"whoever gets code into {name_of(place)} (a dependency, its input, lambda:UpdateFunctionCode)",
            *steps(found[0].reached, f"reads {found[0].store}"),
            f"one upload over HTTPS, by {by}",
        ),
        remedy=_remedy(place),
        # A role that must first make itself another one leaves traces on the way.
        severity=Severity.MEDIUM if climbs(found[0].reached) else None,
    )


def _said(place: Place, ruling: Ruling, why: str, proof: tuple[Evidence, ...]) -> Judged:
    return Judged(place.thing.arn, place.account, place.region, ruling, why, evidence=proof)


def _remedy(place: Place) -> Remedy:
    inside = "SubnetIds=subnet-without-a-route-out,SecurityGroupIds=sg-to-endpoints-only"
    update = ("aws", "lambda", "update-function-configuration", "--function-name", name_of(place))
    return Remedy(
        "Run it in subnets that lead only to endpoints (S3, KMS, CloudWatch Logs), with a group that sends to nothing "
        "else; or take the asset out of its role.",
        (("stanch", "iam", "what-can", role_of(place)), (*update, "--vpc-config", inside, *in_region(place.region))),
        _TEMPLATE,
    )

"""A layer is unpacked beside the function's code and may run first: whoever publishes it is inside.

Lambda Developer Guide, "Managing Lambda dependencies with layers": a version never changes; the next one is theirs.
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._reach import Way, at_stake, shown, steps
from stanch.catalog.checks._strangers import is_stranger
from stanch.catalog.checks._things import evidence, in_region, mappings
from stanch.catalog.checks.functions._functions import (
    KIND,
    blind_to_functions,
    name_of,
    read_by_functions,
    role_of,
)
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A function that reads an asset runs a stranger's layer",
    row=Row.LAMBDA,
    severity=Severity.MEDIUM,
    controls={NIST: ("SR-3", "SA-9"), ISO: ("A.5.19", "A.5.21", "A.8.30"), NIS2: ("Art. 21(2)(d)",)},
)
AWS_PUBLISHES = frozenset(
    (
        *("017000801446", "094274105915"),  # Powertools for AWS Lambda
        *("336392948345",),  # AWS SDK for pandas
        *("580247275435",),  # Lambda Insights
        *("615299751070", "901920570463"),  # the distribution for OpenTelemetry
        *("133256977650", "177933569100", "187925254637", "015030872274"),  # Parameters and Secrets, AppConfig
    )
)
"""Accounts from which AWS itself gives layers away, as each one's documentation names them; not all of them."""
_TEMPLATE = """\
Type: AWS::Lambda::LayerVersion
Properties:
  LayerName: copied-and-read
  Content:
    S3Bucket: our-artefacts
    S3Key: layer.zip
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_functions(posture)
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared that a function could read")
        return
    reached = read_by_functions(posture)
    for place in posture.of(KIND):
        yield _judged(posture, place, reached.get(role_of(place), ()))


def _judged(posture: Posture, place: Place, found: Sequence[Way]) -> Judged:
    told = place.thing.data.get("Layers")
    layers = [str(one.get("Arn")) for one in mappings(told)]
    foreign = [arn for arn in layers if is_stranger(posture, arn) and _account(arn) not in AWS_PUBLISHES]
    ruling, why = Ruling.PASS, "it has no layer of a stranger"
    if foreign and found:
        ruling, why = Ruling.FAIL, f"{', '.join(foreign)} runs in it, and its role gets to {shown(found)}"
    elif foreign:
        why = f"{', '.join(foreign)} runs in it, but its role gets to no asset"
    elif hidden := unseen(told):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        at_stake(found),
        (evidence(place, "Layers"),),
        way=(
            f"account {_account(foreign[0])}, or whoever broke into it",
            f"publishes a version with an extension, which {name_of(place)} takes when it is next updated",
            *steps(found[0].reached, f"reads {found[0].store}"),
        )
        if failed
        else (),
        remedy=_remedy(place, foreign[0]) if failed else None,
    )


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") > 4 else ""


def _remedy(place: Place, layer: str) -> Remedy:
    region = in_region(place.region)
    update = ("aws", "lambda", "update-function-configuration", "--function-name", name_of(place))
    return Remedy(
        "Read the layer, publish it from an account of your own, and use that; or declare its account in the "
        "perimeter, if it is yours.",
        (
            ("aws", "lambda", "get-layer-version-by-arn", "--arn", layer, *region),
            (*update, "--layers", "the-arn-of-your-copy", *region),
        ),
        _TEMPLATE,
    )

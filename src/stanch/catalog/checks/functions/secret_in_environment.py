"""A function's environment is shown to all who may call lambda:GetFunctionConfiguration, read-only auditors included.

Reads: what the collector found to look like a secret; the values themselves are not kept.
"""

from collections.abc import Iterator

from stanch.catalog.checks._things import evidence, in_region, mapped
from stanch.catalog.checks.functions._functions import KIND, blind_to_functions, name_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A function carries a secret in its environment",
    row=Row.LAMBDA,
    severity=Severity.HIGH,
    controls={
        NIST: ("IA-5", "IA-5(7)", "SC-28"),
        ISO: ("A.5.17", "A.8.24"),
        GDPR: ("Art. 32(1)(a)",),
        NIS2: ("Art. 21(2)(h)",),
    },
)
_TEMPLATE = """\
Environment:
  Variables:
    SECRET_ARN: !Ref Secret
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_functions(posture)
    for place in posture.of(KIND):
        yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    told = place.thing.data.get("Environment", {"$unseen": "Environment"})
    secrets = sorted(
        (str(name), str(mapped(one)["LooksSecret"]))
        for name, one in mapped(mapped(told).get("Variables")).items()
        if mapped(one).get("LooksSecret")
    )
    hidden = unseen(told) or unseen(mapped(told).get("Variables"))
    ruling, why = Ruling.PASS, "no variable looks like a secret"
    if secrets:
        ruling = Ruling.FAIL
        why = f"{', '.join(f'{name} ({reason})' for name, reason in secrets)} in its environment"
    elif hidden:
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    failed = ruling is Ruling.FAIL
    shown = tuple(evidence(place, f"Environment.Variables.{name}") for name, _ in secrets if "." not in name)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        tuple(posture.assets_of(place.thing.arn)),
        shown or (evidence(place, "Environment"),),
        way=(
            "whoever may call lambda:GetFunctionConfiguration: ReadOnlyAccess and most auditors' roles may",
            f"reads {', '.join(name for name, _ in secrets)} of {name_of(place)}",
            "uses it from anywhere, and no log here tells who it was",
        )
        if failed
        else (),
        remedy=_remedy(place) if failed else None,
    )


def _remedy(place: Place) -> Remedy:
    region = in_region(place.region)
    update = ("aws", "lambda", "update-function-configuration", "--function-name", name_of(place))
    return Remedy(
        "Make a new secret, keep it in Secrets Manager, let the function read it by its ARN, and revoke the old one: "
        "whoever looked has it.",
        (
            (
                "aws",
                "secretsmanager",
                "create-secret",
                "--name",
                name_of(place),
                "--secret-string",
                "file://new",
                *region,
            ),
            (*update, "--environment", "Variables={SECRET_ARN=the-arn-of-the-secret}", *region),
        ),
        _TEMPLATE,
    )

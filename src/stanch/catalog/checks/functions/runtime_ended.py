"""A runtime that AWS has deprecated gets no fixes any more: its flaws are known and stay.

Dates: Lambda Developer Guide, "Lambda runtimes", as of November 2026. A container's runtime is its own image's matter.
"""

from collections.abc import Iterator
from datetime import date

from stanch.catalog.checks._things import evidence, in_region
from stanch.catalog.checks.functions._functions import KIND, blind_to_functions, name_of
from stanch.contracts.check import FSBP, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A function runs on a runtime that gets no fixes",
    row=Row.LAMBDA,
    severity=Severity.LOW,
    controls={FSBP: ("Lambda.2",), NIST: ("SA-22", "SI-2"), ISO: ("A.8.8",), NIS2: ("Art. 21(2)(e)",)},
)
DEPRECATED = {
    "dotnet6": date(2024, 12, 20),
    "dotnet8": date(2026, 11, 10),
    "dotnetcore1.0": date(2019, 6, 27),
    "dotnetcore2.0": date(2019, 5, 30),
    "dotnetcore2.1": date(2022, 1, 5),
    "dotnetcore3.1": date(2023, 4, 3),
    "go1.x": date(2024, 1, 8),
    "java11": date(2027, 6, 30),
    "java17": date(2027, 6, 30),
    "java21": date(2029, 6, 30),
    "java25": date(2029, 6, 30),
    "java8": date(2024, 1, 8),
    "java8.al2": date(2027, 6, 30),
    "nodejs": date(2016, 8, 30),
    "nodejs10.x": date(2021, 7, 30),
    "nodejs12.x": date(2023, 3, 31),
    "nodejs14.x": date(2023, 12, 4),
    "nodejs16.x": date(2024, 6, 12),
    "nodejs18.x": date(2025, 9, 1),
    "nodejs20.x": date(2026, 4, 30),
    "nodejs22.x": date(2027, 4, 30),
    "nodejs24.x": date(2028, 4, 30),
    "nodejs4.3": date(2020, 3, 5),
    "nodejs6.10": date(2019, 8, 12),
    "nodejs8.10": date(2020, 3, 6),
    "provided": date(2024, 1, 8),
    "provided.al2": date(2026, 7, 31),
    "provided.al2023": date(2029, 6, 30),
    "python2.7": date(2021, 7, 15),
    "python3.10": date(2026, 10, 31),
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.6": date(2022, 7, 18),
    "python3.7": date(2023, 12, 4),
    "python3.8": date(2024, 10, 14),
    "python3.9": date(2025, 12, 15),
    "ruby2.5": date(2021, 7, 30),
    "ruby2.7": date(2023, 12, 7),
    "ruby3.2": date(2026, 3, 31),
    "ruby3.3": date(2027, 3, 31),
    "ruby3.4": date(2028, 3, 31),
}
"""When AWS stops, or stopped, to fix a runtime."""
_TEMPLATE = "Type: AWS::Lambda::Function\nProperties:\n  Runtime: python3.13\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_functions(posture)
    for place in posture.of(KIND):
        yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    runtime = place.thing.data.get("Runtime")
    if not isinstance(runtime, str):
        image = place.thing.data.get("PackageType") == "Image"
        why = "it runs an image of its own" if image else "not seen: its runtime"
        ruling = Ruling.PASS if image else Ruling.UNKNOWN
        return Judged(place.thing.arn, place.account, place.region, ruling, why)
    end = DEPRECATED.get(runtime)
    ended = end is not None and end <= posture.made_at.date()
    when = f"{end:%Y-%m-%d}" if end else ""
    why = f"{runtime} gets no fixes since {when}" if ended else f"{runtime} is kept up" + (f" to {when}" if end else "")
    update = ("aws", "lambda", "update-function-configuration", "--function-name", name_of(place))
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        Ruling.FAIL if ended else Ruling.PASS,
        why,
        tuple(posture.assets_of(place.thing.arn)),
        (evidence(place, "Runtime"),),
        way=(
            f"whoever can send {name_of(place)} its input",
            f"a flaw of {runtime} that was found after {when}",
            f"runs code as {place.thing.data.get('Role') or 'its role'}",
        )
        if ended
        else (),
        remedy=Remedy(
            "Test it on a newer runtime of the same language, and switch.",
            ((*update, "--runtime", "the-newer-runtime", *in_region(place.region)),),
            _TEMPLATE,
        )
        if ended
        else None,
    )

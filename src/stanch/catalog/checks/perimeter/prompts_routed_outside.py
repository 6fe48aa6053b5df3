"""An inference profile sends each prompt to whichever of its regions has room; the answer does not say which.

Bedrock User Guide, "Increase throughput with cross-Region inference": profiles of a geography begin with `eu.`, `us.`,
`apac.`, and `global.` may run anywhere. CloudTrail tells the region that answered in `additionalEventData`.
"""

from collections import defaultdict
from collections.abc import Iterator

from stanch.catalog.checks._things import blind, evidence, in_region, mapped, mappings
from stanch.catalog.checks.perimeter._beyond import Target, judged, target_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row

ABOUT = About(
    title="Prompts are answered outside the perimeter",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "SA-9(5)"),
        ISO: ("A.5.14", "A.5.23", "A.5.34"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(d)",),
    },
)
_INVOKES = ("InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream")
_ANYWHERE = "any"
_TEMPLATE = """\
Type: AWS::Bedrock::ApplicationInferenceProfile
Properties:
  InferenceProfileName: inside
  ModelSource:
    CopyFrom: !Sub arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/MODEL
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("bedrock/inference-profile"):
        yield _profile(posture, place)
    found = {one.resource: one for one in blind(posture, "bedrock", "bedrock", "bedrock:ListInferenceProfiles")}
    answered = _answered(posture)
    for place in posture.of("bedrock/account"):
        regions = answered.get((place.account, place.region), {})
        if regions:
            found[place.thing.arn] = _seen(posture, place, list(regions))
    yield from found.values()


def _profile(posture: Posture, place: Place) -> Judged:
    data = place.thing.data
    models = [str(one.get("modelArn")) for one in mappings(data.get("models"))]
    targets = [target_of(arn) for arn in models]
    return judged(
        posture,
        place,
        # A model of Amazon's is in no account; one without a region stands for all of them.
        [Target(one.what, None, one.region or _ANYWHERE, one.partition) for one in targets],
        (evidence(place, "models"),),
        does="sends prompts to",
        way=(
            "nobody does anything: whoever calls the profile",
            f"sends a prompt in {place.region}, and has it answered elsewhere when that region is busy",
            "what was in the prompt was processed under another law",
        ),
        remedy=_remedy(place),
        hidden=unseen(data) or unseen(data.get("models")),
    )


def _seen(posture: Posture, place: Place, regions: list[str]) -> Judged:
    """On calls that were made, with profiles that Amazon defines for everybody."""
    return judged(
        posture,
        place,
        [Target(f"{region}, where calls were answered", None, region) for region in regions],
        (evidence(place),),
        does="sends prompts to",
        way=(
            "nobody does anything: whoever calls a profile of a geography",
            f"had prompts answered in {', '.join(regions)}",
            "what was in them was processed under another law",
        ),
        remedy=_remedy(place),
    )


def _answered(posture: Posture) -> dict[tuple[str, str | None], dict[str, None]]:
    """The regions that answered the calls at hand, by the account and region of the caller."""
    found: dict[tuple[str, str | None], dict[str, None]] = defaultdict(dict)
    for event in posture.events or ():
        record = event.record
        if record.get("eventName") in _INVOKES:
            answered = mapped(record.get("additionalEventData")).get("inferenceRegion")
            if isinstance(answered, str):
                found[(str(record.get("recipientAccountId")), str(record.get("awsRegion")))][answered] = None
    return found


def _remedy(place: Place) -> Remedy:
    name, where = place.thing.arn, in_region(place.region)
    listing = ("aws", "bedrock", "list-inference-profiles", *where)
    deletes = ("aws", "bedrock", "delete-inference-profile", "--inference-profile-identifier", name, *where)
    return Remedy(
        "Call models of your own region, or a profile whose regions are all inside; deny bedrock:InvokeModel in other "
        "regions for the whole organisation.",
        (listing, deletes) if place.thing.kind == "bedrock/inference-profile" else (listing,),
        _TEMPLATE,
    )

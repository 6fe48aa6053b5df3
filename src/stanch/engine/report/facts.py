"""What a law asks, answered from evidence: one function for each fact that a regime's `evidence` may name.

Each returns paragraphs. What evidence cannot say becomes a blank: a fact never guesses.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from stanch.domain.event import Actor
from stanch.domain.finding import Finding
from stanch.domain.regime import Content
from stanch.domain.step import Method, Step, StepState
from stanch.engine.report.matter import Matter
from stanch.engine.report.phrase import Phrase, Value
from stanch.engine.report.quantities import count, size, utc

Paragraphs = list[Phrase]

_SAID = {
    StepState.PLANNED: "planned, not carried out",
    StepState.APPLIED: "carried out, not yet proven",
    StepState.VERIFIED: "carried out and proven by trying",
    StepState.FAILED: "failed",
    StepState.UNDONE: "undone",
}


class NotDone(StrEnum):
    """Why a step was not carried out: only one that was left out is a gap in what stopped the intruder."""

    LEFT_OUT = "left out"
    NOTHING_TO_DO = "nothing to do"
    ANSWERED_FOR = "answered for by a person"


def not_done_as(step: Step) -> NotDone:
    """Which of them a skipped step is."""
    if step.settings.get("accepted"):
        return NotDone.ANSWERED_FOR
    return NotDone.NOTHING_TO_DO if step.settings.get("aside") else NotDone.LEFT_OUT


def listed(texts: "list[str] | tuple[str, ...]") -> Phrase:
    """Values with commas between them."""
    words: list[str | Value] = []
    for text in texts:
        words += [", ", Value(text)] if words else [Value(text)]
    return tuple(words)


def who(actor: Actor) -> Phrase:
    """The actor in words: ARN, session, address, and where the lineage began."""
    words: Phrase = (Value(actor.arn),)
    if actor.session:
        words += (" in the session ", Value(actor.session))
    if actor.address:
        words += (" from ", Value(actor.address))
    if actor.origin and actor.origin != actor.arn:
        words += (", whose credentials go back to ", Value(actor.origin))
    return words


def what_left(matter: Matter) -> Phrase:
    """One sentence on what left, in objects, bytes and shards."""
    left = matter.incident.left
    if not (left.objects or left.bytes):
        return ("No read of an object is seen in the logs at hand.",)
    words: Phrase = (f"{count(left.objects, 'object')} with {size(left.bytes)} left.",)
    if left.shards and left.shards.total:
        share = left.shards.read / left.shards.total
        read = f", {left.shards.read} of {left.shards.total} shards were read"
        end = "; the whole model must be taken as copied." if share >= 1 else f" ({share:.0%})."
        words += (" Of the model ", Value(left.shards.asset), read + end)
    return words


def in_short(finding: Finding) -> Phrase:
    """One finding: title, how often, when, on what."""
    tried = f", {finding.failed:,} of them refused" if finding.failed else ""
    when = utc(finding.first_seen)
    if finding.last_seen != finding.first_seen:
        when += f" to {utc(finding.last_seen)}"
    words: Phrase = (f"{finding.title}: {count(finding.count, 'event')}{tried}, {when}",)
    names = list(dict.fromkeys(asset.name for asset in finding.assets))
    return (*words, ", on ", *listed(names)) if names else words


def measure(step: Step) -> Phrase:
    """One step: what, on what, how it stands, and the first line of its proof or the reason why not."""
    said = not_done_as(step).value if step.state is StepState.SKIPPED else _SAID[step.state]
    if step.state is StepState.VERIFIED and step.proof and step.proof.method is not Method.EFFECT:
        said = "carried out and checked, not tried"
    words: Phrase = (f"{title_of(step)} on ", Value(step.resource), f": {said}")
    if step.at:
        words += (f", {utc(step.at)}",)
    if step.proof and step.proof.what:
        return (*words, f". Proof: {step.proof.what[0]}")
    why = step.why.removeprefix("nothing to do: ")
    return (*words, f". {why}") if step.state in (StepState.SKIPPED, StepState.FAILED) and why else words


def title_of(step: Step) -> str:
    """`iam/revoke_sessions` as a person says it."""
    return step.action.rsplit("/", 1)[-1].replace("_", " ").capitalize()


def _nature(matter: Matter, content: Content) -> Paragraphs:
    kind = matter.blank("confirm the kind of breach: confidentiality, and integrity or availability")
    return [*_story(matter), (kind,)]


def _story(matter: Matter) -> Paragraphs:
    incident = matter.incident
    if not incident.findings:
        return [("The incident was opened by hand for ", *listed(incident.by_hand), "; no detection speaks for it.")]
    seen = f"Between {utc(incident.first_seen)} and {utc(incident.last_seen)}"
    return [
        (f"{seen}, ", *who(incident.actor), " did what follows."),
        *(in_short(finding) for finding in incident.findings),
        what_left(matter),
    ]


def _persons(matter: Matter, content: Content) -> Paragraphs:
    number = matter.at_most("persons")
    categories = matter.blank("categories of data subjects, such as customers, patients, employees")
    if number is None:
        return [("Categories: ", categories), ("Number: ", matter.blank("approximate number of data subjects"))]
    holders = listed([asset.name for asset in matter.personal])
    source = (" by the estate file's count for ", *holders) if holders else (" by the estate file's count",)
    return [("Categories: ", categories), (f"Number: at most {count(number, 'person')}", *source, ".")]


def _records(matter: Matter, content: Content) -> Paragraphs:
    names = list(dict.fromkeys(c for a in matter.personal if a.personal_data for c in a.personal_data.categories))
    kinds: Phrase = listed(names) if names else (matter.blank("categories of personal data in what was read, or none"),)
    number = matter.at_most("records")
    total: Phrase = (
        (f"at most {count(number, 'record')}, by the estate file's count.",)
        if number is not None
        else (matter.blank("approximate number of personal data records"),)
    )
    return [("Categories: ", *kinds), ("Number: ", *total)]


def _consequences(matter: Matter, content: Content) -> Paragraphs:
    return [*_at_stake(matter), (matter.blank("likely consequences for the persons concerned"),)]


def _at_stake(matter: Matter) -> Paragraphs:
    found: Paragraphs = []
    for asset in matter.touched:
        words: Phrase = ("At stake: ", Value(asset.name), f" ({asset.kind})")
        if asset.sensitivity:
            words += (", sensitivity ", Value(asset.sensitivity))
        if asset.personal_data:
            words += (", personal data: ", *listed(asset.personal_data.categories))
        found.append((*words, ", a decoy without real content." if asset.decoy else "."))
    return found or [("The estate file names nothing that was touched.",)]


def _measures(matter: Matter, content: Content) -> Paragraphs:
    other = "measures beyond AWS: advice to persons, changed secrets, contracts, who decided"
    return [*_remedy(matter, content), (matter.blank(other),)]


def _remedy(matter: Matter, content: Content) -> Paragraphs:
    taken = [measure(step) for step in matter.steps]
    return taken or [("No containment step is recorded.",)]


def _delay(matter: Matter, content: Content) -> Paragraphs:
    deadline = next((d for d in matter.deadlines if d.clock.id == content.stage), None)
    if deadline is None or deadline.due is None:
        return [("The clock does not run: awareness is not recorded.",)]
    filed = matter.submitted.get(deadline.clock.id, matter.now)
    if filed <= deadline.due:
        return [("Not late at the time of this draft.",)]
    return [(f"Due {utc(deadline.due)}. ", matter.blank("reasons for the delay"))]


def _plain(matter: Matter, content: Content) -> Paragraphs:
    day = f"{matter.incident.first_seen:%-d %B %Y}"
    names = list(dict.fromkeys(c for a in matter.personal if a.personal_data for c in a.personal_data.categories))
    kinds: Phrase = listed(names) if names else (matter.blank("the data concerned, in everyday words"),)
    return [
        (f"On {day}, somebody without permission had access to data that we keep: ", *kinds, "."),
        (matter.blank("whom it concerns and what it means for them, in everyday words"),),
    ]


def _facts(matter: Matter, content: Content) -> Paragraphs:
    aware = matter.aware
    if aware:
        return [*_story(matter), (f"Aware since {utc(aware.aware_at)}, decided by ", Value(aware.by), f": {aware.why}")]
    return [*_story(matter), (matter.blank("when the organisation became aware, who says so and why"),)]


def _effects(matter: Matter, content: Content) -> Paragraphs:
    bounds = [f"{matter.at_most(what):,} {what}" for what in ("persons", "records") if matter.at_most(what) is not None]
    most: Paragraphs = [(f"At most {' and '.join(bounds)} are concerned.",)] if bounds else []
    return [what_left(matter), *most, (matter.blank("effects known so far"),)]


def _risk(matter: Matter, content: Content) -> Paragraphs:
    return [*_at_stake(matter), what_left(matter), (matter.blank("the decision on the risk, by whom and why"),)]


def _malice(matter: Matter, content: Content) -> Paragraphs:
    found = [in_short(finding) for finding in matter.incident.findings]
    said: Paragraphs = [("The evidence points to an unlawful act:",), *found] if found else []
    return [*said, (matter.blank("suspected of being unlawful or malicious: yes or no"),)]


def _borders(matter: Matter, content: Content) -> Paragraphs:
    regions = sorted({finding.region for finding in matter.incident.findings if finding.region})
    seen: Paragraphs = [("Regions where it was seen: ", *listed(regions), ".")] if regions else []
    outside = outside_accounts(matter)
    if outside:
        seen.append(("Accounts outside the perimeter: ", *listed(outside), "."))
    return [*seen, (matter.blank("impact in other Member States: possible, and which"),)]


def outside_accounts(matter: Matter) -> list[str]:
    """Account ids in the incident's ARNs that are not in the perimeter; none when no perimeter was declared."""
    incident = matter.incident
    arns = [incident.actor.arn, *(a.arn for a in incident.assets), *(r for f in incident.findings for r in f.resources)]
    accounts = {parts[4] for arn in arns if len(parts := arn.split(":", 5)) == 6 and parts[4].isdigit()}
    return sorted(account for account in accounts if matter.estate.perimeter.account(account) == "outside")


def _update(matter: Matter, content: Content) -> Paragraphs:
    done, all_ = len(matter.in_state(StepState.VERIFIED)), len([s for s in matter.steps if not s.settings.get("aside")])
    return [
        (f"At this draft: {matter.incident.state}; {done} of {all_} containment steps are proven.",),
        (matter.blank("what changed since the early warning"),),
    ]


def _impact(matter: Matter, content: Content) -> Paragraphs:
    incident = matter.incident
    scored = f"Severity {incident.severity.word}, confidence {incident.confidence:.0%}, state {incident.state}."
    carried_out = matter.in_state(StepState.APPLIED, StepState.VERIFIED)
    breaks: Paragraphs = [(f"{title_of(step)}: {text}",) for step in carried_out for text in step.breaks]
    impact = matter.blank("impact on services, customers and third parties")
    return [(scored,), what_left(matter), *_at_stake(matter), *breaks, (impact,)]


def indicators(matter: Matter) -> list[tuple[str, list[str]]]:
    """Indicators of compromise by kind: what another defender could look for."""
    actors = [matter.incident.actor, *(finding.actor for finding in matter.incident.findings)]
    kinds: dict[str, list[str | None]] = {
        "Source addresses": [actor.address for actor in actors],
        "Access keys": [actor.access_key for actor in actors],
        "Identities": [actor.arn for actor in actors],
        "Role sessions": [actor.session for actor in actors],
        "Outside accounts": [*outside_accounts(matter)],
    }
    named = ((kind, [value for value in dict.fromkeys(values) if value]) for kind, values in kinds.items())
    return [(kind, values) for kind, values in named if values]


def _indicators(matter: Matter, content: Content) -> Paragraphs:
    return [(f"{kind}: ", *listed(values)) for kind, values in indicators(matter)] or [("None are known.",)]


def _cause(matter: Matter, content: Content) -> Paragraphs:
    first = min(matter.incident.findings, key=lambda finding: finding.first_seen, default=None)
    seen: Paragraphs = [("The first thing seen: ", *in_short(first))] if first else []
    return [*seen, (matter.blank("threat type or root cause: how the credentials or the access were won"),)]


def _significance(matter: Matter, content: Content) -> Paragraphs:
    return [*_at_stake(matter), what_left(matter), (matter.blank("the decision on significance, by whom and why"),)]


FACTS: Mapping[str, Callable[[Matter, Content], Paragraphs]] = {
    "nature": _nature,
    "persons": _persons,
    "records": _records,
    "consequences": _consequences,
    "measures": _measures,
    "remedy": _remedy,
    "delay": _delay,
    "plain": _plain,
    "facts": _facts,
    "effects": _effects,
    "risk": _risk,
    "malice": _malice,
    "borders": _borders,
    "update": _update,
    "impact": _impact,
    "indicators": _indicators,
    "cause": _cause,
    "significance": _significance,
}
"""The facts by the name that a regime's `evidence` uses."""

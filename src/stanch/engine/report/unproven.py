"""What a report does not know must stand in it: an honest gap is worth more to an authority than a smooth story."""

from stanch.domain.step import Method, StepState
from stanch.engine.report.facts import Paragraphs, not_done_as, title_of
from stanch.engine.report.matter import Matter
from stanch.engine.report.phrase import Phrase, Value
from stanch.engine.report.quantities import utc

_OPEN = {
    StepState.PLANNED: "planned, not carried out",
    StepState.APPLIED: "carried out, but nothing proves that it works",
    StepState.FAILED: "failed",
    StepState.UNDONE: "undone: it protects no longer",
}
_WEAK = {
    Method.SIMULATION: "believed, because AWS's simulator says so; it was not tried",
    Method.STATE: "believed, because the configuration was read back; it was not tried",
}


def unproven(matter: Matter) -> Paragraphs:
    """Each gap as a sentence: steps, logs, numbers."""
    return [*_steps(matter), *_search(matter), *_numbers(matter)]


def _steps(matter: Matter) -> Paragraphs:
    gaps: Paragraphs = [] if matter.steps else [("No containment step was taken: nothing proves that it stopped.",)]
    for step in matter.steps:
        words: Phrase = (f"{title_of(step)} on ", Value(step.resource))
        proof = step.proof
        if step.state is StepState.SKIPPED:
            why = step.why.removeprefix("nothing to do: ")
            gaps.append((*words, f": {not_done_as(step)}" + (f" ({why})" if why else "") + "."))
        elif step.state in _OPEN:
            why = "; ".join(proof.what) if proof and not proof.holds and proof.what else step.why
            gaps.append((*words, f": {_OPEN[step.state]}" + (f" ({why})" if why else "") + "."))
        elif proof and proof.method in _WEAK:
            gaps.append((*words, f": {_WEAK[proof.method]}."))
    return gaps


def _search(matter: Matter) -> Paragraphs:
    coverage = matter.coverage
    if coverage is None:
        return [("How much of the logs was looked at is not recorded with this report.",)]
    gaps: Paragraphs = [
        ("Read in part: " if skip.part else "Not read: ", Value(skip.path), f": {skip.why}.")
        for skip in coverage.files_skipped
        if skip.fault
    ]
    gaps += [
        ("A detection could not run: ", Value(fail.id), f": {fail.why}.")
        for fail in coverage.detections_failed
        if fail.fault
    ]
    if coverage.first_event and coverage.last_event:
        window = f"{utc(coverage.first_event)} to {utc(coverage.last_event)}"
        gaps.append((f"The logs at hand hold {coverage.events:,} events from {window}; nothing is known outside.",))
    return gaps


def _numbers(matter: Matter) -> Paragraphs:
    left = matter.incident.left
    gaps: Paragraphs = [("A read is seen only where data events are logged: what was read elsewhere is not counted.",)]
    if left.objects and not left.bytes:
        gaps.append(("The logs do not state how many bytes were sent for the objects that were read.",))
    if not matter.estate.declared:
        gaps.append(("There is no estate file: what is ours and what it holds is guessed from the logs.",))
    elif not matter.personal:
        gaps.append(
            ("The estate file declares no personal data in what was touched; that there is none is not proven.",)
        )
    else:
        gaps.append(
            ("Persons and records are the estate file's counts for whole assets: upper bounds, not what was read.",)
        )
    if not matter.evidence:
        gaps.append(("No evidence file is listed.",))
    return gaps

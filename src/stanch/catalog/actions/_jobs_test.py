from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.ground import no_wait
from tests.recorded_aws import Recorded, RecordedAws

from stanch.catalog.actions import _jobs
from stanch.contracts.action import Needless
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Step, StepState

RESOURCE = Arn.parse("arn:aws:kept:eu-central-1:111122223333:thing/one")
SINCE = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@dataclass
class Copying:
    """A service with jobs under way; whoever is in `ended` ends by himself when he is cancelled."""

    jobs: list[_jobs.Job]
    ended: set[str] = field(default_factory=set)
    stubborn: set[str] = field(default_factory=set)
    cancelled: list[str] = field(default_factory=list)

    def running(self, aws: Aws, resource: Arn) -> list[_jobs.Job]:
        return [job for job in self.jobs if job.id not in self.cancelled]

    def cancel(self, aws: Aws, job: str) -> None:
        if job in self.stubborn:
            raise AwsError("kept:Cancel", "InvalidState", "it cannot be cancelled now")
        self.cancelled.append(job)
        if job in self.ended:
            raise AwsError("kept:Cancel", "InvalidState", "it has finished")

    @property
    def runner(self) -> _jobs.Runner:
        return _jobs.Runner(self.running, self.cancel, "kept:Cancel")

    def planned(self, **case: Any) -> Step:
        account = Recorded(RecordedAws({}))
        plan = self.runner.plan(account.aws, RESOURCE, account.case(**case))
        return Step(
            "inc-1", "x/y", str(RESOURCE), None, StepState.PLANNED, "a test", calls=plan.calls, breaks=plan.breaks,
            undo=plan.undo, settings=plan.settings, before=plan.before,
        )  # fmt: skip

    def apply(self, step: Step) -> None:
        self.runner.apply(RecordedAws({}), step, no_wait)

    def holds(self, step: Step) -> bool:
        return self.runner.verify(RecordedAws({}), step, no_wait, None).holds


def job(name: str, minutes: int | None) -> _jobs.Job:
    return _jobs.Job(name, "s3://elsewhere", None if minutes is None else SINCE + timedelta(minutes=minutes))


def test_cancels_what_began_with_the_incident_and_tells_what_began_before() -> None:
    copying = Copying([job("nightly", -600), job("theft", 5), job("undated", None)])
    step = copying.planned(since=SINCE)
    copying.apply(step)
    assert copying.cancelled == ["theft", "undated"]
    assert step.calls[-1] == "(began before the incident, and left: nightly, which writes to s3://elsewhere)"
    assert copying.holds(step)


def test_cancels_everything_where_a_person_names_the_resource() -> None:
    copying = Copying([job("nightly", -600)])
    copying.apply(copying.planned())
    assert copying.cancelled == ["nightly"]


def test_has_nothing_to_do_where_nothing_that_began_with_the_incident_runs() -> None:
    with pytest.raises(Needless, match="nightly"):
        Copying([job("nightly", -600)]).planned(since=SINCE)


def test_counts_a_job_that_ended_by_itself_as_cancelled() -> None:
    copying = Copying([job("theft", 5)], ended={"theft"})
    step = copying.planned(since=SINCE)
    copying.apply(step)
    assert copying.holds(step)


def test_says_so_when_a_job_cannot_be_cancelled() -> None:
    copying = Copying([job("theft", 5)], stubborn={"theft"})
    step = copying.planned(since=SINCE)
    with pytest.raises(AwsError, match="cannot be cancelled"):
        copying.apply(step)
    assert not copying.holds(step)


def test_does_not_hold_when_another_was_started_since_the_plan() -> None:
    copying = Copying([job("theft", 5)])
    step = copying.planned(since=SINCE)
    copying.apply(step)
    copying.jobs.append(job("again", 9))
    assert not copying.holds(step)


def test_says_that_there_is_no_way_back() -> None:
    step = Copying([job("theft", 5)]).planned(since=SINCE)
    assert (step.before, step.undo) == ({}, _jobs.NO_UNDO)

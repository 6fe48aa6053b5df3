"""What is being copied out can be stopped and never called back: cancelling an export or transfer has no undo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Proof, State, Step


@dataclass(frozen=True, slots=True)
class Job:
    """One job under way: its id, where it writes in words, and when it began, None where the service does not say."""

    id: str
    target: str
    began: datetime | None = None


@dataclass(frozen=True, slots=True)
class Runner:
    """How a service tells which jobs are under way for a resource and cancels one, and an action's five names by it.

    `call` names the call in words.
    """

    running: Callable[[Aws, Arn], Sequence[Job]]
    cancel: Callable[[Aws, str], None]
    call: str

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        """Cancel what is under way since the incident began, all of it where a person names the resource.

        `before` is `{}`: nothing that undo could restore. Raises Needless where nothing is under way.
        """
        running = self.running(aws, resource)
        since = case.since.isoformat() if case.since else None
        taken = [job for job in running if _since(job, since)]
        left = [job for job in running if job not in taken]
        if not taken:
            older = f"; what began before it and is left: {', '.join(job.id for job in left)}" if left else ""
            raise Needless(f"nothing that began with the incident is copying {resource}{older}")
        return Plan(
            before={},
            calls=(
                *(f"{self.call} {job.id}, which writes to {job.target}" for job in taken),
                *(f"(began before the incident, and left: {job.id}, which writes to {job.target})" for job in left),
            ),
            undo=NO_UNDO,
            breaks=tuple(
                f"{job.target} gets no more of {resource}; what {job.id} wrote by then is there" for job in taken
            ),
            settings={"since": since},
        )

    def read(self, aws: Aws, step: Step) -> State:
        """`{}`: a cancelled job is no state to lead back to."""
        return {}

    def apply(self, aws: Aws, step: Step, wait: Wait) -> Witness | None:
        """Cancel each; one that ended by itself meanwhile is as good as cancelled."""
        for job in self._under_way(aws, step):
            try:
                self.cancel(aws, job.id)
            except AwsError:
                if job.id in {still.id for still in self._under_way(aws, step)}:
                    raise
        settled(lambda: not self._under_way(aws, step), wait)
        return None

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        """Nothing that began with the incident is under way, whatever was started since the plan included."""
        holds = settled(lambda: not self._under_way(aws, step), wait)
        left = self._under_way(aws, step)
        told = tuple(f"{job.id} still writes to {job.target}" for job in left)
        return Proof(holds, Method.STATE, told or (f"nothing that began with the incident is copying {step.resource}",))

    def undo(self, aws: Aws, step: Step, wait: Wait) -> None:
        """Nothing: whoever needs the job starts it again."""

    def _under_way(self, aws: Aws, step: Step) -> list[Job]:
        return [job for job in self.running(aws, Arn.parse(step.resource)) if _since(job, step.settings["since"])]


NO_UNDO = "what was cancelled stays cancelled: whoever needs it starts it again"


def _since(job: Job, since: str | None) -> bool:
    return since is None or job.began is None or job.began >= datetime.fromisoformat(since)

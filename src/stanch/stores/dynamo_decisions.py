"""Questions and answers of a responder in AWS, and the token by which an answer lets a waiting execution go on."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from stanch.contracts.store import StoreError
from stanch.domain.decision import Answer, Question
from stanch.domain.step import Step
from stanch.stores.codec import decode, encode
from stanch.stores.dynamo import Put, Table, packed, unpacked
from stanch.stores.dynamo_chain import Chain

_WHERE = "the decisions"
_SHORTEST = 6


class DynamoDecisions:
    """Implements `contracts.store.Decisions`: each is a row of its incident's chain, and found by its plan."""

    def __init__(self, table: Table, chain: Chain) -> None:
        self._table = table
        self._chain = chain

    def ask(self, question: Question) -> None:
        """Append the question; the newest of a plan is the one that stands."""
        text = encode(question)
        pk, sk = kept_question(question)
        found = {"pk": pk, "sk": sk, "body": packed(text, _WHERE)}
        self._chain.append(question.incident, "question", text, Put(found))

    def answer(self, answer: Answer) -> None:
        """Append one person's answer."""
        text = encode(answer)
        pk, sk = kept_answer(answer)
        found = {"pk": pk, "sk": sk, "body": packed(text, _WHERE)}
        self._chain.append(answer.incident, "answer", text, Put(found))

    def question(self, plan: str) -> Question:
        """The newest question whose plan begins so; raises StoreError where there is none, or several plans."""
        found = {question.plan: question for question in self._questions(plan.lower())} if _long(plan) else {}
        if len(found) != 1:
            many = f"{len(found)} plans begin with {plan!r}; give more of the hash"
            raise StoreError(many if found else f"no plan {plan!r} was asked about")
        return next(iter(found.values()))

    def asked(self, plan: str) -> Question | None:
        """The newest question about exactly this plan, or None."""
        found = self._questions(f"{plan}#")
        return found[-1] if found else None

    def answers(self, plan: str) -> list[Answer]:
        """Every answer about this plan, oldest first."""
        items = self._table.under(f"answers#{plan}")
        return [decode(unpacked(item, _WHERE), Answer, _WHERE) for item in items]

    def _questions(self, begins: str) -> list[Question]:
        items = self._table.under("questions", begins=begins)
        return [decode(unpacked(item, _WHERE), Question, _WHERE) for item in items]


class DynamoPlans:
    """Plans on their way between two states of the workflow, whose input may hold 256 KB: it carries only numbers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, incident: str, steps: Sequence[Step]) -> str:
        """Keep a plan; returns its name, which is made of what it holds."""
        texts = [encode(step) for step in steps]
        name = _name(texts)
        for number, text in enumerate(texts):
            item = {"pk": _plan(incident, name), "sk": f"{number:06d}", "body": packed(text, "a step")}
            self._table.write(Put(item))
        return name

    def steps(self, incident: str, name: str) -> list[Step]:
        """The plan, in its order; raises StoreError for one that is not as it was kept.

        The name travels through the workflow and not through the table: who may write there cannot change what is done.
        """
        texts = [unpacked(item, "a plan") for item in self._table.under(_plan(incident, name))]
        if _name(texts) != name:
            raise StoreError(
                f"plan {name} of {incident} is not as it was kept; plan anew, and see who wrote to the table"
            )
        return [decode(text, Step, "a plan") for text in texts]

    def step(self, incident: str, name: str, number: int) -> Step:
        """One step of a plan, see `steps`; raises StoreError where there is none."""
        steps = self.steps(incident, name)
        if not 0 <= number < len(steps):
            raise StoreError(f"plan {name} of {incident} has no step {number}")
        return steps[number]

    def wait(self, plan: str, token: str) -> None:
        """Note which execution waits for an answer about the plan with this hash."""
        self._table.write(Put({"pk": f"waiting#{plan}", "sk": hashlib.sha256(token.encode()).hexdigest(), "t": token}))

    def waiting(self, plan: str) -> list[str]:
        """The tokens of the executions that wait for it, those that have given up among them."""
        return [str(item["t"]) for item in self._table.under(f"waiting#{plan}")]


def kept_question(question: Question) -> tuple[str, str]:
    """Where a question lies a second time, to be found by its plan."""
    return "questions", f"{question.plan}#{_utc(question.asked_at)}"


def kept_answer(answer: Answer) -> tuple[str, str]:
    """Where an answer lies a second time, to be found by its plan."""
    by = hashlib.sha256(answer.by.encode()).hexdigest()[:16]
    return f"answers#{answer.plan}", f"{_utc(answer.at)}#{by}"


def _name(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


def _plan(incident: str, name: str) -> str:
    return f"plan#{incident}#{name}"


def _long(plan: str) -> bool:
    return len(plan) >= _SHORTEST


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""Who was asked, who said yes, and when: kept like the journal, for it is what an act is answered for with."""

from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import Engine, insert, select

from stanch.contracts.store import StoreError
from stanch.domain.decision import Answer, Question
from stanch.stores.chained import Written, chain
from stanch.stores.codec import decode, encode
from stanch.stores.connection import reading, writing
from stanch.stores.schema import DECISIONS

T = TypeVar("T", Question, Answer)


class SqlDecisions:
    """Implements `contracts.store.Decisions`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, question: Question) -> None:
        """Append the question; the newest of a plan is the one that stands."""
        self._append("question", question)

    def answer(self, answer: Answer) -> None:
        """Append one person's answer."""
        self._append("answer", answer)

    def question(self, plan: str) -> Question:
        """The newest question whose plan begins so; raises StoreError where there is none, or several plans."""
        found = {question.plan: question for question in self._all("question", Question) if _begins(question, plan)}
        if len(found) != 1:
            many = (
                f"{len(found)} plans begin with {plan!r}; give more of the hash" if found else "no such plan was asked"
            )
            raise StoreError(f"{many}; `stanch contain INCIDENT --auto` asks, and prints the hash")
        return next(iter(found.values()))

    def asked(self, plan: str) -> Question | None:
        """The newest question about exactly this plan, or None."""
        asked = [question for question in self._all("question", Question) if question.plan == plan]
        return asked[-1] if asked else None

    def answers(self, plan: str) -> list[Answer]:
        """Every answer about this plan, oldest first."""
        return [answer for answer in self._all("answer", Answer) if answer.plan == plan]

    def _append(self, kind: str, said: Question | Answer) -> None:
        row = {"incident": said.incident, "plan": said.plan, "kind": kind, "body": encode(said)}
        with writing(self._engine) as connection:
            seq = connection.execute(insert(DECISIONS).values(row).returning(DECISIONS.c.seq)).scalar_one()
            chain(connection, Written(DECISIONS, str(seq), (seq, *row.values())))

    def _all(self, kind: str, type_: type[T]) -> Iterator[T]:
        rows = select(DECISIONS.c.body).where(DECISIONS.c.kind == kind).order_by(DECISIONS.c.seq)
        with reading(self._engine) as connection:
            bodies = connection.execute(rows).scalars().all()
        return (decode(body, type_, "the decisions") for body in bodies)


def _begins(question: Question, plan: str) -> bool:
    return len(plan) >= 6 and question.plan.startswith(plan.lower())

"""Every edit of a table shows: in a chain, of an incident, and of what lies a second time to be found."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.recorded_aws import RecordedAws
from tests.stores.in_aws import NAME, Responder, responders
from tests.stores.stories import NOON, finding, incident, step

from stanch.contracts.aws import AwsDenied, AwsError
from stanch.contracts.store import StoreError
from stanch.domain.decision import Answer, Question
from stanch.domain.incident import IncidentState
from stanch.domain.regime import Awareness
from stanch.stores.chain import Fault
from stanch.stores.codec import encode
from stanch.stores.dynamo import Put, packed
from stanch.stores.dynamo_audit import audit

PLAN = "3fa94c21bd07" + "0" * 52
ANSWER = Answer("inc-1", PLAN, yes=False, by="alice", at=NOON)


@pytest.fixture
def made() -> Iterator[Callable[..., Responder]]:
    with responders() as maker:
        yield maker


@pytest.fixture
def one(made: Callable[..., Responder]) -> Responder:
    """A table with an incident, three steps, a question and an answer."""
    there = made()
    there.incidents.save([incident("inc-1", finding("f1"))])
    for name in "abc":
        there.journal.write(step(name))
    there.decisions.ask(Question("inc-1", PLAN, NOON, NOON + timedelta(hours=1), 1, ("a step",), ("why",)))
    there.decisions.answer(ANSWER)
    there.incidents.decide(Awareness("inc-1", NOON, NOON, "alice", "seen"))
    there.incidents.move("inc-1", IncidentState.CONTAINED)
    return there


def told(one: Responder) -> list[str]:
    return [str(fault) for fault in audit(one.door, NAME).faults]


def remove(one: Responder, pk: str, sk: str) -> None:
    one.door.call("dynamodb", "DeleteItem", TableName=NAME, Key={"pk": {"S": pk}, "sk": {"S": sk}})


def put(one: Responder, pk: str, **attributes: Any) -> None:
    """Change the second item of a partition, or its only one."""
    item = {**one.table.under(pk)[:2][-1], **attributes}
    one.table.write(Put(item))


def test_a_table_that_nobody_touched_is_as_it_was_written(one: Responder) -> None:
    found = audit(one.door, NAME)
    assert found.faults == ()
    head = one.journal.head("inc-1")
    assert (found.chains["inc-1"].head, found.chains["inc-1"].entries) == (head, 8)
    assert found.chains["inc-1"].links[head.seq] == head.link
    assert found.incidents == (one.incidents.get("inc-1"),)


def test_an_empty_table_has_no_fault(made: Callable[..., Responder]) -> None:
    assert told(made()) == []


@pytest.mark.parametrize("edit", ["body", "link", "digest", "kind"])
def test_shows_any_edit_of_a_row(one: Responder, edit: str) -> None:
    row = one.table.under("journal#inc-1")[1]
    put(one, "journal#inc-1", **{edit: row[edit] + (b"x" if edit == "body" else "x")})
    assert any("inc-1: row 2" in one_ or "chain entry 2" in one_ or "chain entry 3" in one_ for one_ in told(one))


def test_shows_a_row_that_is_gone_and_an_end_that_was_cut(one: Responder) -> None:
    remove(one, "journal#inc-1", "000000000008")
    assert "inc-1: the head of the chain: it names entry 8, but the last one is 7" in told(one)
    remove(one, "journal#inc-1", "000000000003")
    assert "inc-1: chain entry 3: gone; the next one is 4" in told(one)


def test_shows_a_head_that_is_gone_or_another_one(one: Responder) -> None:
    put(one, "heads", link="0" * 64)
    assert "inc-1: the head of the chain: its link is not that of entry 8" in told(one)
    remove(one, "heads", "inc-1")
    assert "inc-1: the head of the chain: gone; the last entry is 8" in told(one)


def test_an_end_that_was_cut_with_its_head_is_told_by_what_lay_a_second_time(one: Responder) -> None:
    rows = one.table.under("journal#inc-1")
    for row in rows[4:]:
        remove(one, "journal#inc-1", str(row["sk"]))
    put(one, "heads", seq=4, link=rows[3]["link"])
    assert any(fault.startswith(f"answers#{PLAN}") for fault in told(one))
    assert any(fault.startswith(f"questions {PLAN}") for fault in told(one))
    assert "incident inc-1: not as it was written" in told(one)


def test_a_whole_incident_that_is_gone_is_told_while_anything_of_it_is_left(one: Responder) -> None:
    for row in one.table.under("journal#inc-1"):
        remove(one, "journal#inc-1", str(row["sk"]))
    assert "inc-1: the head of the chain: it names entry 8, but the last one is 0" in told(one)
    remove(one, "heads", "inc-1")
    remove(one, "incidents", "inc-1")
    assert all("nothing says that stanch wrote it" in fault for fault in told(one))
    assert told(one)


def test_shows_an_incident_that_was_edited_or_closed_by_hand(one: Responder) -> None:
    put(one, "incidents", state="closed")
    assert told(one) == ["incident inc-1: not as it was written"]
    other = encode(incident("inc-1", finding("f2")))
    put(one, "incidents", state="contained", body=packed(other, "x"))
    assert "incident inc-1: not as it was written" in told(one)
    remove(one, "incidents", "inc-1")
    assert told(one) == ["incident inc-1: gone"]


def test_shows_a_yes_that_nobody_said_and_a_no_that_was_taken_away(one: Responder) -> None:
    forged = replace(ANSWER, yes=True, by="mallory")
    one.table.write(Put({"pk": f"answers#{PLAN}", "sk": "2026#0", "body": packed(encode(forged), "x")}))
    assert told(one) == [f"answers#{PLAN} 2026#0: nothing says that stanch wrote it"]
    remove(one, f"answers#{PLAN}", "2026#0")
    (said,) = one.table.under(f"answers#{PLAN}")
    remove(one, f"answers#{PLAN}", str(said["sk"]))
    assert told(one) == ["inc-1: row 6, answer: its copy under answers#3fa94c21bd070000 is gone"]


def test_an_answer_that_was_moved_to_another_plan_is_told(one: Responder) -> None:
    (said,) = one.table.under(f"answers#{PLAN}")
    one.table.write(Put({**said, "pk": "answers#" + "f" * 64}))
    assert told(one) == [f"answers#{'f' * 64} {said['sk']}: nothing says that stanch wrote it"]


def test_what_leads_to_an_incident_must_lead_there(one: Responder) -> None:
    items = one.door.pages("dynamodb", "Scan", "Items", TableName=NAME)
    (pointer,) = [each["pk"]["S"] for each in items if each["pk"]["S"].startswith("finding#")]
    remove(one, pointer, "inc-1")
    assert told(one) == [f"incident inc-1: what leads to it is gone ({pointer[:24]})"]


@pytest.mark.parametrize(
    "item",
    [
        {"pk": {"S": "journal#inc-1"}, "sk": {"S": "x"}},
        {"pk": {"S": "journal#inc-9"}, "sk": {"S": "000000000001"}, "body": {"L": []}, "kind": {"N": "1.5"}},
        {"pk": {"S": "heads"}, "sk": {"S": "inc-9"}, "seq": {"S": "-1"}},
        {"pk": {"S": "incidents"}, "sk": {"S": "inc-9"}, "body": {"B": b"no zlib"}, "version": {"N": "1e5"}},
        {"pk": {"S": "hour#2026-11-22T12"}, "sk": {"S": "x"}, "body": {"S": "text"}},
    ],
)
def test_an_item_of_a_shape_that_stanch_never_writes_is_told(one: Responder, item: dict[str, Any]) -> None:
    one.door.call("dynamodb", "PutItem", TableName=NAME, Item=item)
    assert told(one)


def test_what_a_writer_has_only_half_done_is_looked_at_once_more() -> None:
    half = {"pk": {"S": "heads"}, "sk": {"S": "inc-1"}, "seq": {"N": "1"}, "link": {"S": "ab"}}
    answers: Iterator[dict[str, Any]] = iter([{"Items": [half]}, {"Items": []}])
    aws = RecordedAws({"dynamodb:Scan": lambda *_: next(answers)})
    assert audit(aws, NAME).faults == ()
    lasting = RecordedAws({"dynamodb:Scan": lambda *_: {"Items": [half]}})
    assert audit(lasting, NAME).faults == (
        Fault("inc-1: the head of the chain", "it names entry 1, but the last one is 0"),
    )


def test_a_table_that_may_not_be_read_is_said_and_not_called_whole() -> None:
    for error, said in ((AwsDenied, "denied: needs dynamodb:Scan"), (AwsError, "Throttling")):
        aws = RecordedAws({})
        aws.failing["dynamodb:Scan"] = [error("dynamodb:Scan", "ThrottlingException", "no")]
        with pytest.raises(StoreError, match=said):
            audit(aws, NAME)

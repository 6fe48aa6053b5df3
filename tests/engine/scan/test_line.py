"""What is worked out for a whole batch at once is what it would be line by line."""

from uuid import UUID

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from stanch.engine.scan.line import TELLING, WHOLE, Clock, Form, Line, number_of, numbers_of, page

UUIDS = st.integers(0, (1 << 128) - 1).map(lambda number: str(UUID(int=number)))
ODD = st.text("0123456789abcdef-_+ \u0661", min_size=36, max_size=36)


def line(event_id: str) -> Line:
    return Line(eventTime="2026-11-22T09:00:00Z", eventID=event_id, eventSource="", eventName="")


@given(st.lists(UUIDS | ODD | st.text(max_size=40)) | st.lists(UUIDS))
@example(["ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000"])
@example(["12345678--234-1234-1234-1234567890ab", "12345678-1234-1234-123401234567890ab"])
@example(["1234567 -1234-1234-1234-1234567890ab"])
def test_ids_are_numbered_together_as_each_alone(some: list[str]) -> None:
    assert list(numbers_of([line(one) for one in some])) == [number_of(one) for one in some]


def batch(*times: str) -> bytes:
    records = (f'{{"eventTime":"{time}","eventID":"e","eventSource":"s","eventName":"n"}}' for time in times)
    return f"[{','.join(records)}]".encode()


def test_a_page_spans_its_lines() -> None:
    found = page(batch("2026-11-22T09:30:00Z", "2026-11-22T08:59:59Z", "2026-11-22T09:00:00Z"), Clock())
    assert found is not None
    assert (len(found.lines), found.first, found.last) == (3, "2026-11-22T08:59:59Z", "2026-11-22T09:30:00Z")


def test_a_time_that_no_trail_writes_sends_its_batch_the_slow_way() -> None:
    clock = Clock()
    assert page(batch("2026-11-22T09:30:00Z"), clock) is not None
    for odd in ("2026-11-31T09:30:00Z", "1999-11-22T09:30:00Z", "2005-11-22T09:30:00Z", "2026-11-22 09:30:00Z", ""):
        assert page(batch("2026-11-22T09:30:00Z", odd), clock) is None


@given(st.sets(st.sampled_from(Line.__struct_fields__)))
@example(set(Line.__struct_fields__))
def test_what_tells_a_deed_is_cut_out_of_a_line_whatever_is_decoded(asked: set[str]) -> None:
    record = {name: f"the {name}" for name in TELLING} | {"readOnly": True, "eventTime": "t", "eventID": "e"}
    for form in (Form(asked), WHOLE):
        (facts,) = form.facts(form.decode(msgspec.json.encode([record])))
        assert set(facts) == {record[name] for name in TELLING & form.fields}

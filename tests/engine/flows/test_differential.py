"""Summed by the query engine or row by row in plain Python: the same cells, on any rows."""

from collections import Counter, defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.flows.written import START, V5, row, summed, text

from stanch.domain.estate import Perimeter, Side
from stanch.engine.flows import Sides

OURS = [f"10.0.0.{n}" for n in range(1, 5)]
OTHERS = ["203.0.113.9", "198.51.100.7", "10.9.9.9"]
INTERFACES = {address: f"eni-{n}" for n, address in enumerate(OURS)}

Cell = tuple[object, ...]
Row = dict[str, Any]


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """A record as one of our interfaces would write it."""
    own, other = draw(st.sampled_from(OURS)), draw(st.sampled_from(OURS + OTHERS))
    out = draw(st.booleans())
    low, high = draw(st.sampled_from([22, 443, 8000, 33000])), draw(st.sampled_from([443, 40000, 50000]))
    start = START + draw(st.integers(0, 3 * 3600))
    return row(
        interface_id=INTERFACES[own],
        srcaddr=own if out else other,
        dstaddr=other if out else own,
        srcport=low if draw(st.booleans()) else high,
        dstport=high if draw(st.booleans()) else low,
        protocol=draw(st.sampled_from([6, 17])),
        action=draw(st.sampled_from(["ACCEPT", "ACCEPT", "REJECT"])),
        bytes=draw(st.integers(0, 10**6)),
        start=start,
        end=start + draw(st.integers(0, 600)),
        flow_direction="egress" if out else "ingress",
    )


def slowly(records: list[Row], *, directed: bool) -> dict[Cell, list[int]]:
    """What each host sent, one record after the other: bytes, count, first and last by cell."""
    sides = Sides(Perimeter())
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for each in records:
        seen[each["interface-id"]].update([each["srcaddr"], each["dstaddr"]])
    own = {
        interface: min(ends, key=lambda end: (-ends[end], sides.of(end) is not Side.INSIDE, end))
        for interface, ends in seen.items()
    }
    addresses: dict[str, set[str]] = defaultdict(set)
    for each in records:
        if not directed:
            addresses[own[each["interface-id"]]].add(each["interface-id"])
        elif each["flow-direction"] == "egress":
            addresses[each["srcaddr"]].add(each["interface-id"])
    cells: dict[Cell, list[int]] = {}
    for each in records:
        sender, accepted = each["srcaddr"], each["action"] == "ACCEPT"
        left = each["flow-direction"] == "egress" if directed else sender == own[each["interface-id"]]
        known = addresses.get(sender, set())
        host = each["interface-id"] if left else next(iter(known)) if len(known) == 1 else sender
        if not left and (accepted or (sides.of(sender) is not Side.INSIDE and len(known) != 1)):
            continue
        port = min(each["srcport"], each["dstport"])
        serves = each["srcport"] < each["dstport"] and port < 32768
        key = (host, each["start"] // 3600, sender, each["dstaddr"], port if port < 32768 else 0, serves,
               each["protocol"], accepted)  # fmt: skip
        size, count, first, last = cells.get(key, [0, 0, 1 << 62, 0])
        cells[key] = [size + each["bytes"], count + 1, min(first, each["start"]), max(last, each["end"])]
    return cells


@settings(max_examples=60, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=60), st.booleans(), st.integers(1, 3))
def test_any_rows_in_any_number_of_files_are_summed_as_one_by_one(
    records: list[Row], directed: bool, files: int
) -> None:
    fields = V5 if directed else V5[:-1]
    cells, read = summed(*(text(records[number::files], fields) for number in range(files)))
    quickly = {
        (cell.host, cell.start // 3600, cell.address, cell.to, cell.port, cell.serves, cell.protocol, cell.accepted): [
            cell.bytes, cell.count, cell.first, cell.last,
        ]
        for cell in cells
    }  # fmt: skip
    assert quickly == slowly(records, directed=directed)
    assert len(quickly) == len(cells)
    assert read.rows == len(records)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=120).filter(lambda line: b"\n" not in line), max_size=12), st.integers(0, 12))
def test_lines_of_any_bytes_never_raise_and_cost_no_other(noise: list[bytes], at: int) -> None:
    good = text([row()])
    header, line = good.splitlines(keepends=True)
    cells, read = summed(
        header + b"".join([*(each + b"\n" for each in noise[:at]), line, *(each + b"\n" for each in noise[at:])])
    )
    assert sum(cell.bytes for cell in cells if cell.to == "203.0.113.9") == 1000
    assert read.rows + read.broken >= 1

"""Flow logs become sums: what left our hosts, by whom, to whom; what cannot be read is told and costs only itself."""

import dataclasses
import io
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import duckdb
import pytest
from tests.engine.flows.written import START, V2, V5, Gone, Local, Stored, gz, line, row, summed, text

from stanch.domain.estate import Estate, Perimeter, Side
from stanch.engine.flows import Read, aggregate
from stanch.engine.flows.form import Form
from stanch.engine.flows.sections import MOST_CHANGES, Section
from stanch.engine.flows.table import KEPT_CELLS
from stanch.engine.scan.span import Span

BACK = {"srcaddr": "203.0.113.9", "dstaddr": "10.0.0.5", "srcport": 443, "dstport": 40000, "bytes": 9000}


def test_rows_of_one_hour_are_one_cell_with_everything_it_needs() -> None:
    (cell,), read = summed(text([row(), row(start=START + 600, end=START + 660), row(**BACK)]))
    assert dataclasses.asdict(cell) == {
        "start": START, "account": "111122223333", "region": "", "vpc": "", "host": "eni-0a", "interface": "eni-0a",
        "address": "10.0.0.5", "to": "203.0.113.9", "port": 443, "protocol": 6, "service": "", "side": Side.UNKNOWN,
        "accepted": True, "bytes": 2000, "packets": 20, "count": 2, "first": START, "last": START + 660,
        "files": ("0.log",), "serves": False,
    }  # fmt: skip
    assert (read.files, read.rows, read.skipped) == (1, 3, [])
    assert read.first == datetime.fromtimestamp(START, UTC)


def test_hosts_come_one_by_one_and_their_cells_in_the_order_of_time() -> None:
    rows = [
        row(
            interface_id=f"eni-{host}",
            srcaddr=f"10.0.0.{host}",
            start=START + 3600 * hour,
            end=START + 3600 * hour + 60,
        )
        for hour in (4, 3, 2, 1, 0)
        for host in (1, 2)
    ]
    cells, _ = summed(text(rows[:5]), text(rows[5:]))
    assert [cell.host for cell in cells] == ["eni-1"] * 5 + ["eni-2"] * 5
    assert [cell.start for cell in cells[:5]] == sorted(cell.start for cell in cells[:5])


def test_where_a_direction_is_logged_only_what_left_is_summed() -> None:
    rows = [row(flow_direction="egress"), row(**BACK, flow_direction="ingress")]
    (cell,), read = summed(text(rows, V5))
    assert (cell.bytes, read.rows) == (1000, 2)


def test_an_interface_is_the_address_that_stands_in_most_of_its_rows_wherever_that_is() -> None:
    own = "198.51.100.1"  # an elastic address in a subnet of public addresses
    rows = [row(srcaddr=own, dstaddr=f"192.0.2.{n}") for n in range(3)]
    rows += [row(srcaddr=f"192.0.2.{n}", dstaddr=own, srcport=443, dstport=40000) for n in range(3)]
    cells, _ = summed(text(rows))
    assert {(cell.address, cell.to) for cell in cells} == {(own, f"192.0.2.{n}") for n in range(3)}


def test_of_two_that_only_talk_to_each_other_the_one_inside_is_ours() -> None:
    (cell,), _ = summed(
        text([row(dstaddr="192.168.1.1"), row(srcaddr="192.168.1.1", dstaddr="10.0.0.5", srcport=443, dstport=40000)]),
        perimeter=Perimeter(networks=(ip_network("192.168.0.0/16"),)),
    )
    assert (cell.address, cell.to, cell.side, cell.serves) == ("192.168.1.1", "10.0.0.5", Side.OUTSIDE, True)


def test_the_real_ends_are_told_behind_a_gateway() -> None:
    (cell,), _ = summed(
        text([row(dstaddr="10.0.0.99", pkt_srcaddr="100.64.0.7", pkt_dstaddr="203.0.113.9", flow_direction="egress",
                  instance_id="i-0b", vpc_id="vpc-1", region="eu-central-1", pkt_dst_aws_service="S3")], V5)
    )  # fmt: skip
    assert (cell.address, cell.to, cell.host, cell.interface) == ("100.64.0.7", "203.0.113.9", "i-0b", "eni-0a")
    assert (cell.vpc, cell.region, cell.service) == ("vpc-1", "eu-central-1", "S3")


@pytest.mark.parametrize("order", [1, -1])
def test_what_one_file_logs_is_told_whether_a_file_before_or_after_it_logs_it(order: int) -> None:
    more = row(vpc_id="vpc-1", region="eu-central-1", pkt_dst_aws_service="S3", flow_direction="egress")
    (cell,), _ = summed(*[text([more], V5), text([row()])][::order])
    assert (cell.count, cell.vpc, cell.region, cell.service) == (2, "vpc-1", "eu-central-1", "S3")


def test_the_instance_of_one_file_names_the_host_of_another_that_does_not_log_it() -> None:
    later = row(start=START + 7200, end=START + 7260)
    cells, read = summed(text([row(instance_id="i-0b", flow_direction="egress")], V5), text([later]))
    assert [cell.host for cell in cells] == ["i-0b", "i-0b"]
    assert read.files == 2


@pytest.mark.parametrize(
    ("srcport", "dstport", "port", "serves"),
    [(40000, 443, 443, False), (8000, 51544, 8000, True), (50000, 51544, 0, False), (123, 123, 123, False)],
)
def test_the_lower_port_is_the_service(srcport: int, dstport: int, port: int, serves: bool) -> None:
    (cell,), _ = summed(text([row(srcport=srcport, dstport=dstport)]))
    assert (cell.port, cell.serves) == (port, serves)


def test_a_refused_packet_is_laid_to_whoever_of_ours_sent_it() -> None:
    knocked = row(interface_id="eni-0t", srcaddr="10.0.0.5", dstaddr="10.0.0.6", dstport=22, action="REJECT")
    target = row(interface_id="eni-0t", srcaddr="10.0.0.6", dstaddr="10.0.0.7")
    cells, read = summed(text([row(), knocked, target, target]))
    (refused,) = [cell for cell in cells if not cell.accepted]
    assert (refused.host, refused.to, refused.port) == ("eni-0a", "10.0.0.6", 22)
    assert read.refused == 0


def test_a_sender_without_a_log_of_its_own_is_its_address_and_the_internet_only_counts() -> None:
    rows = [row(srcaddr=sender, dstaddr="10.0.0.5", action="REJECT") for sender in ("10.9.9.9", "192.0.2.1")]
    cells, read = summed(text([row(), row(), row(dstaddr="10.0.0.8"), *rows]))
    assert [cell.host for cell in cells if not cell.accepted] == ["10.9.9.9"]
    assert read.refused == 1


def test_an_address_of_version_6_is_an_end_like_another() -> None:
    rows = [row(srcaddr="fd00::5", dstaddr="2001:db8::9"), row(srcaddr="2001:db8::9", dstaddr="fd00::5"), row()]
    cells, _ = summed(text(rows))
    assert {(cell.address, cell.to) for cell in cells} == {("fd00::5", "2001:db8::9"), ("10.0.0.5", "203.0.113.9")}


def test_windows_without_data_are_counted_and_missing_data_is_a_fault() -> None:
    empty = {"version": 2, "account-id": "111122223333", "interface-id": "eni-0a", "start": START, "end": START + 60}
    cells, read = summed(text([row(), {**empty, "log-status": "NODATA"}, {**empty, "log-status": "SKIPDATA"}]))
    assert (len(cells), read.rows, read.nodata, read.skipdata) == (1, 3, 1, 1)
    (skip,) = read.skipped
    assert skip.fault
    assert "SKIPDATA" in skip.why


def test_region_and_account_are_read_from_the_path_of_delivery_where_no_field_tells() -> None:
    fields = ["srcaddr", "dstaddr", "bytes", "start"]
    where = "AWSLogs/111122223333/vpcflowlogs/eu-central-1/2026/05/27/x.log.gz"
    hive = "AWSLogs/aws-account-id=444455556666/aws-service=vpcflowlogs/aws-region=us-gov-west-1/year=2026/x.log"
    cells, _ = summed(Stored(text([row()], fields), where), Stored(text([row(srcaddr="10.0.0.6")], fields), hive))
    assert [(cell.host, cell.account, cell.region) for cell in cells] == [
        ("10.0.0.5", "111122223333", "eu-central-1"),
        ("10.0.0.6", "444455556666", "us-gov-west-1"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        text([row()]),
        gz(text([row()])),
        gz(text([row()])[:60]) + gz(text([row()])[60:]),
        text([row()], end="\r\n"),
        b"\xef\xbb\xbf" + text([row()]),
        text([row()], header=False),
        text([row()]).rstrip(b"\n"),
        text([row()], list(reversed(V5))),
        b"2026-05-27T00:01:00.000Z " + text([row()], header=False),
        b"2026-05-27T00:01:00.000000+00:00 eni-1-all " + text([row()], header=False),
        text([row()]).replace(b"\n", b"\r\n", 1),
        text([row()]) + b"\n\n",
    ],
    ids=["plain", "gzip", "two members", "CRLF", "BOM", "no header", "no last newline", "other order", "CloudWatch",
         "a tail", "mixed line ends", "blank lines"],
)  # fmt: skip
def test_the_same_row_in_every_shape_is_the_same_cell(content: bytes) -> None:
    (cell,), read = summed(content)
    assert (cell.address, cell.to, cell.bytes, cell.port) == ("10.0.0.5", "203.0.113.9", 1000, 443)
    assert (read.skipped, read.broken, read.rows) == ([], 0, 1)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_further_header_inside_a_file_is_honoured_whatever_columns_it_names(end: str) -> None:
    swapped = [{"srcaddr": "dstaddr", "dstaddr": "srcaddr"}.get(name, name) for name in V2]
    files = [text([row()], fields, end=end) for fields in (V2, V2, swapped, list(reversed(V5)), V2, V2)]
    (cell,), read = summed(b"".join(files))
    assert (cell.address, cell.to, cell.bytes, cell.count) == ("10.0.0.5", "203.0.113.9", 6000, 6)
    assert (read.skipped, read.broken, read.rows, read.files) == ([], 0, 6, 1)


def test_so_it_is_wherever_the_file_is_cut_and_after_rows_without_a_header() -> None:
    many, more = (text([row(bytes=n) for n in range(30_000)], fields, header=False) for fields in (V2, V5))
    cells, read = summed(many + text([row()], V5) + more + text([row()], V2) + many)
    assert (sum(cell.count for cell in cells), read.broken, read.skipped) == (90_002, 0, [])


def test_after_a_further_header_that_lacks_what_is_summed_nothing_is_read_and_that_is_told() -> None:
    lacking = [name for name in V2 if name != "bytes"]
    cells, read = summed(text([row()]) + text([row(), row()], lacking), text([row()]))
    assert sum(cell.count for cell in cells) == 2
    assert [(skip.why, skip.part) for skip in read.skipped] == [
        ("its format does not log bytes, from a further header on; what follows is not read", True)
    ]


def test_headers_without_rows_are_passed_over_however_many_there_are() -> None:
    header = text([])
    section = Section(io.BytesIO(header * 2000 + text([row()], header=False)), Form.of_line(header))
    assert section.read((1 << 16) + 1) == text([row()], header=False), "each read takes a header alone"
    (cell,), read = summed(header * 20_000 + text([row()]))
    assert (cell.count, read.skipped) == (1, [])


@pytest.mark.parametrize("more", [0, 1])
def test_headers_that_change_the_columns_are_followed_some_hundred_times(more: int) -> None:
    parts = [text([row()], V5 if change % 2 else V2) for change in range(MOST_CHANGES + 1 + more)]
    cells, read = summed(b"".join(parts), text([row()]))
    assert sum(cell.count for cell in cells) == MOST_CHANGES + 2
    told = [("more than 500 headers that name other columns; what follows is not read", True)]
    assert [(skip.why, skip.part) for skip in read.skipped] == told * more


def test_so_are_those_without_rows_between_them() -> None:
    both = text([], V2) + text([], V5)
    section = Section(io.BytesIO(both * 50_000), Form.of_line(text([], V2)))
    while section.turn() or not section.fault:
        assert section.read(1 << 30) == b""
    assert section.fault.startswith(f"more than {MOST_CHANGES}")


@pytest.mark.parametrize(
    "bad",
    [
        "2 111122223333 eni-0a 10.0.0.5",
        line(row()) + " and more",
        line(row(bytes="many")),
        line(row(bytes="9" * 30)),
        line(row(srcaddr="\udcff").copy()).encode("utf-8", "surrogateescape").decode("latin-1"),
        "x" * 3_000_000,
    ],
    ids=["too short", "too long", "no number", "too large", "odd address", "huge"],
)
def test_a_broken_line_is_counted_and_told_and_costs_no_other(bad: str) -> None:
    lines = [line(row()), bad, line(row())]
    cells, read = summed((" ".join(V2) + "\n" + "\n".join(lines) + "\n").encode("latin-1"))
    assert sum(cell.bytes for cell in cells if cell.to == "203.0.113.9" and cell.host == "eni-0a") == 2000
    assert read.broken == 1
    assert [skip.fault for skip in read.skipped] == [True]


@pytest.mark.parametrize(
    "odd",
    [
        {"start": -5},
        {"start": 1 << 60},
        {"bytes": -1},
        {"bytes": (1 << 50) + 1},
        {"protocol": 300},
        {"dstaddr": "1.2.3"},
        {"dstaddr": "a" * 200},
        {"srcaddr": "';--"},
    ],
)
def test_a_row_that_cannot_be_reckoned_with_is_told_and_not_summed(odd: dict[str, object]) -> None:
    cells, read = summed(text([row(), {**row(), **odd}]))
    assert [cell.bytes for cell in cells] == [1000]
    assert read.broken == 1
    assert "1 rows" in read.skipped[0].why


def test_no_sum_overflows() -> None:
    (cell,), _ = summed(text([row(bytes=1 << 50, packets=1 << 50)] * 20_000))
    assert cell.bytes == cell.packets == 1 << 62


def test_a_truncated_file_is_read_to_where_it_ends_and_told() -> None:
    whole = gz(text([row(dstport=1 + n % 900, bytes=n * 7919 % 100_000) for n in range(5000)]))
    cells, read = summed(Stored(whole[: len(whole) // 2], "cut.log.gz"), text([row()]))
    assert 100 < sum(cell.count for cell in cells) < 5000
    assert [skip.path for skip in read.skipped if "truncated gzip" in skip.why] == ["cut.log.gz"]
    assert read.files == 1


def test_a_file_that_expands_beyond_the_bound_is_cut_there_and_told() -> None:
    _, read = summed(gz(text([row()] * 100_000)), limit=1 << 20)
    assert 5000 < read.rows < 20_000
    assert any("expands beyond the bound" in skip.why for skip in read.skipped)


def test_what_cannot_be_opened_or_is_no_flow_log_is_told() -> None:
    cells, read = summed(
        Gone(b"", "gone.log"), Stored(b"hello\n", "hello.log"), Stored(b"", "empty.log"), text([row()])
    )
    assert len(cells) == 1
    assert [(skip.path, skip.why.partition(":")[0]) for skip in read.skipped] == [
        ("gone.log", "cannot be opened"),
        ("hello.log", "no header names its columns, and they are not the 14 of the default format"),
        ("empty.log", "empty"),
    ]


def test_the_digest_of_each_text_file_is_kept_for_evidence() -> None:
    _, read = summed(Stored(gz(text([row()])), "a.log.gz"))
    digest, size = read.digests["a.log.gz"]
    assert len(digest) == 64
    assert size == len(gz(text([row()])))


def parquet(folder: Path, columns: str, name: str = "flow.parquet") -> bytes:
    where = folder / name
    duckdb.sql(f"COPY (SELECT {columns}) TO '{where}' (FORMAT parquet)")
    return where.read_bytes()


PARQUET = (
    "2::INTEGER AS version, '111122223333' AS account_id, 'eni-0a' AS interface_id, '10.0.0.5' AS srcaddr, "
    f"'203.0.113.9' AS dstaddr, 40000::INTEGER AS srcport, 443::INTEGER AS dstport, 6::INTEGER AS protocol, "
    f'10::BIGINT AS packets, 1000::BIGINT AS bytes, {START}::BIGINT AS start, {START + 60}::BIGINT AS "end", '
    "'ACCEPT' AS action, 'OK' AS log_status"
)


def test_parquet_says_the_same_as_text(tmp_path: Path) -> None:
    from_text, _ = summed(Stored(text([row()]), "same"))
    from_parquet, read = summed(Stored(parquet(tmp_path, PARQUET), "same"))
    assert from_parquet == from_text
    assert (read.files, read.rows) == (1, 1)


def test_parquet_of_other_columns_and_other_types_is_summed_beside_it(tmp_path: Path) -> None:
    hive = parquet(tmp_path, PARQUET + ", '2026' AS year, 'egress' AS flow_direction, 'i-0b' AS instance_id")
    words = parquet(
        tmp_path, f"'10.0.0.6' AS srcaddr, '203.0.113.9' AS dstaddr, '77' AS bytes, {START}::BIGINT AS start"
    )
    cells, read = summed(hive, words, text([row()]))
    assert [(cell.host, cell.bytes) for cell in cells] == [("10.0.0.6", 77), ("i-0b", 2000)]
    assert read.skipped == []


def test_parquet_that_is_broken_is_told_and_costs_no_other(tmp_path: Path) -> None:
    good = parquet(tmp_path, PARQUET)
    _, read = summed(Stored(good[:-20], "cut"), Stored(good, "good"), Stored(parquet(tmp_path, "1 AS a"), "other"))
    assert (read.files, read.rows) == (1, 1)
    assert [skip.path for skip in read.skipped] == ["cut", "other"]


def test_a_file_in_a_folder_whose_name_is_sql_or_a_pattern_is_only_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "it's *[a]? hive=1; DROP TABLE sums"
    folder.mkdir()
    where = folder / "flow.parquet"
    where.write_bytes(parquet(tmp_path, PARQUET))

    (cell,), read = summed(Local(b"", where=where))
    assert (cell.bytes, read.skipped) == (1000, [])


def test_a_scan_of_a_network_is_bounded_and_what_is_left_out_is_told() -> None:
    rows = [row(dstaddr=f"10.{n // 250}.0.{n % 250}") for n in range(KEPT_CELLS + 50)]
    cells, read = summed(text([*rows, row(bytes=5000)]))
    assert len(cells) == KEPT_CELLS
    assert any(cell.to == "203.0.113.9" for cell in cells)
    assert any("51 cells" in skip.why for skip in read.skipped)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with aggregate([Stored(text([row()]))], Perimeter()):
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind_when_a_person_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def stop(_: Read) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aggregate([Stored(text([row()]))], Perimeter(), on_batch=stop)
    assert list(tmp_path.iterdir()) == []


def test_how_far_it_is_can_be_followed(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    files = [Stored(text([row()])), Stored(parquet(tmp_path, PARQUET)), Stored(text([row()], V5))]
    aggregate(files, Perimeter(), on_batch=lambda read: seen.append((read.files, read.rows))).close()
    assert sorted(seen) == [(1, 1), (2, 2), (3, 3)]


def test_rows_of_a_time_that_nobody_asked_for_are_left_out() -> None:
    hours = [row(start=START + 3600 * hour, end=START + 3600 * hour + 60) for hour in range(5)]
    whole = Stored(text(hours))
    second, fourth = (datetime.fromtimestamp(START + 3600 * hour, UTC) for hour in (1, 3))
    for span, kept in ((Span(second, fourth), [1, 2]), (Span(since=fourth), [3, 4]), (Span(until=second), [0])):
        with aggregate([whole], Perimeter(), span=span) as flows:
            cells = [cell for history in flows.histories(Estate()) for cell in history.cells]
            assert [(cell.start - START) // 3600 for cell in cells] == kept
            assert (flows.read.rows, flows.read.unasked) == (len(kept), 5 - len(kept))
            assert flows.read.first == datetime.fromtimestamp(START + 3600 * kept[0], UTC)


def test_a_file_that_was_delivered_twice_counts_once_and_is_told() -> None:
    here, other = text([row()]), text([row(bytes=7)])
    contents = {"a.log": here, "b.log": here, "c.log": other.replace(b" 7 ", b" 2000 "), "d.log": here}
    files = [Stored(content, path, len(content)) for path, content in contents.items()]
    with aggregate(files, Perimeter()) as flows:
        (cell,) = (cell for history in flows.histories(Estate()) for cell in history.cells)
    assert (cell.bytes, cell.count) == (3000, 2)
    assert (flows.read.files, flows.read.rows) == (2, 2)
    assert [(skip.path, skip.why, skip.fault) for skip in flows.read.skipped] == [
        ("b.log", "the same as a.log, which counts", False),
        ("d.log", "the same as a.log, which counts", False),
    ]

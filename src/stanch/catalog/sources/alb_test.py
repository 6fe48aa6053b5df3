"""ALB access logs: a request to an inference API becomes an event with clear names, whatever its sender wrote in it."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.catalog.sources import alb
from stanch.domain.event import Event, Skipped

GROUP = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/vllm/73e2d6bc24d8a067"
REST = (
    ' "Root=1-58337281-1d84f3d73c47ec4e58577259" "llm.example.org" '
    '"arn:aws:acm:eu-central-1:111122223333:certificate/1" 1 2026-05-06T09:11:59.364000Z "waf,forward" "-" "-" '
    '"10.0.0.1:8000" "200" "-" "-" TID_1234abcd'
)


def line(
    *,
    request: str = "POST https://llm.example.org:443/v1/chat/completions HTTP/2.0",
    agent: str = "python-requests/2.32",
    client: str = "203.0.113.50:51234",
    target: str = "10.0.0.1:8000",
    numbers: str = "0.001 4.2 0.000 200 200 512 1048576",
    rest: str = REST,
) -> str:
    start = f"h2 2026-05-06T09:12:00.186641Z app/vllm/50dc6c495c0c9188 {client} {target} {numbers}"
    return f'{start} "{request}" "{agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.3 {GROUP}{rest}'


def reading(*texts: str | bytes, path: str = "x.log") -> tuple[list[Event], list[Skipped]]:
    content = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts) + b"\n"
    items = list(alb.read(path, io.BytesIO(content)))
    return [item for item in items if isinstance(item, Event)], [item for item in items if isinstance(item, Skipped)]


def only(text: str | bytes, path: str = "x.log") -> Event:
    events, skipped = reading(text, path=path)
    assert skipped == []
    (event,) = events
    return event


def test_a_request_has_its_client_target_status_and_bytes() -> None:
    event = only(line())
    record, fields = event.record, event.record["alb"]
    assert (event.log, event.time) == ("alb", datetime(2026, 5, 6, 9, 12, 0, 186641, UTC))
    assert (record["eventSource"], record["eventName"], record["readOnly"]) == ("alb.request", "POST", False)
    assert (record["sourceIPAddress"], record["userAgent"]) == ("203.0.113.50", "python-requests/2.32")
    assert (record["awsRegion"], record["recipientAccountId"]) == ("eu-central-1", "111122223333")
    assert record["requestID"] == "Root=1-58337281-1d84f3d73c47ec4e58577259"
    assert fields["url"] == "https://llm.example.org:443/v1/chat/completions"
    assert (fields["status"], fields["receivedBytes"], fields["sentBytes"]) == (200, 512, 1048576)
    assert (fields["targetAddress"], fields["targetPort"], fields["targetTime"]) == ("10.0.0.1", 8000, 4.2)
    assert (fields["tlsProtocol"], fields["connectionTraceId"]) == ("TLSv1.3", "TID_1234abcd")
    balancer = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/vllm/50dc6c495c0c9188"
    assert record["resources"][0]["ARN"] == balancer
    assert record["raw"] == line()


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)"),
        (r"say \x22hello\x22", 'say "hello"'),
        (r"say \"hello\"", 'say "hello"'),
        (r"bell \x07 stays", r"bell \x07 stays"),
        ('x" - - -', 'x" - - -'),
        ("-", None),
        ("", None),
    ],
)
def test_the_user_agent_is_whole_and_its_escapes_are_undone(agent: str, expected: str | None) -> None:
    record = only(line(agent=agent)).record
    assert record.get("userAgent") == expected
    assert record["alb"]["tlsProtocol"] == "TLSv1.3"


@pytest.mark.parametrize(
    ("client", "address", "port"),
    [("[2001:db8::1]:443", "2001:db8::1", 443), ("2001:db8::1:443", "2001:db8::1", 443), ("-", None, None)],
)
def test_an_ipv6_client_is_told_from_its_port(client: str, address: str | None, port: int | None) -> None:
    record = only(line(client=client)).record
    assert (record.get("sourceIPAddress"), record["alb"].get("clientPort")) == (address, port)


def test_a_request_that_reached_no_target_is_read_with_what_is_known() -> None:
    broken = line(request="- https://llm.example.org:443- -", target="-", numbers="-1 -1 -1 400 - 0 272")
    record = only(broken).record
    assert (record["eventName"], record["errorCode"], record["alb"]["requestTime"]) == ("-", "Http400", -1.0)
    assert "targetAddress" not in record["alb"]
    assert "targetStatus" not in record["alb"]


def test_later_fields_are_kept_and_lines_of_older_logs_are_read() -> None:
    added = ' "llm.internal" "/v2" "TransformSuccess" another "one more"'
    fields = only(line(rest=REST + added)).record["alb"]
    assert fields["transformedHost"] == "llm.internal"
    assert fields["more"] == ["another", "one more"]
    assert "traceId" not in only(line(rest="")).record["alb"]


def test_region_and_account_come_from_the_path_where_no_target_group_tells_them() -> None:
    path = "AWSLogs/444455556666/elasticloadbalancing/eu-west-3/2026/05/06/x.log.gz"
    record = only(line().replace(GROUP, "-"), path=path).record
    assert (record["awsRegion"], record["recipientAccountId"]) == ("eu-west-3", "444455556666")


def test_a_token_in_the_url_is_struck_out_everywhere() -> None:
    record = only(line(request="GET https://llm.example.org:443/v1/models?access_token=hush&x=1 HTTP/1.1")).record
    assert "hush" not in str(record)
    assert record["alb"]["url"].endswith("?access_token=[struck out]&x=1")


def test_bad_lines_are_told_once_and_the_others_are_read() -> None:
    events, skipped = reading(
        "type time elb client:port",
        line()[:120],
        line(),
        line().encode() + b"\r",
        line()[:99],
        line().replace("2026-05", "2026-77", 1),
    )
    assert len(events) == 2
    assert len({event.id for event in events}) == 1
    assert sorted((skip.why, skip.fault) for skip in skipped) == [
        ("a header line, no request", False),
        ("a line that is cut short or no ALB access log line (2 lines, the first is number 2)", True),
        ("a line whose time is not a time", True),
    ]


def test_invalid_utf8_does_not_hide_a_request() -> None:
    assert only(line().encode().replace(b"python", b"\xff\0")).record["userAgent"] == "\\xff\\x00-requests/2.32"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (line().encode(), True),
        (b"type time elb\n" + line().encode(), True),
        (b"2026-05-06T09:12:00.186641Z my-classic 203.0.113.50:2817 10.0.0.1:80 0 0 0 200", False),
        (b"tls 2.0 2026-05-06T09:12:00 net/x/1 1 10.0.0.1:80", False),
        (b'{"Records": [', False),
        (b"", False),
    ],
)
def test_recognises_its_own_files(head: bytes, expected: bool) -> None:
    assert alb.recognises("x", head) is expected


def test_a_request_to_a_model_is_a_call_and_another_is_none() -> None:
    call = alb.call_of(only(line()))
    assert call is not None
    assert (call.operation, call.status, call.address) == ("chat", 200, "203.0.113.50")
    assert (call.bytes_in, call.bytes_out, call.first_ms) == (512, 1048576, 4200.0)
    assert call.total_ms == pytest.approx(4201.0)
    assert (call.request, call.region) == ("1-58337281-1d84f3d73c47ec4e58577259", "eu-central-1")
    assert alb.call_of(only(line(request="GET https://llm.example.org:443/ HTTP/2.0"))) is None
    unanswered = alb.call_of(only(line(target="-", numbers="-1 -1 -1 503 - 512 0")))
    assert unanswered is not None
    assert (unanswered.status, unanswered.total_ms, unanswered.first_ms) == (503, -1, -1)


_WORDS = st.sampled_from([*line().split(" "), '"', '" "', "-", "\\x22", "\\", '\\"', "\0", "é", "9" * 400])


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join) | st.text(max_size=200), st.binary(max_size=20))
def test_never_raises_on_any_line(text: str, noise: bytes) -> None:
    for content in (text.encode("utf-8", "surrogatepass") + noise, f"{line()[:160]}{text}".encode()):
        for item in alb.read("x", io.BytesIO(content)):
            assert isinstance(item, Event | Skipped)

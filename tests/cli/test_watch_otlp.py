"""OpenTelemetry's own exporters send to a watch over HTTP; a cycle tells it, and nothing of their words stays."""

import http.client
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk", reason="OpenTelemetry's SDK, which emits what is received here, is absent")

from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from tests.cli.test_stopped import trail

from stanch.app.watch import Cycle, Watching
from stanch.app.watch_opening import watching
from stanch.domain.estate import Estate
from stanch.stores.search import Search
from stanch.web.otlp import Listening

RUNS = "inference/training_data_drawn_out"
SECRET = "Zq9-planted-Secret-4711"
RESOURCE = Resource({"service.name": "reports"})


def nowhere(_: datetime) -> Search:
    return Search([])


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[tuple[Watching, str]]:
    with watching(tmp_path, Estate(), None, nowhere, window=timedelta(days=7), listening=Listening("127.0.0.1", 0)) as (
        running,
        where,
    ):
        assert where is not None
        yield running, where.url


def attributes(number: int) -> dict[str, Any]:
    """A call whose answer leaves a long repeat of one word, by one key of a gateway."""
    answer = " ".join(["poem"] * 60) + f" {SECRET} " + " ".join(f"w{n}" for n in range(40))
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "llama-70b",
        "gen_ai.usage.input_tokens": 60,
        "gen_ai.usage.output_tokens": 120,
        "gen_ai.response.id": f"chatcmpl-{number}",
        "metadata.user_api_key_hash": "ab" * 32,
        "gen_ai.input.messages": f'[{{"role":"user","parts":[{{"type":"text","content":"say {SECRET} {number}"}}]}}]',
        "gen_ai.output.messages": f'[{{"role":"assistant","parts":[{{"type":"text","content":"{answer}"}}]}}]',
    }


def emit(url: str, calls: Sequence[int], compression: Compression = Compression.Gzip) -> None:
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces", compression=compression)))
    tracer = provider.get_tracer("app")
    for number in calls:
        tracer.start_span("chat llama-70b", attributes=attributes(number)).end()
    provider.shutdown()


def emit_each(url: str, count: int) -> None:
    for number in range(count):
        emit(url, [number])


def emit_events(url: str, calls: Sequence[int]) -> None:
    provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{url}/v1/logs")))
    logger = provider.get_logger("app")
    for number in calls:
        logger.emit(
            LogRecord(
                timestamp=time.time_ns(),
                event_name="gen_ai.client.inference.operation.details",
                attributes=attributes(number),
            )
        )
    provider.shutdown()


def detections(done: Cycle) -> set[str]:
    return {finding.detection for one in done.incidents for finding in one.findings}


def cycle(running: Watching) -> Cycle:
    done = running.cycle(datetime.now(UTC))
    for one in done.incidents:
        running.told(one)
    return done


def holding(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.parametrize("compression", [Compression.Gzip, Compression.NoCompression])
def test_what_the_sdk_sends_becomes_an_incident_once(
    watch: tuple[Watching, str], tmp_path: Path, compression: Compression
) -> None:
    running, url = watch
    emit(url, range(20), compression)
    first = cycle(running)
    assert RUNS in detections(first)
    assert (first.events, first.coverage.logs) == (20, {"otel": first.received})
    again = cycle(running)
    assert (again.incidents, again.events, again.coverage.events) == ((), 0, 20)
    assert holding(tmp_path, SECRET) == []
    assert list((tmp_path / "watch" / "spool").iterdir()) == []


def test_an_incident_that_grows_is_told_again(watch: tuple[Watching, str]) -> None:
    running, url = watch
    emit(url, range(12))
    (before,) = cycle(running).incidents
    emit(url, range(12, 15))
    (after,) = cycle(running).incidents
    assert after.id == before.id
    assert sum(finding.count for finding in after.findings) > sum(finding.count for finding in before.findings)


def test_log_events_are_received_too_and_join_their_spans(watch: tuple[Watching, str]) -> None:
    running, url = watch
    emit(url, range(20))
    emit_events(url, range(20))
    done = cycle(running)
    assert RUNS in detections(done)
    assert done.coverage.events == 40


def test_a_request_that_is_sent_twice_counts_once(watch: tuple[Watching, str]) -> None:
    running, url = watch
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    twice = OTLPSpanExporter(f"{url}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(twice))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    tracer = provider.get_tracer("app")
    for number in range(20):
        tracer.start_span("chat llama-70b", attributes=attributes(number)).end()
    provider.shutdown()
    assert cycle(running).coverage.events == 20


def test_what_was_received_outlives_the_process(tmp_path: Path) -> None:
    here = Listening("127.0.0.1", 0)
    with watching(tmp_path, Estate(), None, nowhere, window=timedelta(days=7), listening=here) as (_, where):
        assert where is not None
        emit(where.url, range(20))
    with watching(tmp_path, Estate(), None, nowhere, window=timedelta(days=7)) as (running, _):
        assert RUNS in detections(cycle(running))
    with watching(tmp_path, Estate(), None, nowhere, window=timedelta(days=7)) as (running, _):
        assert cycle(running).coverage.events == 20, "parts are kept"


def test_many_requests_become_few_parts_and_tell_the_same(watch: tuple[Watching, str], tmp_path: Path) -> None:
    running, url = watch
    told: set[str] = set()
    for number in range(20):
        emit(url, [number])
        told |= detections(cycle(running))
    assert RUNS in told
    with sqlite3.connect(tmp_path / "watch" / "parts.db") as database:
        assert database.execute("SELECT COUNT(*) FROM parts").fetchone()[0] < 10
    emit(url, [20])
    done = cycle(running)
    assert done.coverage.events == 21
    assert [sum(f.count for f in one.findings) for one in done.incidents] == [21]


def test_a_span_that_is_no_call_is_told_once_with_a_count(watch: tuple[Watching, str]) -> None:
    running, url = watch
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces"), max_export_batch_size=2))
    for _ in range(10):
        provider.get_tracer("app").start_span("GET /", attributes={"http.route": "/"}).end()
    provider.shutdown()
    done = cycle(running)
    (skip,) = done.coverage.files_skipped
    assert (skip.why, skip.fault) == ("spans that are no call of a model (10 of them)", False)
    emit(url, [1])
    later = cycle(running)
    assert later.coverage.logs == {"otel": done.received + later.received}


def test_a_kill_in_the_middle_of_a_request_costs_that_request_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stanch", "watch", "--otlp", "127.0.0.1:0", "--format", "json",
               "--state", str(tmp_path / "state")]  # fmt: skip
    with subprocess.Popen(
        [*command, "--every", "1h"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stderr.readline().split()[3].removesuffix("/v1/traces")
        assert json.loads(process.stdout.readline())["kind"] == "coverage"  # of the first cycle, before anything came
        emit(url, range(20))
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as sender:
            sender.sendall(
                b"POST /v1/traces HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n"
            )
            sender.sendall(SECRET.encode() * 100_000)
            process.kill()
            out, err = process.communicate(timeout=20)
    assert (out, SECRET in err) == ("", False)
    spooled = list((tmp_path / "state" / "watch" / "spool").iterdir())
    assert [path.suffix for path in spooled] == [".pb"]
    assert spooled[0].stat().st_mode & 0o777 == 0o600
    again = subprocess.run([*command, "--cycles", "1"], capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert RUNS in {line.get("detection") for line in lines}
    assert lines[-1]["events"] == 20
    assert holding(tmp_path, SECRET) == []
    assert SECRET not in again.stdout + again.stderr


def test_what_nobody_read_in_a_day_is_deleted_and_told(tmp_path: Path) -> None:
    here = Listening("127.0.0.1", 0)
    with watching(tmp_path, Estate(), None, nowhere, window=timedelta(days=7), listening=here) as (running, where):
        assert where is not None
        emit(where.url, range(20))
        done = running.cycle(datetime.now(UTC) + timedelta(days=1, minutes=1))
    assert [skip.why for skip in done.coverage.files_skipped] == [
        "1 request waited for more than a day, and is deleted"
    ]
    assert holding(tmp_path, SECRET) == []


def test_no_word_is_kept_where_a_request_cannot_be_read(watch: tuple[Watching, str], tmp_path: Path) -> None:
    running, url = watch
    for body in (f'{{"resourceSpans": [{{"{SECRET}": 1}}], "{SECRET}": [', f'{{"resourceSpans": "{SECRET}"}}'):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("POST", "/v1/traces", body.encode(), {"Content-Type": "application/json"})
        told = connection.getresponse().read()
        assert SECRET.encode() not in told
    done = cycle(running)
    assert SECRET not in repr(done)
    assert holding(tmp_path, SECRET) == []


def test_a_sender_is_told_how_many_spans_cannot_be_read(watch: tuple[Watching, str]) -> None:
    running, url = watch
    body = b'{"resourceSpans": [{"scopeSpans": [{"spans": [7, [], {"name": "chat"}]}]}]}'
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("POST", "/v1/traces", body, {"Content-Type": "application/json"})
    told = json.loads(connection.getresponse().read())["partialSuccess"]
    assert told == {"rejectedSpans": "2", "errorMessage": "a record that is no JSON object (2 records)"}
    skips = {(skip.why, skip.fault) for skip in cycle(running).coverage.files_skipped}
    assert ("a record that is no JSON object (2 of them)", True) in skips


def test_requests_come_in_while_processes_read_logs(tmp_path: Path) -> None:
    trail(tmp_path / "logs", 100, 20)

    def search(_: datetime) -> Search:
        return Search([str(tmp_path / "logs")])

    here = Listening("127.0.0.1", 0)
    with watching(
        tmp_path / "state", Estate(), None, search, window=timedelta(days=7), listening=here, processes=2
    ) as (running, where):
        assert where is not None
        sender = threading.Thread(target=emit_each, args=(where.url, 30))
        sender.start()
        received = cycle(running).received
        sender.join()
        trail(tmp_path / "logs" / "more", 100, 21)
        done = cycle(running)
    assert received + done.received == 30
    assert done.coverage.logs["otel"] == 30

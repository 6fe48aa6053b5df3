"""S3 server access logs: a line becomes the call it was, and no byte that a caller chose hides it or its neighbours."""

import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.catalog.sources import s3_access
from stanch.domain.event import Event, Skipped

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
SESSION = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-0123456789abcdef0"
HOST = "acme-weights.s3.eu-central-1.amazonaws.com"
TAIL = f"- s9lzHYrFp76ZVxRc= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader {HOST} TLSv1.3"


def line(
    *,
    requester: str = SESSION,
    operation: str = "REST.GET.OBJECT",
    key: str = "llama/model-00001-of-00002.safetensors",
    uri: str | None = None,
    answer: str = "200 - 4294967296 4294967296 70 10",
    referer: str = '"-"',
    agent: str = '"Boto3/1.42"',
    tail: str = TAIL,
    address: str = "10.0.4.17",
    time: str = "06/May/2026:09:12:00 +0000",
) -> str:
    request = f'"GET /acme-weights/{key} HTTP/1.1"' if uri is None else uri
    start = f"{OWNER} acme-weights [{time}] {address} {requester} 3E57427F3EXAMPLE {operation} {key} {request}"
    return f"{start} {answer} {referer} {agent} {tail}"


def reading(*texts: str | bytes, path: str = "2026-05-06-09-20-00-ABC") -> tuple[list[Event], list[Skipped]]:
    content = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts) + b"\n"
    items = list(s3_access.read(path, io.BytesIO(content)))
    return [item for item in items if isinstance(item, Event)], [item for item in items if isinstance(item, Skipped)]


def only(text: str | bytes, path: str = "x") -> Event:
    events, skipped = reading(text, path=path)
    assert skipped == []
    (event,) = events
    return event


def test_a_read_has_the_names_that_cloudtrail_gives_it() -> None:
    event = only(line())
    record = event.record
    assert (event.log, event.time) == ("s3_access", datetime(2026, 5, 6, 9, 12, tzinfo=UTC))
    assert (record["eventSource"], record["eventName"], record["readOnly"]) == ("s3.amazonaws.com", "GetObject", True)
    assert record["eventTime"] == "2026-05-06T09:12:00Z"
    assert record["userIdentity"]["type"] == "AssumedRole"
    assert record["userIdentity"]["arn"] == SESSION
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "vllm-serving"
    key = "llama/model-00001-of-00002.safetensors"
    assert record["requestParameters"]["bucketName"] == "acme-weights"
    assert record["requestParameters"]["key"] == key
    assert record["additionalEventData"]["bytesTransferredOut"] == 4294967296
    assert record["additionalEventData"]["AuthenticationMethod"] == "AuthHeader"
    assert (record["sourceIPAddress"], record["userAgent"]) == ("10.0.4.17", "Boto3/1.42")
    assert record["awsRegion"] == "eu-central-1"
    assert record["resources"][0]["ARN"] == f"arn:aws:s3:::acme-weights/{key}"
    assert record["raw"] == line()
    assert "errorCode" not in record


@pytest.mark.parametrize(
    ("requester", "type_", "says"),
    [
        ("arn:aws-eusc:iam::111122223333:user/team/eve", "IAMUser", {"userName": "eve", "accountId": "111122223333"}),
        ("arn:aws:iam::111122223333:root", "Root", {"accountId": "111122223333"}),
        ("arn:aws:sts::111122223333:federated-user/eve", "FederatedUser", {"userName": "eve"}),
        ("-", "AWSAccount", {"accountId": "anonymous", "principalId": "ANONYMOUS_PRINCIPAL"}),
        (OWNER, "AWSAccount", {"principalId": OWNER}),
        ("svc:cloudtrail.amazonaws.com", "AWSService", {"invokedBy": "cloudtrail.amazonaws.com"}),
        ("AmazonS3", "AWSService", {"invokedBy": "s3.amazonaws.com"}),
        ("something-new", "Unknown", {"principalId": "something-new"}),
    ],
)
def test_the_requester_is_told_as_far_as_the_line_tells_it(requester: str, type_: str, says: dict[str, str]) -> None:
    identity = only(line(requester=requester)).record["userIdentity"]
    assert identity["type"] == type_
    assert says.items() <= identity.items()


@pytest.mark.parametrize(
    ("operation", "key", "name", "reads"),
    [
        ("REST.PUT.OBJECT", "a", "PutObject", False),
        ("REST.HEAD.OBJECT", "a", "HeadObject", True),
        ("REST.DELETE.OBJECT", "a", "DeleteObject", False),
        ("BATCH.DELETE.OBJECT", "a", "DeleteObject", False),
        ("REST.POST.MULTI_OBJECT_DELETE", "-", "DeleteObjects", False),
        ("WEBSITE.GET.OBJECT", "a", "GetObject", True),
        ("REST.GET.BUCKET", "-", "ListObjects", True),
        ("REST.GET.BUCKETVERSIONS", "-", "ListObjectVersions", True),
        ("REST.PUT.BUCKETPOLICY", "-", "PutBucketPolicy", False),
        ("REST.PUT.ACL", "-", "PutBucketAcl", False),
        ("REST.PUT.ACL", "a", "PutObjectAcl", False),
        ("REST.DELETE.PUBLIC_ACCESS_BLOCK", "-", "DeleteBucketPublicAccessBlock", False),
        ("REST.PUT.LIFECYCLE", "-", "PutBucketLifecycle", False),
        ("S3.EXPIRE.OBJECT", "a", "S3.EXPIRE.OBJECT", False),
        ("REST.FETCH.MOON", "-", "REST.FETCH.MOON", False),
        ("ODD", "-", "ODD", False),
    ],
)
def test_an_operation_is_called_by_its_api_and_an_unknown_one_as_it_is_logged(
    operation: str, key: str, name: str, reads: bool
) -> None:
    record = only(line(operation=operation, key=key)).record
    assert (record["eventName"], record["readOnly"]) == (name, reads)


def test_the_reading_half_of_a_copy_names_its_source_and_no_destination() -> None:
    copied = line(
        operation="REST.COPY.OBJECT_GET", uri="-", answer="200 - - 13538337 - -", referer="-", agent="-", tail="-"
    )
    record = only(copied).record
    assert record["eventName"] == "CopyObject"
    source = "acme-weights/llama/model-00001-of-00002.safetensors"
    assert record["requestParameters"] == {"x-amz-copy-source": source}
    assert record["additionalEventData"]["objectSize"] == 13538337
    assert record["additionalEventData"]["bytesTransferredOut"] == 0
    assert "userAgent" not in record


@pytest.mark.parametrize(
    ("referer", "agent", "expected"),
    [
        ('"-"', '"Mozilla/5.0 (X11; Linux x86_64) like Gecko"', "Mozilla/5.0 (X11; Linux x86_64) like Gecko"),
        ('"-"', '"a "quoted" agent"', 'a "quoted" agent'),
        ('"-"', '"x" - - SigV4 - AuthHeader forged TLSv1.2 - -"', 'x" - - SigV4 - AuthHeader forged TLSv1.2 - -'),
        ('"https://example.org/?id=452""', '"Mozilla/5.0"', "Mozilla/5.0"),
        ('"-"', '""', ""),
        ('"https://example.org/"', "-", None),
        ("-", '"Mozilla/5.0"', "Mozilla/5.0"),
        ("-", "-", None),
    ],
)
def test_the_user_agent_is_whole_whatever_quotes_stand_in_it(referer: str, agent: str, expected: str | None) -> None:
    record = only(line(referer=referer, agent=agent)).record
    assert record.get("userAgent") == expected
    data = record["additionalEventData"]
    assert (data["SignatureVersion"], data["AuthenticationMethod"], data["TlsVersion"]) == (
        "SigV4",
        "AuthHeader",
        "TLSv1.3",
    )


def test_a_caller_cannot_forge_the_answer_through_what_he_sends() -> None:
    forged = line(agent='"x" 404 NoSuchKey 0 0 1 1 "-" "y"', answer="200 - 77 77 1 1").replace(
        '"-"', '"r" 404 N 0 0 1 1"', 1
    )
    record = only(forged).record
    assert record["additionalEventData"]["bytesTransferredOut"] == 77
    assert "errorCode" not in record


def test_fields_added_later_are_kept_and_missing_ones_of_old_logs_are_no_fault() -> None:
    new = only(line(tail=TAIL + " arn:aws:s3:eu-central-1:111122223333:accesspoint/a Yes later fields")).record
    assert new["additionalEventData"]["more"] == ["later", "fields"]
    assert new["additionalEventData"]["aclRequired"] == "Yes"
    old = only(line(tail="-")).record
    assert "SignatureVersion" not in old["additionalEventData"]
    bare = re.sub(r' "-" "Boto3.*', "", line())
    assert only(bare).record["eventName"] == "GetObject"


@pytest.mark.parametrize(
    ("logged", "path", "key"),
    [
        ("a%2520b.gguf", "/acme-weights/a%20b.gguf", "a b.gguf"),
        ("a%20b.gguf", "/acme-weights/a%20b.gguf", "a b.gguf"),
        ("a+b.gguf", "/a%20b.gguf?versionId=1", "a b.gguf"),
        ("a%2Bb.gguf", "/a%2Bb.gguf", "a+b.gguf"),
        ("m%25C3%25B6.gguf", "/m%C3%B6.gguf", "mö.gguf"),
        ("50%25.txt", "/acme-weights/50%25.txt", "50%.txt"),
    ],
)
def test_the_key_is_the_one_that_was_asked_for_however_often_it_was_encoded(logged: str, path: str, key: str) -> None:
    record = only(line(key=logged, uri=f'"GET {path} HTTP/1.1"')).record
    assert record["requestParameters"]["key"] == key


def test_a_presigned_url_tells_its_key_and_region_and_its_signature_is_struck_out() -> None:
    query = "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260506%2Feu-west-3%2Fs3%2Faws4_request"
    uri = f'"GET /k?{query}&X-Amz-Security-Token=FQoG&X-Amz-Signature=deadbeef HTTP/1.1"'
    record = only(line(uri=uri, tail=TAIL.replace("AuthHeader", "QueryString"))).record
    assert record["userIdentity"]["accessKeyId"] == "AKIAIOSFODNN7EXAMPLE"
    assert record["awsRegion"] == "eu-west-3"
    assert record["additionalEventData"]["AuthenticationMethod"] == "QueryString"
    assert "deadbeef" not in str(record)
    assert "FQoG" not in str(record)


def test_a_stranger_without_credentials_gets_no_key_from_what_he_claims() -> None:
    uri = '"GET /k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE HTTP/1.1"'
    assert "accessKeyId" not in only(line(requester="-", uri=uri)).record["userIdentity"]


def test_region_and_account_come_from_where_the_log_was_delivered() -> None:
    path = "logs/111122223333/eu-south-2/acme-weights/2026/05/06/2026-05-06-09-20-00-ABC"
    record = only(line(), path=path).record
    assert (record["awsRegion"], record["recipientAccountId"]) == ("eu-south-2", "111122223333")
    assert record["resources"][1]["accountId"] == "111122223333"


def test_a_sovereign_region_makes_the_arns_of_its_partition() -> None:
    record = only(
        line(requester="-", tail=TAIL.replace("eu-central-1.amazonaws.com", "eusc-de-east-1.amazonaws.eu"))
    ).record
    assert record["awsRegion"] == "eusc-de-east-1"
    assert record["resources"][1]["ARN"] == "arn:aws-eusc:s3:::acme-weights"


@pytest.mark.parametrize(
    ("answer", "error"),
    [("403 AccessDenied 243 - 3 -", "AccessDenied"), ("403 - - - 3 -", "Http403"), ("304 - - 10 3 -", None)],
)
def test_a_refusal_is_an_error_also_where_s3_gives_no_code(answer: str, error: str | None) -> None:
    assert only(line(answer=answer)).record.get("errorCode") == error


def test_ipv6_and_odd_zones_are_read() -> None:
    event = only(line(address="2001:db8::17", time="06/May/2026:11:12:00 +0200"))
    assert event.record["sourceIPAddress"] == "2001:db8::17"
    assert event.time == datetime(2026, 5, 6, 9, 12, tzinfo=UTC)


def test_invalid_utf8_and_nul_in_a_user_agent_do_not_hide_the_line() -> None:
    event = only(line().encode().replace(b"Boto3", b"\xff\xfe\x00Boto3"))
    assert event.record["userAgent"] == "\\xff\\xfe\\x00Boto3/1.42"


def test_a_byte_order_mark_and_carriage_returns_are_not_part_of_the_line() -> None:
    events, skipped = reading(b"\xef\xbb\xbf" + line().encode() + b"\r", b"\r", line().encode() + b"\r")
    assert skipped == []
    assert len({event.id for event in events}) == 1  # the same line delivered twice is one event
    assert len(events) == 2


def test_bad_lines_are_told_once_with_a_count_and_the_others_are_read() -> None:
    cut, late = line()[:150], line(time="06/May/1999:09:12:00 +0000")
    events, skipped = reading("bucketowner bucket requestdatetime remoteip", cut, line(), late, cut, line(time="soon"))
    assert len(events) == 1
    assert sorted((skip.why, skip.fault) for skip in skipped) == [
        ("a header line, no request", False),
        ("a line that is cut short or no S3 access log line (2 lines, the first is number 2)", True),
        ("a line whose time is not a time", True),
        ("a line whose time is not between 2006 and 2100", True),
    ]


def test_a_line_without_end_is_bounded_and_the_next_is_read() -> None:
    events, skipped = reading(b"x" * 1_000_000, line())
    assert [skip.why for skip in skipped] == ["a line longer than 131072 bytes"]
    assert len(events) == 1


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (line().encode(), True),
        (b"\xef\xbb\xbf" + line().encode(), True),
        (b"Bucket_Owner Bucket Time\n" + line().encode(), True),
        (b'{"Records": [', False),
        (b"2 123456789012 eni-1 10.0.0.1", False),
        (b"PAR1", False),
        (b"", False),
    ],
)
def test_recognises_its_own_files(head: bytes, expected: bool) -> None:
    assert s3_access.recognises("x", head) is expected


_WORDS = st.sampled_from([*line().split(" "), '"', '" "', "-", "[", "]", "\\", "%", "%25", "\0", "é", "200 - 1 1 1 1"])


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join) | st.text(max_size=200), st.binary(max_size=20))
def test_never_raises_on_any_line(text: str, noise: bytes) -> None:
    for content in (text.encode("utf-8", "surrogatepass") + noise, f"{line()[:200]}{text}".encode()):
        for item in s3_access.read("x", io.BytesIO(content)):
            assert isinstance(item, Event | Skipped)

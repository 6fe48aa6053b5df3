"""Requests that no SDK would send: refused, and the range lives on."""

import pytest
from tests.range.accounts import Account
from tests.range.plain_http import fetch

from stanch.range.stage import Staged

SIGNED = (
    "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/bucket-x/key?X-Amz-Credential=a/b/c/s3/aws4_request&X-Amz-Signature=0&X-Amz-Date=x&X-Amz-Expires=y"),
        ("GET", "/bucket-x/key?X-Amz-Credential=a/b/c/s3/aws4_request"),
        ("GET", "/bucket-x/key?AWSAccessKeyId=AKIA&Signature=x&Expires=1"),
        ("GET", "/%00/%ff?%00=%ff"),
        ("PATCH", "/bucket-x"),
        ("GET", "/range/imds/../../etc/passwd"),
        ("POST", "/range/enforce/../flush"),
        ("DELETE", "/range/flush"),
    ],
)
def test_a_strange_request_gets_an_answer_below_500_or_not_implemented(staged: Staged, method: str, path: str) -> None:
    status, _ = fetch(staged.range_.endpoint + path, method)
    assert 400 <= status < 500 or status == 501


@pytest.mark.parametrize("service", ["s3", "iam", "ec2", "sts", "no-such-service", "../s3", ""])
def test_a_forged_signature_is_refused_for_every_service(staged: Staged, service: str) -> None:
    header = SIGNED.format(key=staged.admin.access_key_id, service=service)
    body = b"Action=ListUsers&Version=2010-05-08"
    headers = {"Authorization": header, "Content-Type": "application/x-www-form-urlencoded"}
    status, _ = fetch(f"{staged.range_.endpoint}/", "POST", body, headers)
    assert status in (400, 403, 501)


def test_a_body_that_is_not_xml_is_refused(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket()
    status, _ = fetch(f"{staged.range_.endpoint}/{bucket}?versioning", "PUT", b"<Versioning")
    assert status in (400, 403, 501)


def test_the_range_still_answers_after_all_that(ours: Account) -> None:
    assert ours.s3.list_buckets()["Buckets"]

"""The policy on the how-to page is enough to hunt with; without one of its statements a line says which is missing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ground import Ground, opened

from stanch.aws import Credentials, Doorway
from stanch.stores.search import Search

PAGE = Path(__file__).parents[2] / "docs/how-to/hunt-in-s3.md"
KEY = "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/20/a.json.gz"


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with opened() as staged:
        yield staged


def policy(bucket: str, without: str = "") -> dict[str, Any]:
    text = re.search(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert text is not None
    document: dict[str, Any] = json.loads(text[1].replace("acme-trail", bucket))
    document["Statement"] = [one for one in document["Statement"] if one["Action"] != without]
    return document


def reader(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]) -> Doorway:
    """The way of a user with this policy, through a profile of its own."""
    name = ground.name("reader")
    ground.admin.call("iam", "CreateUser", UserName=name)
    ground.admin.call("iam", "PutUserPolicy", UserName=name, PolicyName="hunt", PolicyDocument=json.dumps(document))
    key: Credentials = ground.key(name)
    file = tmp_path / "credentials"
    file.write_text(f"[{name}]\naws_access_key_id={key.access_key_id}\naws_secret_access_key={key.secret}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    return Doorway(profile=name, region=ground.staged.region, endpoint=ground.staged.range_.endpoint)


def filled(ground: Ground) -> str:
    bucket = ground.bucket(key=None)
    ground.admin.call("s3", "PutObject", Bucket=bucket, Key=KEY, Body=b"trail")
    ground.admin.call("s3", "PutObject", Bucket=bucket, Key="other/secret", Body=b"no log")
    return bucket


def tried(path: str, way: Doorway) -> list[str]:
    """What each entry holds, or why it cannot be opened."""
    told: list[str] = []
    for file in Search([path], doorway=way):
        try:
            with file.open() as stream:
                told.append(stream.read().decode())
        except OSError as error:
            told.append(str(error.strerror))
    return told


def test_the_policy_on_the_page_is_enough(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = filled(ground)
    way = reader(ground, tmp_path, monkeypatch, policy(bucket))
    assert tried(f"s3://{bucket}/AWSLogs/", way) == ["trail"]


def test_the_policy_on_the_page_opens_nothing_else(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = filled(ground)
    way = reader(ground, tmp_path, monkeypatch, policy(bucket))
    for path in (f"s3://{bucket}", f"s3://{bucket}/other/"):
        (why,) = tried(path, way)
        assert "s3:ListBucket" in why


@pytest.mark.parametrize("permission", ["s3:ListBucket", "s3:GetObject"])
def test_without_a_permission_the_line_names_it(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, permission: str
) -> None:
    bucket = filled(ground)
    way = reader(ground, tmp_path, monkeypatch, policy(bucket, without=permission))
    (why,) = tried(f"s3://{bucket}/AWSLogs/", way)
    assert f"needs {permission} on s3://{bucket}/" in why


def test_a_bucket_that_does_not_exist_is_said_so(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = reader(ground, tmp_path, monkeypatch, policy("acme-nowhere"))
    (why,) = tried("s3://acme-nowhere/AWSLogs/", way)
    assert "no such bucket" in why or "s3:ListBucket" in why


def test_a_role_can_be_assumed_on_the_way(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = filled(ground)
    assume = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}], "Version": "2012-10-17"}
    way = reader(ground, tmp_path, monkeypatch, assume)
    person = f"arn:{ground.admin.partition}:iam::{ground.account}:user/{way.profile}"
    role = ground.role(trusted=[person])
    (why,) = tried(f"s3://{bucket}/AWSLogs/", way)
    assert "s3:ListBucket" in why
    there = Doorway(way.profile, way.region, way.endpoint, role)
    assert tried(f"s3://{bucket}/AWSLogs/", there) == ["trail"]
    assert there.door().caller.endswith("/stanch-hunt")

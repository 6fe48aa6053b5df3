"""The hunt as a whole: events in, incidents out, each deed counted once and laid at the right door."""

import io
import json
from dataclasses import dataclass
from typing import Any, BinaryIO

import pytest

from stanch import app, estate
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.domain.severity import Severity
from stanch.engine import lineage

ACCOUNT, OUTSIDE = "111122223333", "999988887777"
DECLARED = f"""
[perimeter]
accounts = ["{ACCOUNT}"]
networks = ["10.0.0.0/8"]
[[asset]]
name = "llama"
kind = "weights"
where = "s3://acme-weights/llama/"
[[asset]]
name = "tickets"
kind = "training-data"
where = "s3://acme-training/"
personal_data = {{ categories = ["contact"], persons = 12, records = 34 }}
[[principal]]
match = "arn:*:iam::{ACCOUNT}:role/serving"
purpose = "serving"
[[export]]
by = "arn:*:iam::{ACCOUNT}:role/partner-export"
asset = "tickets"
from = 2026-11-22T00:00:00Z
until = 2026-11-23T00:00:00Z
max_bytes = 2000
owner = "ml-platform"
why = "the yearly audit"
"""


@dataclass
class Bytes:
    content: bytes
    path: str = "AWSLogs/111122223333/CloudTrail/x.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


def session(role: str, name: str = "job", key: str = "ASIAEXAMPLE00000001", account: str = ACCOUNT) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{role}"}},
    }


def event(number: int, name: str, identity: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "eventID": f"00000000-0000-0000-0000-{number:012}",
        "eventTime": f"2026-11-22T{3 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventName": name,
        "eventSource": "s3.amazonaws.com",
        "awsRegion": "eu-central-1",
        "recipientAccountId": ACCOUNT,
        "sourceIPAddress": "10.1.2.3",
        "userIdentity": identity,
        **more,
    }


def read(number: int, identity: dict[str, Any], bucket: str, key: str, size: int = 100, **more: Any) -> dict[str, Any]:
    return event(
        number,
        "GetObject",
        identity,
        requestParameters={"bucketName": bucket, "key": key},
        additionalEventData={"bytesTransferredOut": size},
        **more,
    )


def hunted(*records: dict[str, Any], ours: Estate | None = None) -> list[Incident]:
    file = Bytes(json.dumps({"Records": records}).encode())
    result = app.hunt([file], ours or estate.read(DECLARED, "test"), app.rules())
    assert result.coverage.complete
    return result.incidents


def shard(number: int) -> str:
    return f"llama/model-{number:05}-of-00042.safetensors"


def test_a_thousand_reads_are_one_finding_with_a_count_and_one_incident() -> None:
    thief = session("forgotten")
    incidents = hunted(*(read(n, thief, "acme-weights", shard(n % 21 + 1)) for n in range(1000)))
    (incident,) = incidents
    (finding,) = [each for each in incident.findings if each.detection == "exfiltration/weights_read_by_stranger"]
    assert (finding.count, len(finding.events), finding.failed) == (1000, 1000, 0)
    assert (incident.left.objects, incident.left.bytes) == (21, 100_000)
    assert incident.left.shards is not None
    assert (incident.left.shards.asset, incident.left.shards.read, incident.left.shards.total) == ("llama", 21, 42)


def test_the_serving_role_loading_its_model_at_home_is_no_finding() -> None:
    assert (
        hunted(*(read(n, session("serving", "i-0123456789abcdef0"), "acme-weights", shard(n + 1)) for n in range(42)))
        == []
    )


def test_a_refused_attempt_is_told_apart_and_scored_lower() -> None:
    thief = session("forgotten")
    (deed,) = hunted(read(1, thief, "acme-weights", shard(1)))
    (attempt,) = hunted(read(1, thief, "acme-weights", shard(1), errorCode="AccessDenied"))
    assert attempt.findings[0].attempt
    assert attempt.severity < deed.severity
    assert attempt.confidence < deed.confidence
    assert (attempt.left.objects, attempt.left.bytes) == (0, 0)
    assert "refused" in attempt.title


def test_the_lineage_joins_what_one_actor_did_as_several_sessions() -> None:
    user = {
        "type": "IAMUser",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
        "accountId": ACCOUNT,
        "accessKeyId": "AKIAANN",
    }
    assumed = event(
        5,
        "AssumeRole",
        user,
        eventSource="sts.amazonaws.com",
        responseElements={
            "credentials": {"accessKeyId": "ASIACHILD"},
            "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deep/x"},
        },
    )
    opened = event(
        1,
        "PutBucketPolicy",
        user,
        requestParameters={
            "bucketName": "acme-training",
            "bucketPolicy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::acme-training/*",
                    }
                ],
            },
        },
    )
    stolen = read(9, session("deep", "x", "ASIACHILD"), "acme-weights", shard(1))
    incidents = hunted(stolen, assumed, opened)  # logs come in no order
    (incident,) = incidents
    assert {finding.actor.origin for finding in incident.findings} == {f"arn:aws:iam::{ACCOUNT}:user/ann"}
    assert incident.first_seen.second == 1


def test_two_strangers_without_names_on_different_stores_are_two_stories() -> None:
    nobody = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    incidents = hunted(
        *(read(n, nobody, "acme-training", f"a{n}", sourceIPAddress="198.51.100.7") for n in range(3)),
        *(read(n + 10, nobody, "acme-weights", shard(n + 1), sourceIPAddress="203.0.113.9") for n in range(3)),
    )
    assert len(incidents) == 2


def test_different_actors_on_one_asset_in_one_night_are_one_story() -> None:
    nobody = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    incidents = hunted(
        read(1, session("forgotten"), "acme-weights", shard(1)),
        read(2, nobody, "acme-weights", shard(2), sourceIPAddress="203.0.113.9"),
    )
    assert len(incidents) == 1


def test_a_planned_export_is_quiet_until_its_bytes_are_spent() -> None:
    planned = session("partner-export")
    inside = [read(n, planned, "acme-training", f"part-{n}", 100) for n in range(20)]
    assert hunted(*inside) == []
    (incident,) = hunted(*inside, *(read(n + 20, planned, "acme-training", f"part-{n + 20}", 100) for n in range(12)))
    assert incident.left.objects == 12


def test_without_an_estate_the_perimeter_is_where_the_logs_come_from_and_stores_are_unknown() -> None:
    stranger = session("x", account=OUTSIDE)
    (incident,) = hunted(read(1, stranger, "some-bucket", shard(1), sourceIPAddress="203.0.113.9"), ours=Estate())
    assert incident.severity >= Severity.HIGH
    assert {asset.kind for asset in incident.assets} == {"unknown"}
    assert hunted(read(1, session("anyone"), "some-bucket", shard(1)), ours=Estate()) == []


def test_says_what_the_same_caller_read_besides_when_no_estate_can_call_it_theft() -> None:
    thief = session("anyone", "i-0123456789abcdef0")
    share = event(
        9,
        "ModifySnapshotAttribute",
        thief,
        eventSource="ec2.amazonaws.com",
        sourceIPAddress="203.0.113.66",
        requestParameters={
            "snapshotId": "snap-1",
            "createVolumePermission": {"add": {"items": [{"userId": OUTSIDE}]}},
        },
    )
    far = [read(n, thief, "some-bucket", shard(n + 1), sourceIPAddress="203.0.113.66") for n in range(4)]
    near = [read(n + 20, thief, "some-bucket", shard(n + 1)) for n in range(7)]
    (incident,) = hunted(*far, *near, share, ours=Estate())
    assert (incident.left.objects, incident.left.bytes) == (0, 0)
    assert incident.besides is not None
    assert (incident.besides.objects, incident.besides.bytes) == (4, 400), (
        "its reads from elsewhere are not the thief's"
    )


def test_the_persons_at_risk_are_those_of_the_estate() -> None:
    (incident,) = hunted(*(read(n, session("forgotten"), "acme-training", f"part-{n}") for n in range(30)))
    assert (incident.left.persons, incident.left.records) == (12, 34)


def test_the_same_logs_give_the_same_ids_in_every_run_and_order() -> None:
    records = [read(n, session("forgotten"), "acme-weights", shard(n + 1)) for n in range(5)]
    (one,), (other,) = hunted(*records), hunted(*reversed(records))
    assert one.id == other.id
    assert [finding.id for finding in one.findings] == [finding.id for finding in other.findings]


def test_the_incident_names_the_files_that_prove_it_with_their_digests() -> None:
    import hashlib

    records = [read(1, session("forgotten"), "acme-weights", shard(1))]
    (incident,) = hunted(*records)
    (proof,) = incident.evidence
    assert proof.sha256 == hashlib.sha256(json.dumps({"Records": records}).encode()).hexdigest()


def test_says_who_else_uses_the_role_that_would_be_cut() -> None:
    serving = "i-0123456789abcdef0"
    (incident,) = hunted(
        *(read(n, session("serving", serving), "acme-weights", shard(n + 1)) for n in range(4)),
        read(9, session("serving", serving), "acme-weights", shard(1), sourceIPAddress="203.0.113.66"),
    )
    users = incident.used_by[f"arn:aws:iam::{ACCOUNT}:role/serving"]
    assert users == (f"arn:aws:sts::{ACCOUNT}:assumed-role/serving/{serving} from 10.1.2.3 (4 calls)",)


def test_says_who_works_on_a_host_that_would_go_dark() -> None:
    host = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-0123456789abcdef0"
    records = [read(n, session("serving", "i-0123456789abcdef0"), "acme-weights", shard(n + 1)) for n in range(3)]
    users, tally = app.used_by([Bytes(json.dumps({"Records": records}).encode())], [host, "arn:aws:s3:::elsewhere"])
    assert tally.events == 3
    assert users["arn:aws:s3:::elsewhere"] == (), "looked for, and used by nobody"
    assert users[host][0].endswith("from 10.1.2.3 (3 calls)")


def test_a_search_that_forgets_who_handed_out_keys_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "MOST_LINKS", 10)
    handed_out = [
        event(
            n,
            "AssumeRole",
            session("app"),
            eventSource="sts.amazonaws.com",
            requestParameters={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/pod"},
            responseElements={
                "credentials": {"accessKeyId": f"ASIA{n}"},
                "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/pod/{n}"},
            },
        )
        for n in range(30)
    ]
    few, all_ = (
        app.hunt([Bytes(json.dumps({"Records": some}).encode())], Estate(), app.rules()).coverage
        for some in (handed_out[:10], handed_out)
    )
    assert few.complete
    assert not all_.complete
    assert [skip.path for skip in all_.files_skipped if skip.why.startswith("20 of the oldest")] == ["the lineage"]

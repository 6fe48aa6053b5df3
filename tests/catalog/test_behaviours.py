"""Where behaviours must speak, and where a working day looks the same and they must not."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from benchmarks.benign import trail as benign
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stanch import app, estate
from stanch.contracts.behaviour import Behaviour, Cell, History, Sighting, Whose
from stanch.domain.estate import Estate, Side
from stanch.domain.event import Actor
from stanch.domain.severity import Severity
from stanch.engine.shelf import implementing
from tests.catalog.behaviour_cells import histories
from tests.catalog.recipes import baked

ACCOUNT = "111122223333"
OURS = """
[perimeter]
accounts = ["111122223333"]
networks = ["10.0.0.0/8"]
[[asset]]
name = "llama"
kind = "weights"
where = "s3://acme-weights/llama/"
[[asset]]
name = "tickets"
kind = "training-data"
where = "s3://acme-training/"
[[principal]]
match = "arn:*:iam::111122223333:role/serving"
purpose = "serving"
[[principal]]
match = "arn:*:iam::111122223333:role/platform"
purpose = "admin"
[[principal]]
match = "arn:*:iam::111122223333:role/backup"
purpose = "service"
"""
EXPORT = """
[[export]]
by = "arn:*:iam::111122223333:role/partner"
asset = "tickets"
from = 2026-05-18T00:00:00Z
until = 2026-05-19T00:00:00Z
max_bytes = "300GB"
owner = "ml-platform"
why = "a planned handover"
"""
UNITS = {unit.id: unit for unit in app.shelf("detections", ".py") if hasattr(unit.module(), "judge")}


def role(name: str, session: str, key: str = "ASIAEXAMPLE1") -> dict[str, Any]:
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "accountId": ACCOUNT, "userName": name}
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"
    context = {"sessionIssuer": issuer}
    return {"type": "AssumedRole", "arn": arn, "accountId": ACCOUNT, "accessKeyId": key, "sessionContext": context}


def user(name: str, account: str = ACCOUNT) -> dict[str, Any]:
    return {"type": "IAMUser", "arn": f"arn:aws:iam::{account}:user/{name}", "accountId": account,
            "accessKeyId": "AKIAEXAMPLE1", "userName": name}  # fmt: skip


def call(who: dict[str, Any], service: str, name: str, address: str = "198.51.100.7", **more: Any) -> dict[str, Any]:
    record = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": address,
        "userAgent": "Boto3/1.35.90",
        "userIdentity": who,
        "recipientAccountId": ACCOUNT,
    }
    return record | more


def read(who: dict[str, Any], bucket: str, size: int, address: str = "10.0.4.17", **more: Any) -> dict[str, Any]:
    told = {"bytesTransferredOut": size} | more.pop("told", {})
    return call(
        who, "s3", "GetObject", address, requestParameters={"bucketName": bucket}, additionalEventData=told, **more
    )


def recipe(event: dict[str, Any], begin: str, repeat: int = 1, every: str = "10s", **more: Any) -> dict[str, Any]:
    days = {"again": {"repeat": more.pop("days"), "every": "1d"}} if "days" in more else {}
    vary = {"requestParameters.key": more["key"]} if "key" in more else more.get("vary", {})
    return {"from": f"2026-05-{begin}:00Z", "repeat": repeat, "every": every, "vary": vary, "event": event} | days


def sightings(id_: str, *recipes: dict[str, Any], ours: str = "") -> list[Sighting]:
    behaviour = implementing(UNITS[id_], Behaviour)
    known = histories(baked(recipes), estate.read(ours, "test") if ours else Estate(), behaviour.ABOUT.whose)
    return [sighting for history in known for sighting in behaviour.judge(history, behaviour.LIMITS)]


def severities(found: Iterable[Sighting]) -> list[Severity | None]:
    return [sighting.severity for sighting in found]


MODEL, LOAD = "llama/model-{i:05}-of-00042.safetensors", "exfiltration/model_read_shard_by_shard"
FIRST_DAY = recipe(call(role("someone", "else"), "ec2", "DescribeVpcs"), "04T00:00")
"""The logs begin on the fourth of May."""


def load(who: dict[str, Any], begin: str = "12T08:00", **more: Any) -> dict[str, Any]:
    days = {"days": more.pop("days")} if "days" in more else {}
    return recipe(read(who, "acme-weights", 10**9, **more), begin, 42, key=MODEL, **days)


@pytest.mark.parametrize(
    ("who", "ours", "severity"),
    [
        (role("analyst", "bob"), OURS, Severity.HIGH),
        (role("platform", "eve"), OURS, Severity.MEDIUM),
        (user("developer"), "", Severity.HIGH),
    ],
)
def test_a_whole_model_read_by_whom_it_is_not_for_is_told(who: dict[str, Any], ours: str, severity: Severity) -> None:
    assert severities(sightings(LOAD, FIRST_DAY, load(who), ours=ours)) == [severity]


def test_in_logs_of_one_hour_a_user_key_that_reads_a_model_is_told_and_an_instance_is_not() -> None:
    assert severities(sightings(LOAD, load(user("developer")))) == [Severity.MEDIUM]
    assert sightings(LOAD, load(role("any", "i-0123456789abcdef0"))) == []


def test_an_outside_account_or_network_that_reads_a_model_is_told_at_once() -> None:
    assert severities(sightings(LOAD, load(user("partner", "999988887777")))) == [Severity.HIGH]
    assert severities(sightings(LOAD, load(role("serving", "x"), address="203.0.113.9"), ours=OURS)) == [Severity.HIGH]


def test_a_key_that_loads_the_model_each_day_is_at_work() -> None:
    assert sightings(LOAD, load(user("pipeline"), "05T08:00", days=5)) == []


@pytest.mark.parametrize("who", [role("serving", "i-0123456789abcdef0"), role("backup", "nightly")])
def test_loaders_and_backups_read_models_all_day(who: dict[str, Any]) -> None:
    assert sightings(LOAD, FIRST_DAY, load(who), ours=OURS) == []


def person(session: str) -> dict[str, Any]:
    return role("AWSReservedSSO_MLResearch_0123456789abcdef", session)


def test_a_person_who_reads_a_whole_model_is_told_until_it_is_his_work() -> None:
    assert severities(sightings(LOAD, load(person("dana@example.org")))) == [Severity.MEDIUM]
    assert severities(sightings(LOAD, FIRST_DAY, load(person("dana@example.org")))) == [Severity.MEDIUM]
    assert sightings(LOAD, load(person("dana@example.org"), "05T08:00", days=5)) == []


def test_what_athena_reads_for_its_caller_is_no_load() -> None:
    assert sightings(LOAD, load(user("analyst"), address="athena.amazonaws.com")) == []


BASE, FIRST, SLOW = (
    f"exfiltration/{name}" for name in ("read_above_own_baseline", "first_read_of_store", "low_and_slow")
)


def files(who: dict[str, Any], begin: str, count: int, size: int, key: str, **more: Any) -> dict[str, Any]:
    return recipe(read(who, "acme-training", size), begin, count, "15s", key=key, **more)


def test_a_fleet_that_scales_up_reads_the_same_model_many_times_and_is_quiet() -> None:
    fleet = role("serving", "", "")
    event = read(fleet, "acme-weights", 10**9)
    each_day = recipe(event, "04T08:00", 42, key=MODEL, days=8)
    hosts = [load(role("serving", f"i-0123456789abcde{n:02x}"), f"13T{n:02}:00") for n in range(20)]
    assert sightings(BASE, each_day, *hosts) == []


def test_a_training_job_that_runs_four_times_in_a_night_is_quiet() -> None:
    nightly = files(role("retrain", "job"), "04T01:00", 60, 10**9, "part-{i}.jsonl", days=9)
    again = [files(role("retrain", "job"), f"13T0{n}:00", 60, 10**9, "part-{i}.jsonl") for n in (1, 3, 5, 7)]
    assert sightings(BASE, nightly, *again) == []


def test_nights_that_follow_each_other_are_one_matter() -> None:
    usual = files(role("notebook", "x"), "04T09:00", 10, 10**8, "day-{n}/{i}", days=9)
    nights = files(role("notebook", "x"), "13T01:00", 100, 10**9, "all-{n}/{i}", days=3)
    (sighting,) = sightings(BASE, usual, nights)
    assert sighting.why.count("GB in a day") == 3


def test_cold_only_what_is_huge_beside_the_days_before_is_told() -> None:
    usual = files(role("notebook", "x"), "04T09:00", 10, 10**8, "day-{n}/{i}", days=2)
    assert sightings(BASE, usual, files(role("notebook", "x"), "06T09:00", 100, 10**9, "all/{i}")) == []
    assert len(sightings(BASE, usual, files(role("notebook", "x"), "06T09:00", 210, 10**9, "all/{i}"))) == 1


@pytest.mark.parametrize("id_", [LOAD, BASE, FIRST, SLOW])
def test_a_planned_export_inside_its_bounds_is_quiet(id_: str) -> None:
    partner = role("partner", "job")
    before = files(partner, "04T09:00", 2, 10**6, "seen/{n}/{i}", days=9)
    inside = files(partner, "18T01:00", 250, 10**9, "model-{i:05}-of-00250.safetensors")
    assert sightings(id_, before, inside, ours=OURS + EXPORT) == []
    if id_ != SLOW:
        assert sightings(id_, before if id_ == BASE else FIRST_DAY, inside, ours=OURS)


def test_the_first_byte_beyond_a_planned_export_is_told() -> None:
    partner, beyond = role("partner", "job"), "exfiltration/export_beyond_its_bounds"
    exactly = files(partner, "18T01:00", 300, 10**9, "part-{i}")
    assert sightings(beyond, exactly, ours=OURS + EXPORT) == []
    one_more = files(partner, "18T22:00", 1, 1, "last")
    assert severities(sightings(beyond, exactly, one_more, ours=OURS + EXPORT)) == [Severity.MEDIUM]
    late = files(partner, "19T00:05", 1, 1, "last")
    assert len(sightings(beyond, exactly, late, ours=OURS + EXPORT)) == 1


def test_a_first_read_is_told_after_quiet_days_only() -> None:
    thief = user("developer")
    bulk = files(thief, "12T01:00", 600, 10**6, "part-{i}")
    assert sightings(FIRST, bulk) == []
    assert severities(sightings(FIRST, FIRST_DAY, bulk)) == [Severity.MEDIUM]
    assert sightings(FIRST, FIRST_DAY, files(thief, "12T01:00", 30, 10**6, "part-{i}")) == []


def test_declared_training_data_taken_slowly_is_told_and_a_daily_reader_of_the_same_is_not() -> None:
    slow = files(role("analyst", "bob"), "04T23:00", 25, 10**6, "part-{k}.jsonl", days=6)
    assert len(sightings(SLOW, slow, ours=OURS)) == 1
    assert sightings(SLOW, slow) == []
    same = files(role("analyst", "bob"), "04T23:00", 150, 10**6, "part-{i}.jsonl", days=6)
    assert sightings(SLOW, same, ours=OURS) == []


def test_a_signer_by_trade_is_told_beyond_its_usual_only() -> None:
    app_role, link = role("web", "i-0123456789abcdef0"), {"told": {"AuthenticationMethod": "QueryString"}}
    own = recipe(call(app_role, "s3", "ListBuckets"), "04T08:00", days=6)
    signed = read(app_role, "acme-files", 1000, "203.0.113.9", **link)
    usual = recipe(signed, "04T10:00", 120, key="{n}/{i}", days=5)
    id_ = "exfiltration/presigned_reads"
    assert sightings(id_, own, usual) == []
    assert len(sightings(id_, own, usual, recipe(signed, "09T10:00", 700, key="all/{i}"))) == 1
    home = read(app_role, "acme-files", 1000, "198.51.100.99", **link)
    assert sightings(id_, own, recipe(home, "05T10:00", 300, key="{i}")) == []


@pytest.mark.parametrize(
    ("key", "severity"),
    [("v3/consolidated.00.pth", Severity.MEDIUM), ("v3/model-00001-of-00006.safetensors", Severity.HIGH)],
)
def test_one_file_of_weights_read_by_a_signed_url_from_elsewhere_is_told(key: str, severity: Severity) -> None:
    app_role, link = role("web", "i-0123456789abcdef0"), {"told": {"AuthenticationMethod": "QueryString"}}
    own = recipe(call(app_role, "s3", "ListBuckets"), "04T08:00")
    signed = read(app_role, "acme-files", 1000, "203.0.113.9", **link)
    id_ = "exfiltration/presigned_reads"
    assert severities(sightings(id_, own, recipe(signed, "04T10:00", key=key))) == [severity]
    assert sightings(id_, own, recipe(signed, "04T10:00", key="v3/README.md")) == []


TWO = "credential_access/session_in_two_networks"


@pytest.mark.parametrize(
    ("who", "there"),
    [
        (role("dev", "dana"), {"address": "2001:db8::7", "userAgent": "aws-cli/2.22.12"}),  # IPv6 of the same host
        (role("dev", "dana"), {"address": "198.51.100.200", "userAgent": "aws-cli/2.22.12"}),  # the same /24
        (role("dev", "dana"), {"address": "203.0.113.9"}),  # the same machine's second way out
        (role("dev", "dana"), {"address": "athena.amazonaws.com", "userAgent": "athena.amazonaws.com"}),
        (role("dev", "dana"), {"address": "203.0.113.9", "userAgent": "aws-cli/2.22.12 exec-env/CloudShell"}),
        (role("host", "i-0123456789abcdef0"), {"address": "203.0.113.9", "userAgent": "aws-cli/2.22.12"}),
    ],
)
def test_one_person_in_two_networks_is_quiet(who: dict[str, Any], there: dict[str, str]) -> None:
    here = recipe(call(who, "ec2", "DescribeVpcs"), "04T09:00", 20, "5m")
    assert sightings(TWO, here, recipe(call(who, "ec2", "DescribeVpcs") | _renamed(there), "04T09:32")) == []


def test_a_network_that_other_sessions_use_is_a_way_out() -> None:
    days = []
    for n in range(1, 5):
        who = role("dev", "dana", f"ASIAEXAMPLE{n}")
        days.append(recipe(call(who, "ec2", "DescribeVpcs"), f"0{n}T09:00", 20, "5m"))
        vpn = {"address": "203.0.113.9", "userAgent": "aws-cli/2.22.12"}
        days.append(recipe(call(who, "ec2", "DescribeVpcs") | _renamed(vpn), f"0{n}T09:32"))
    assert sightings(TWO, *days) == []


def test_a_session_that_is_inside_and_outside_at_once_with_another_program_is_high() -> None:
    who = role("dev", "dana")
    networks = OURS.replace('"10.0.0.0/8"', '"10.0.0.0/8", "198.51.100.0/24"')
    here = recipe(call(who, "ec2", "DescribeVpcs"), "04T09:00", 20, "5m")
    there = recipe(call(who, "s3", "ListBuckets", "203.0.113.9", userAgent="aws-cli/2.22.12"), "04T09:32")
    assert severities(sightings(TWO, here, there, ours=networks)) == [Severity.HIGH]


def _renamed(there: dict[str, str]) -> dict[str, str]:
    return {"sourceIPAddress" if name == "address" else name: value for name, value in there.items()}


BURST = "discovery/reconnaissance_burst"
SERVICES = ["ec2", "iam", "rds", "kms", "ecr", "eks", "ssm", "sns"]
SWEEP = {
    "eventSource": [f"{SERVICES[n % 8]}.amazonaws.com" for n in range(24)],
    "eventName": [f"Describe{chr(65 + n)}Things" for n in range(24)],
}


def test_a_sweep_is_low_in_cold_logs_and_medium_where_the_principal_is_known() -> None:
    sweep = recipe(call(role("worker", "t"), "ec2", ""), "12T02:00", 24, vary=SWEEP)
    assert severities(sightings(BURST, sweep)) == [Severity.LOW]
    assert severities(sightings(BURST, FIRST_DAY, sweep)) == [Severity.MEDIUM]


def test_a_sweep_that_is_refused_is_worse_and_a_person_in_the_console_may_ask_more() -> None:
    denied = recipe(call(role("worker", "t"), "ec2", "", errorCode="AccessDenied"), "12T02:00", 24, vary=SWEEP)
    assert severities(sightings(BURST, denied)) == [Severity.MEDIUM]
    assert severities(sightings(BURST, FIRST_DAY, denied)) == [Severity.HIGH]
    console = recipe(
        call(role("worker", "t"), "ec2", "", sessionCredentialFromConsole="true"), "12T02:00", 24, vary=SWEEP
    )
    assert sightings(BURST, FIRST_DAY, console) == []


def test_an_application_refused_the_same_call_for_days_is_quiet() -> None:
    sweep = recipe(call(role("worker", "t"), "ec2", "", errorCode="AccessDenied"), "04T02:00", 24, vary=SWEEP, days=9)
    assert sightings(BURST, sweep) == []


SELF = "privilege_escalation/denied_changed_allowed"


def _steps(*names: str, by: dict[str, Any]) -> list[dict[str, Any]]:
    """One call a minute; `!` marks a refused one."""
    told = []
    for minute, name in enumerate(names):
        refused = {"errorCode": "AccessDenied"} if name.endswith("!") else {}
        api = name.rstrip("!")
        service = "iam" if "Policy" in api and "Bucket" not in api else "s3"
        where = {"userName": "dev"} if service == "iam" else {"bucketName": "acme"}
        told.append(recipe(call(by, service, api, requestParameters=where, **refused), f"04T10:{minute:02}"))
    return told


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (("ListObjects!", "PutUserPolicy", "ListObjects"), 1),
        (("ListObjects!", "PutBucketPolicy", "ListObjects"), 1),
        (("PutUserPolicy", "ListObjects!", "ListObjects"), 0),
        (("ListObjects", "ListObjects!", "PutUserPolicy", "ListObjects"), 0),
        (("ListObjects!", "PutUserPolicy!", "ListObjects"), 0),
        (("ListObjects!", "PutUserPolicy", "ListObjects!"), 0),
    ],
)
def test_only_refusal_then_change_then_success_is_a_grant_to_oneself(steps: tuple[str, ...], told: int) -> None:
    assert len(sightings(SELF, *_steps(*steps, by=user("dev")))) == told


EMPTIED = "exfiltration/store_emptied"


def test_a_bucket_taken_down_without_being_read_is_told_only_where_it_is_declared() -> None:
    event = call(role("cleanup", "x"), "s3", "DeleteObject", requestParameters={"bucketName": "acme-training"})
    delete = recipe(event, "04T10:00", 40, key="{i}")
    assert sightings(EMPTIED, delete) == []
    assert severities(sightings(EMPTIED, delete, ours=OURS)) == [Severity.MEDIUM]


def _bucket(name: str, who: dict[str, Any]) -> dict[str, Any]:
    return call(who, "s3", name, requestParameters={"bucketName": "acme-exports"})


@pytest.mark.parametrize(
    ("files", "before", "removed", "told"),
    [
        (8, "08T10:00", "09T11:00", [Severity.MEDIUM]),
        (2, "08T10:00", "09T11:00", []),  # a look at what lies there
        (8, "04T10:00", "09T11:00", []),  # another week
    ],
)
def test_a_bucket_of_few_files_that_is_removed_after_they_were_read_was_emptied(
    files: int, before: str, removed: str, told: list[Severity]
) -> None:
    who = user("uploader")
    reads = recipe(read(who, "acme-exports", 10**9), before, files, key="export/{i}.csv.gz")
    deletes = recipe(_bucket("DeleteObjects", who), "09T10:58")
    remove = recipe(_bucket("DeleteBucket", who), removed)
    assert severities(sightings(EMPTIED, reads, deletes, remove)) == told
    assert sightings(EMPTIED, reads, deletes) == []
    assert sightings(EMPTIED, recipe(_bucket("CreateBucket", who), "04T09:00"), reads, deletes, remove) == []


def test_what_was_deleted_and_read_long_before_the_removal_is_not_laid_to_it() -> None:
    who = user("uploader")
    deletes = recipe(_bucket("DeleteObjects", who), "01T10:58")
    reads = recipe(read(who, "acme-exports", 10**9), "04T10:00", 8, key="export/{i}.csv.gz")
    assert sightings(EMPTIED, deletes, reads, recipe(_bucket("DeleteBucket", who), "09T11:00")) == []


TWO_NETWORKS = "credential_access/instance_credentials_used_from_two_networks"


@pytest.mark.parametrize(
    ("hosts", "key", "told"),
    [
        (("i-0123456789abcdef0", "i-0123456789abcdef0"), "ASIAEXAMPLE1", 1),
        (("i-0123456789abcdef0", "i-0fedcba9876543210"), "ASIAEXAMPLE1", 0),
        (("i-0123456789abcdef0", "i-0123456789abcdef0"), None, 0),  # S3 access logs tell no keys
    ],
)
def test_one_key_of_one_host_in_two_networks_is_told(hosts: tuple[str, str], key: str | None, told: int) -> None:
    steps = []
    for host, address in zip(hosts, ("198.51.100.7", "203.0.113.50"), strict=True):
        event = call(role("vllm-serving", host), "ec2", "DescribeInstances", sourceIPAddress=address)
        event["userIdentity"] = {**event["userIdentity"], "accessKeyId": key}
        if key is None:
            del event["userIdentity"]["accessKeyId"]
        steps.append(recipe(event, "04T10:00"))
    assert len(sightings(TWO_NETWORKS, *steps)) == told


def test_who_removes_buckets_day_after_day_cleans_up() -> None:
    who = role("tests", "run")
    reads = recipe(read(who, "acme-exports", 1000), "08T10:00", 8, key="export/{i}.csv.gz")
    deletes = recipe(_bucket("DeleteObjects", who), "08T10:58")
    others = call(who, "s3", "DeleteBucket", requestParameters={"bucketName": "acme-other"})
    remove = recipe(_bucket("DeleteBucket", who), "08T11:00")
    assert sightings(EMPTIED, reads, deletes, remove, recipe(others, "04T09:00", days=3)) == []


PIECES = "impact/store_deleted_piece_by_piece"


@pytest.mark.parametrize(("batches", "writes", "told"), [(8, 0, 1), (7, 0, 0), (8, 4, 0)])
def test_batches_of_deletions_after_a_listing_are_told(batches: int, writes: int, told: int) -> None:
    who = role("dev", "x")
    steps = [
        recipe(_bucket("ListObjects", who), "04T10:00"),
        recipe(_bucket("DeleteObjects", who), "04T10:01", batches),
    ]
    if writes:  # a job that turns its scratch space over
        steps.append(recipe(_bucket("PutObject", who), "04T10:02", writes, key="part/{i}"))
    assert len(sightings(PIECES, *steps)) == told


def test_a_chain_by_an_identity_seen_for_the_first_time_is_low() -> None:
    assumed = {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/x"}
    asked = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/deploy"}
    given_out = {"credentials": {"accessKeyId": "ASIAEXAMPLE2"}, "assumedRoleUser": assumed}
    who = role("Engineer", "dana")
    hop = call(who, "sts", "AssumeRole", requestParameters=asked, responseElements=given_out)
    act = call(role("deploy", "x", "ASIAEXAMPLE2"), "iam", "AttachRolePolicy", requestParameters={"roleName": "any"})
    found = sightings(
        "lateral_movement/role_chain_into_sensitive_role", recipe(hop, "04T10:00"), recipe(act, "04T10:05")
    )
    assert severities(found) == [Severity.LOW]
    assert found[0].resources == (f"arn:aws:iam::{ACCOUNT}:role/deploy",)


words = st.sampled_from(
    ["", "acme", "arn:aws:s3:::x", "GetObject", "AssumeRole", "m-00001-of-00003.bin", "\x00\u202e", "i-", "a" * 300]
)
actors = st.builds(Actor, words | st.just(f"arn:aws:iam::{ACCOUNT}:user/u"), words, words, words, words, words)
moments = st.integers(-(10**9), 2**40)
cells = st.builds(
    Cell, moments, actors, words | st.just(f"arn:aws:iam::{ACCOUNT}:role/r"), st.booleans(),
    st.sampled_from(["s3.amazonaws.com", "iam.amazonaws.com", "sts.amazonaws.com", "ssm.amazonaws.com", ""]),
    st.sampled_from(["GetObject", "DeleteObjects", "ListUsers", "PutUserPolicy", "AssumeRole", "GetParameter", ""]),
    st.booleans(), words, words, words, st.booleans(), st.sampled_from(Side), st.integers(0, 10**6),
    st.integers(0, 2**50), moments, moments, st.lists(words, max_size=4).map(tuple), denied=st.booleans(),
    account=st.sampled_from(Side), place=words, console=st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(cells, max_size=12), st.booleans())
def test_a_behaviour_raises_on_nothing_whatever_a_log_holds(hostile: list[Cell], declared: bool) -> None:
    ours = estate.read(OURS + EXPORT, "test") if declared else Estate()
    ordered = [replace(cell, events=("id",)) for cell in sorted(hostile, key=lambda cell: cell.start)]
    history = History("o", ordered, ours, None, datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 20, tzinfo=UTC))
    for unit in UNITS.values():
        behaviour = implementing(unit, Behaviour)
        for sighting in behaviour.judge(history, behaviour.LIMITS):
            assert sighting.cells
            assert set(sighting.cells) <= set(ordered)


def at_least_medium(sighting: Sighting, behaviour: Behaviour) -> bool:
    told = behaviour.ABOUT.severity if sighting.severity is None else sighting.severity
    return told >= Severity.MEDIUM


@pytest.mark.parametrize("declared", [False, True])
def test_two_benign_weeks_of_an_organisation_give_nothing_at_medium_or_above(declared: bool) -> None:
    stream, ours = benign.records(6_000), estate.read(benign.ESTATE, "benign") if declared else Estate()
    known = {whose: histories(stream, ours, whose) for whose in Whose}
    for unit in UNITS.values():
        behaviour = implementing(unit, Behaviour)
        for history in known[behaviour.ABOUT.whose]:
            found = behaviour.judge(history, behaviour.LIMITS)
            told = [(unit.id, one.why) for one in found if at_least_medium(one, behaviour)]
            assert told == []

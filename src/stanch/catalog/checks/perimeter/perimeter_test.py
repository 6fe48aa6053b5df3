"""Edges of the checks of the perimeter."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, MOMENT, posture, rulings, verdicts
from tests.trusting import ASSET, STRANGER, bucket, thing

from stanch.contracts.collector import Unknown
from stanch.domain.event import Event
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

HERE = f"eu-central-1:{ACCOUNT}"
INSIDE = f'[perimeter]\nregions = ["eu-central-1", "eu-west-1"]\naccounts = ["{ACCOUNT}"]\n'
HIDDEN = {"$unseen": "any:Call: AccessDenied"}
CHECKS = [
    "backed_up_outside",
    "copied_outside",
    "events_sent_outside",
    "key_copied_outside",
    "logs_sent_outside",
    "moved_outside",
    "prompts_routed_outside",
]


def replicating(*targets: str, **rule: Any) -> dict[str, Any]:
    rules = [{"Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{name}"}, **rule} for name in targets]
    return bucket(BucketRegion="eu-central-1", Replication={"Rules": rules})


def plan(vault: Any) -> dict[str, Any]:
    rules = [{"CopyActions": [{"DestinationBackupVaultArn": vault}]}]
    return thing("backup/plan", f"arn:aws:backup:{HERE}:backup-plan:p-1", {"BackupPlan": {"Rules": rules}})


def group(*destinations: str) -> dict[str, Any]:
    filters = [{"filterName": "f", "destinationArn": arn} for arn in destinations]
    return thing(
        "logs/group", f"arn:aws:logs:{HERE}:log-group:g", {"logGroupName": "g", "SubscriptionFilters": filters}
    )


def rule(*targets: str, **data: Any) -> dict[str, Any]:
    told = {"Name": "r", "Targets": [{"Id": "1", "Arn": arn} for arn in targets], **data}
    return thing("events/rule", f"arn:aws:events:{HERE}:rule/r", told)


def key(*regions: str) -> dict[str, Any]:
    arns = [f"arn:aws:kms:{region}:{ACCOUNT}:key/mrk-1" for region in regions]
    many = {"PrimaryKey": {"Arn": f"arn:aws:kms:{HERE}:key/mrk-1"}, "ReplicaKeys": [{"Arn": arn} for arn in arns]}
    return thing("kms/key", f"arn:aws:kms:{HERE}:key/mrk-1", {"KeyMetadata": {"MultiRegionConfiguration": many}})


def profile(*models: str) -> dict[str, Any]:
    arn = f"arn:aws:bedrock:{HERE}:application-inference-profile/p"
    return thing("bedrock/inference-profile", arn, {"models": [{"modelArn": one} for one in models]})


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("toml", [None, INSIDE])
def test_where_nothing_is_there_is_nothing_to_say(check: str, toml: str | None) -> None:
    assert rulings(f"perimeter/{check}", posture([], toml)) == {}


@pytest.mark.parametrize(
    ("check", "line", "declared", "undeclared"),
    [
        ("backed_up_outside", plan(f"arn:aws:backup:{HERE}:backup-vault:v"), Ruling.PASS, Ruling.PASS),
        ("backed_up_outside", plan(f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:v"), Ruling.PASS, Ruling.UNKNOWN),
        ("backed_up_outside", plan(f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:v"), Ruling.FAIL, Ruling.UNKNOWN),
        ("backed_up_outside", plan(f"arn:aws:backup:eu-west-1:{STRANGER}:backup-vault:v"), Ruling.FAIL, Ruling.UNKNOWN),
        ("backed_up_outside", plan(7), Ruling.UNKNOWN, Ruling.UNKNOWN),
        ("logs_sent_outside", group(), Ruling.PASS, Ruling.PASS),
        ("logs_sent_outside", group(f"arn:aws:logs:{HERE}:destination:d"), Ruling.PASS, Ruling.PASS),
        (
            "logs_sent_outside",
            group(f"arn:aws:logs:eu-central-1:{STRANGER}:destination:d"),
            Ruling.FAIL,
            Ruling.UNKNOWN,
        ),
        ("events_sent_outside", rule(f"arn:aws:sns:{HERE}:t"), Ruling.PASS, Ruling.PASS),
        (
            "events_sent_outside",
            rule(f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"),
            Ruling.FAIL,
            Ruling.UNKNOWN,
        ),
        ("events_sent_outside", rule(f"arn:aws:sns:us-east-1:{ACCOUNT}:t", State="DISABLED"), Ruling.PASS, Ruling.PASS),
        ("events_sent_outside", rule(f"arn:aws:events:{HERE}:api-destination/pager/1"), Ruling.PASS, Ruling.PASS),
        ("key_copied_outside", key(), Ruling.PASS, Ruling.PASS),
        ("key_copied_outside", key("eu-west-1"), Ruling.PASS, Ruling.UNKNOWN),
        ("key_copied_outside", key("eu-west-1", "us-east-1"), Ruling.FAIL, Ruling.UNKNOWN),
        (
            "prompts_routed_outside",
            profile("arn:aws:bedrock:eu-west-1::foundation-model/m"),
            Ruling.PASS,
            Ruling.UNKNOWN,
        ),
        (
            "prompts_routed_outside",
            profile("arn:aws:bedrock:us-east-1::foundation-model/m"),
            Ruling.FAIL,
            Ruling.UNKNOWN,
        ),
        ("prompts_routed_outside", profile("arn:aws:bedrock:::foundation-model/m"), Ruling.FAIL, Ruling.UNKNOWN),
    ],
)
def test_a_target_is_outside_only_where_somebody_said_what_is_inside(
    check: str, line: Any, declared: Ruling, undeclared: Ruling
) -> None:
    assert rulings(f"perimeter/{check}", posture([line], INSIDE)) == {line["arn"]: declared}
    found = verdicts(f"perimeter/{check}", posture([line]))
    assert [one.ruling for one in found] == [undeclared]
    if undeclared is Ruling.UNKNOWN and "nobody said" in found[0].why:
        assert found[0].remedy is not None
        assert found[0].remedy.commands == (("stanch", "init"),)


def test_an_account_that_was_looked_at_is_ours() -> None:
    about = posture(
        [group(f"arn:aws:logs:eu-central-1:{STRANGER}:destination:d")], INSIDE, accounts=[ACCOUNT, STRANGER]
    )
    found = verdicts("perimeter/logs_sent_outside", about)
    assert {one.ruling for one in found} == {Ruling.PASS}


def test_another_partition_is_outside() -> None:
    toml = INSIDE.replace("[perimeter]", '[perimeter]\npartitions = ["aws-eusc"]')
    assert set(rulings("perimeter/copied_outside", posture([replicating("x")], toml)).values()) == {Ruling.FAIL}


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([replicating("far"), bucket("arn:aws:s3:::far", BucketRegion="us-east-1")], Ruling.FAIL),
        ([replicating("near"), bucket("arn:aws:s3:::near", BucketRegion="eu-central-1")], Ruling.PASS),
        ([replicating("elsewhere")], Ruling.UNKNOWN),
        ([replicating("far", Status="Disabled"), bucket("arn:aws:s3:::far", BucketRegion="us-east-1")], Ruling.PASS),
        ([bucket(Replication=HIDDEN)], Ruling.UNKNOWN),
    ],
)
def test_a_bucket_is_copied_to_where_its_target_lies(lines: Any, ruling: Ruling) -> None:
    assert rulings("perimeter/copied_outside", posture(lines, INSIDE))["arn:aws:s3:::models-eu"] is ruling


@pytest.mark.parametrize(
    ("kind", "arn", "data"),
    [
        ("dynamodb/table", f"arn:aws:dynamodb:{HERE}:table/t", {"Table": {"Replicas": [{"RegionName": "us-east-1"}]}}),
        (
            "ecr/registry",
            f"arn:aws:ecr:{HERE}:registry",
            {
                "replicationConfiguration": {
                    "rules": [{"destinations": [{"region": "us-east-1", "registryId": ACCOUNT}]}]
                }
            },
        ),
        (
            "secretsmanager/secret",
            f"arn:aws:secretsmanager:{HERE}:secret:s",
            {"ReplicationStatus": [{"Region": "us-east-1"}]},
        ),
    ],
)
def test_tables_registries_and_secrets_copy_themselves_too(kind: str, arn: str, data: Any) -> None:
    (verdict,) = verdicts("perimeter/copied_outside", posture([thing(kind, arn, data)], INSIDE))
    assert (verdict.ruling, verdict.region) == (Ruling.FAIL, "eu-central-1")
    assert verdict.remedy is not None
    assert verdict.remedy.commands


def test_the_weights_weigh_more() -> None:
    lines = [replicating("far"), bucket("arn:aws:s3:::far", BucketRegion="us-east-1", Replication=None)]
    found = verdicts("perimeter/copied_outside", posture(lines, INSIDE + ASSET))
    assert [one.severity for one in found if one.ruling is Ruling.FAIL] == [Severity.HIGH]


def answered(region: Any, name: Any = "Converse") -> Event:
    record = {
        "eventName": name,
        "awsRegion": "eu-central-1",
        "recipientAccountId": ACCOUNT,
        "additionalEventData": {"inferenceRegion": region},
    }
    return Event("e", MOMENT, "cloudtrail", "f", record)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (answered("us-east-1"), [Ruling.FAIL]),
        (answered("eu-west-1"), [Ruling.PASS]),
        (answered(["x"]), []),
        (answered("us-east-1", ["x"]), []),
    ],
)
def test_calls_tell_which_of_amazon_s_own_profiles_went_abroad(event: Event, expected: Any) -> None:
    arn = f"arn:aws:bedrock:{HERE}:account"
    about = posture([thing("bedrock/account", arn, {"ModelInvocationLogging": None})], INSIDE, events=[event])
    assert list(rulings("perimeter/prompts_routed_outside", about).values()) == expected


def test_a_listing_that_was_refused_hides_no_call_that_went_abroad() -> None:
    arn = f"arn:aws:bedrock:{HERE}:account"
    gap = Unknown("bedrock:ListInferenceProfiles", "AccessDenied", "bedrock:ListInferenceProfiles", "b", "no")
    lines = [thing("bedrock/account", arn, {"ModelInvocationLogging": None})]
    about = posture(lines, INSIDE, unknowns=[gap], events=[answered("us-east-1")])
    assert rulings("perimeter/prompts_routed_outside", about) == {arn: Ruling.FAIL}
    assert rulings("perimeter/prompts_routed_outside", posture(lines, INSIDE, unknowns=[gap])) == {arn: Ruling.UNKNOWN}


def moved(address: str) -> list[dict[str, Any]]:
    ends = [(f"arn:aws:datasync:{HERE}:location/loc-{n}", uri) for n, uri in (("a", "s3://models-eu/"), ("b", address))]
    task = {"SourceLocationArn": ends[0][0], "DestinationLocationArn": ends[1][0]}
    return [
        *(thing("datasync/location", arn, {"LocationArn": arn, "LocationUri": uri}) for arn, uri in ends),
        thing("datasync/task", f"arn:aws:datasync:{HERE}:task/t", {"Task": task}),
    ]


@pytest.mark.parametrize(
    ("address", "ruling"),
    [
        ("s3://models-ie/", Ruling.PASS),
        ("s3://models-us/", Ruling.FAIL),
        ("azure-blob://a/b/", Ruling.FAIL),
        ("object-storage://minio.example/b/", Ruling.UNKNOWN),
        ("nfs://10.0.0.1/x", Ruling.UNKNOWN),
        ("fsx://eu-central-1.fs-1/x", Ruling.PASS),
    ],
)
def test_where_a_task_writes_to(address: str, ruling: Ruling) -> None:
    stores = [
        bucket("arn:aws:s3:::models-ie", BucketRegion="eu-west-1"),
        bucket("arn:aws:s3:::models-us", BucketRegion="us-east-1"),
    ]
    (verdict,) = verdicts("perimeter/moved_outside", posture([*moved(address), *stores], INSIDE + ASSET))
    assert verdict.ruling is ruling
    assert [asset.name for asset in verdict.assets] == ["model"]


def test_an_account_s_subscription_is_a_document_in_a_text() -> None:
    arn = f"arn:aws:logs:{HERE}:account"
    told = [{"policyDocument": f'{{"DestinationArn": "arn:aws:logs:eu-central-1:{STRANGER}:destination:d"}}'}]
    for policies, ruling in ((told, Ruling.FAIL), ([], Ruling.PASS), ([{"policyDocument": "{"}], Ruling.PASS)):
        about = posture([thing("logs/account", arn, {"SubscriptionPolicies": policies})], INSIDE)
        assert rulings("perimeter/logs_sent_outside", about) == {arn: ruling}


def test_what_lies_outside_is_told_and_what_others_own_is_theirs() -> None:
    snapshot = thing("ec2/snapshot", "arn:aws:ec2:us-east-1::snapshot/snap-1", {"OwnerId": ACCOUNT})
    foreign = thing("ec2/image", "arn:aws:ec2:us-east-1::image/ami-1", {"OwnerId": "137112412989"})
    odd = bucket(BucketRegion=HIDDEN)
    found = rulings("perimeter/lies_outside", posture([snapshot, foreign, odd], INSIDE))
    assert found == {snapshot["arn"]: Ruling.FAIL, odd["arn"]: Ruling.UNKNOWN}
    assert rulings("perimeter/lies_outside", posture([snapshot])) == {f"arn:aws:iam::{ACCOUNT}:root": Ruling.UNKNOWN}


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({}, Ruling.FAIL),
        ({"Enabled": False}, Ruling.PASS),
        ({"Origins": {"Items": [{"DomainName": "models-eu-other.s3.amazonaws.com"}]}}, Ruling.PASS),
        ({"Origins": {"Items": [{"DomainName": "models-eu.s3.amazonaws.com", "OriginPath": "/site"}]}}, Ruling.PASS),
        ({"Origins": HIDDEN}, Ruling.UNKNOWN),
    ],
)
def test_what_a_distribution_keeps(data: Any, ruling: Ruling) -> None:
    told = {
        "Id": "E1",
        "Enabled": True,
        "Origins": {"Items": [{"DomainName": "models-eu.s3.eu-central-1.amazonaws.com"}]},
    }
    arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
    toml = INSIDE + ASSET.replace("models-eu/", "models-eu/weights/")
    assert rulings(
        "perimeter/cached_outside", posture([thing("cloudfront/distribution", arn, {**told, **data})], toml)
    ) == {arn: ruling}

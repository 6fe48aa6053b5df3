"""Enrichment: what the estate knows of an event, beside what the log says."""

import ipaddress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.domain.estate import Asset, AssetKind, Estate, Export, Perimeter, Principal, Purpose
from stanch.domain.event import Event
from stanch.domain.weights import looks_like_weights
from stanch.engine.enrich import FACTS, Enricher, View

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
OURS, STRANGER = "111122223333", "999988887777"
SHARD = "llama-70b-ft/model-00001-of-00006.safetensors"
HOST = f"arn:aws:sts::{OURS}:assumed-role/vllm-serving/i-0123456789abcdef0"

ESTATE = Estate(
    perimeter=Perimeter(
        partitions=("aws",),
        regions=("eu-central-1",),
        accounts=(OURS,),
        networks=(ipaddress.ip_network("10.0.0.0/8"),),
        vpc_endpoints=("vpce-1",),
    ),
    assets=(
        Asset("llama", AssetKind.WEIGHTS, "s3://acme-weights/llama-70b-ft/", sensitivity="secret"),
        Asset(
            "decoy", AssetKind.WEIGHTS, "s3://acme-weights/llama-70b-ft/model-00000-of-00042.safetensors", decoy=True
        ),
        Asset("tickets", AssetKind.TRAINING_DATA, "s3://acme-training/tickets/"),
        Asset("images", AssetKind.REGISTRY, f"arn:*:ecr:*:{OURS}:repository/vllm"),
        Asset("honey", AssetKind.UNKNOWN, f"arn:*:iam::{OURS}:user/honey", decoy=True),
    ),
    principals=(
        Principal("arn:*:iam::111122223333:role/*serving", Purpose.SERVING),
        Principal("arn:*:iam::111122223333:role/retrain", Purpose.TRAINING),
    ),
    exports=(
        Export(
            "arn:*:iam::111122223333:role/retrain",
            "tickets",
            datetime(2026, 5, 1, tzinfo=UTC),
            datetime(2026, 5, 2, tzinfo=UTC),
            10**9,
            "ml",
            "retraining",
        ),
    ),
    declared=True,
)


def role(name: str, session: str, account: str = OURS) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "accessKeyId": "ASIA1",
        "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{account}:role/{name}", "userName": name}},
    }


def read(key: str = SHARD, bucket: str = "acme-weights", **more: Any) -> dict[str, Any]:
    return {
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "10.1.2.3",
        "recipientAccountId": OURS,
        "userIdentity": role("vllm-serving", "i-0123456789abcdef0"),
        "requestParameters": {"bucketName": bucket, "key": key},
        "additionalEventData": {"bytesTransferredOut": 4096.0},
        "readOnly": True,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
            {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}", "accountId": OURS},
        ],
        **more,
    }


def seen(record: Any, estate: Estate = ESTATE, accounts: tuple[str, ...] = (), at: datetime = NOON) -> View:
    return Enricher(estate, accounts).view(Event("e", at, "cloudtrail", "f", record))


def fact(name: str, record: Any, **more: Any) -> Any:
    values = tuple(seen(record, **more).values(name))
    return values[0] if len(values) == 1 else values


def test_a_read_names_its_asset_actor_and_place() -> None:
    expected = {
        "actor.arn": HOST,
        "actor.principal": f"arn:aws:iam::{OURS}:role/vllm-serving",
        "actor.name": "vllm-serving",
        "actor.session": "i-0123456789abcdef0",
        "actor.instance": "i-0123456789abcdef0",
        "actor.type": "AssumedRole",
        "actor.account": OURS,
        "actor.purpose": "serving",
        "asset.name": "llama",
        "asset.kind": "weights",
        "asset.sensitivity": "secret",
        "read.asset": "llama",
        "read.key": f"acme-weights/{SHARD}",
        "object.weights": True,
        "perimeter.account": "inside",
        "perimeter.region": "inside",
        "perimeter.network": "inside",
        "export.approved": False,
        "event.outcome": "success",
        "grant.to": "none",
        "copy.to": "none",
        "grant.admin": False,
    }
    view = seen(read())
    assert {name: view.values(name)[0] for name in expected} == expected
    assert view.values("asset.decoy") == ()  # there only where it is true


def test_fields_of_the_record_stay_as_logged() -> None:
    view = seen(read())
    assert view.values("requestParameters.bucketName") == ("acme-weights",)
    assert view.values("no.such.field") == ()
    assert "acme-weights" in set(view.everything())


def test_the_decoy_among_the_shards_is_told_apart() -> None:
    record = read("llama-70b-ft/model-00000-of-00042.safetensors")
    assert (fact("asset.name", record), fact("asset.decoy", record)) == ("decoy", True)


def test_a_call_on_the_whole_bucket_touches_every_asset_in_it_but_no_decoy_object() -> None:
    listed = read(eventName="ListObjects", requestParameters={"bucketName": "acme-weights"}, resources=[])
    assert [asset.name for asset in seen(listed).assets] == ["llama"]


def test_using_an_identity_that_is_a_decoy_touches_it() -> None:
    user = {"type": "IAMUser", "arn": f"arn:aws:iam::{OURS}:user/honey", "accountId": OURS, "userName": "honey"}
    assert True in seen({"eventName": "GetCallerIdentity", "userIdentity": user}).values("asset.decoy")


def test_a_store_that_nobody_declared_is_an_asset_of_kind_unknown() -> None:
    ref = seen(read("k", "some-bucket")).assets[0]
    assert (ref.name, ref.kind, ref.arn) == ("some-bucket", "unknown", "arn:aws:s3:::some-bucket")
    snapshot = {
        "eventSource": "ec2.amazonaws.com",
        "awsRegion": "eu-central-1",
        "requestParameters": {"snapshotId": "snap-1"},
    }
    assert seen(snapshot).assets[0].arn == "arn:aws:ec2:eu-central-1::snapshot/snap-1"


def test_a_call_that_touches_no_store_has_no_asset() -> None:
    assert seen({"eventSource": "sts.amazonaws.com", "eventName": "GetCallerIdentity"}).assets == ()


def test_a_copy_touches_source_and_destination_and_reads_only_the_source() -> None:
    request = {
        "bucketName": "acme-training",
        "key": "tickets/x",
        "x-amz-copy-source": f"/acme-weights/{SHARD}?versionId=3",
    }
    view = seen(read(eventName="CopyObject", requestParameters=request, resources=[]))
    assert set(view.values("asset.kind")) == {"weights", "training-data"}
    assert view.values("read.asset") == ("llama",)
    assert view.values("read.key") == (f"acme-weights/{SHARD}",)


def test_an_image_pulled_from_the_registry_is_read() -> None:
    record = {
        "eventSource": "ecr.amazonaws.com",
        "eventName": "BatchGetImage",
        "awsRegion": "eu-central-1",
        "recipientAccountId": OURS,
        "requestParameters": {"repositoryName": "vllm", "registryId": OURS},
    }
    assert fact("read.kind", record) == "registry"


def test_the_partition_is_the_callers() -> None:
    identity = {"type": "IAMUser", "arn": f"arn:aws-eusc:iam::{OURS}:user/alice", "accountId": OURS}
    assert seen(read("k", "b", userIdentity=identity, resources=[])).assets[0].arn == "arn:aws-eusc:s3:::b"
    bare = {"eventSource": "s3.amazonaws.com", "awsRegion": "us-gov-west-1", "requestParameters": {"bucketName": "b"}}
    assert seen(bare).assets[0].arn == "arn:aws-us-gov:s3:::b"


def test_without_an_estate_the_accounts_of_the_logs_are_inside_and_networks_unknown() -> None:
    nothing = Estate()
    assert fact("perimeter.account", read(), estate=nothing, accounts=(OURS,)) == "inside"
    stranger = read(userIdentity=role("thief", "s", STRANGER))
    assert fact("perimeter.account", stranger, estate=nothing, accounts=(OURS,)) == "outside"
    assert fact("perimeter.network", read(sourceIPAddress="203.0.113.7"), estate=nothing) == "unknown"


def test_nobody_is_outside_and_a_service_is_on_no_side() -> None:
    nobody = read(userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "anonymous"})
    assert (fact("perimeter.account", nobody), fact("actor.arn", nobody)) == ("outside", "anonymous")
    service = read(userIdentity={"type": "AWSService", "invokedBy": "backup.amazonaws.com"})
    assert (fact("perimeter.account", service), fact("actor.purpose", service)) == ("unknown", "service")


def test_a_purpose_is_absent_where_the_estate_names_no_principals() -> None:
    assert fact("actor.purpose", read(), estate=Estate()) == ()
    assert fact("actor.purpose", read(userIdentity=role("analyst", "s"))) == "unknown"


def test_a_foreign_account_is_named_by_its_principal_id() -> None:
    identity = {"type": "AWSAccount", "principalId": "AROAEXAMPLE:thief", "accountId": STRANGER}
    actor = seen(read(userIdentity=identity)).actor
    assert (actor.arn, actor.session, actor.account) == (f"{STRANGER}:AROAEXAMPLE:thief", "thief", STRANGER)


@pytest.mark.parametrize(
    ("address", "endpoint", "side", "network"),
    [
        ("10.1.2.3", None, "inside", ()),
        ("203.0.113.7", None, "outside", "203.0.113.0/24"),
        ("203.0.113.7", "vpce-1", "inside", ()),
        ("10.1.2.3", "vpce-theirs", "outside", ()),
        ("s3.amazonaws.com", None, "unknown", ()),
        ("AWS Internal", None, "unknown", ()),
        ("2001:db8:1:2::5", None, "outside", "2001:db8:1::/48"),
    ],
)
def test_the_network_is_judged_by_address_and_endpoint(
    address: str, endpoint: str | None, side: str, network: Any
) -> None:
    record = read(sourceIPAddress=address, vpcEndpointId=endpoint)
    assert (fact("perimeter.network", record), fact("actor.network", record)) == (side, network)


PUBLIC_ONLY = Estate(perimeter=Perimeter(accounts=(OURS,), networks=(ipaddress.ip_network("198.51.100.0/24"),)))


@pytest.mark.parametrize(
    ("address", "endpoint", "owner", "side"),
    [
        ("10.1.2.3", "vpce-9", None, "unknown"),
        ("10.1.2.3", "vpce-9", OURS, "inside"),
        ("10.1.2.3", "vpce-9", STRANGER, "outside"),
        ("10.1.2.3", None, None, "unknown"),
        ("192.0.2.7", None, None, "outside"),
        ("198.51.100.7", None, None, "inside"),
    ],
)
def test_a_private_address_says_nothing_where_only_public_networks_are_declared(
    address: str, endpoint: str | None, owner: str | None, side: str
) -> None:
    record = read(sourceIPAddress=address, vpcEndpointId=endpoint, vpcEndpointAccountId=owner)
    assert fact("perimeter.network", record, estate=PUBLIC_ONLY) == side


def test_a_service_linked_role_is_a_service_and_a_role_of_the_same_name_is_not() -> None:
    linked = role("AWSServiceRoleForSSO", "SSO-Provisioner")
    issuer = f"arn:aws:iam::{OURS}:role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO"
    assert fact("actor.purpose", read(userIdentity=linked)) == "unknown"
    linked["sessionContext"]["sessionIssuer"]["arn"] = issuer
    assert fact("actor.purpose", read(userIdentity=linked)) == "service"


@pytest.mark.parametrize(
    ("source", "request_", "arn"),
    [
        ("ssm", {"name": "/app/db"}, f"arn:aws:ssm:eu-central-1:{OURS}:parameter/app/db"),
        ("ssm", {"names": ["app"]}, f"arn:aws:ssm:eu-central-1:{OURS}:parameter/app"),
        ("secretsmanager", {"secretIdList": ["db"]}, f"arn:aws:secretsmanager:eu-central-1:{OURS}:secret:db"),
    ],
)
def test_parameters_and_secrets_read_in_a_batch_are_touched(source: str, request_: Any, arn: str) -> None:
    record = read(eventSource=f"{source}.amazonaws.com", requestParameters=request_, resources=[])
    assert arn in [thing.arn for thing in seen(record).touched]


def test_an_export_is_approved_for_its_actor_asset_and_time_only() -> None:
    work = read("tickets/part-1.jsonl", "acme-training", userIdentity=role("retrain", "job"))
    assert fact("export.approved", work) is True
    assert fact("export.approved", work, at=datetime(2026, 5, 2, tzinfo=UTC)) is False
    assert fact("export.approved", {**work, "userIdentity": role("other", "job")}) is False
    assert fact("export.approved", read(userIdentity=role("retrain", "job"))) is False


def test_a_read_tells_object_and_bytes_whatever_the_log_calls_a_number() -> None:
    assert seen(read()).read == (f"acme-weights/{SHARD}", 4096)
    for odd in ("4096", None, True, -5, float("nan"), float("inf"), [1]):
        assert seen(read(additionalEventData={"bytesTransferredOut": odd})).read == (f"acme-weights/{SHARD}", 0)


def test_a_refused_read_and_a_copy_within_give_nothing_away() -> None:
    assert seen(read(errorCode="AccessDenied")).read is None
    request = {"bucketName": "acme-training", "key": "x", "x-amz-copy-source": f"acme-weights/{SHARD}"}
    copy = read(eventName="CopyObject", requestParameters=request, resources=[])
    assert seen(copy).read is None
    assert seen({**copy, "userIdentity": role("thief", "s", STRANGER)}).read == (f"acme-weights/{SHARD}", 0)


def test_a_failed_login_is_a_failure_without_an_error_code() -> None:
    login = {"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}
    assert fact("event.outcome", login) == "failure"


def test_containment_may_act_on_the_role_and_the_instance_behind_a_session() -> None:
    assert seen(read()).resources == (
        f"arn:aws:iam::{OURS}:role/vllm-serving",
        f"arn:aws:ec2:eu-central-1:{OURS}:instance/i-0123456789abcdef0",
    )


def test_containment_never_acts_on_a_stranger_but_on_the_bucket_he_reads() -> None:
    assert seen(read(userIdentity=role("thief", "s", STRANGER))).resources == ("arn:aws:s3:::acme-weights",)


def test_containment_may_act_on_the_role_or_user_that_was_changed() -> None:
    def changed(name: str, **request: str) -> tuple[str, ...]:
        identity = {"type": "IAMUser", "arn": f"arn:aws:iam::{OURS}:user/alice", "accountId": OURS}
        record = {"eventSource": "iam.amazonaws.com", "eventName": name, "userIdentity": identity}
        return seen({**record, "recipientAccountId": OURS, "requestParameters": request}).resources

    assert changed("CreateAccessKey", userName="bob")[1:] == (f"arn:aws:iam::{OURS}:user/bob",)
    assert changed("UpdateAssumeRolePolicy", roleName="r")[1:] == (f"arn:aws:iam::{OURS}:role/r",)


@pytest.mark.parametrize(
    "key",
    [
        SHARD,
        "m/model.safetensors.index.json",
        "m/pytorch_model-00001-of-00009.bin",
        "consolidated.00.pth",
        "q/model.Q4_K_M.gguf",
        "lora/adapter_model.bin",
        "lora/adapter_config.json",
        "ckpt/__0_0.distcp",
        "out/model.tar.gz",
        "trt/rank0.engine",
    ],
)
def test_keys_of_weights_are_known_by_their_shape(key: str) -> None:
    assert looks_like_weights(key)


@pytest.mark.parametrize(
    "key", ["tickets/part-0001.jsonl", "index.html", "bin/tool.bin", "model/readme.md", "notes.pt/x.txt"]
)
def test_other_keys_are_no_weights(key: str) -> None:
    assert not looks_like_weights(key)


names = st.sampled_from(
    [
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "vpcEndpointId",
        "recipientAccountId",
        "userIdentity",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "resources",
        "errorCode",
        "readOnly",
    ]
)
inner_names = st.sampled_from(
    [
        "type",
        "arn",
        "ARN",
        "accountId",
        "principalId",
        "accessKeyId",
        "sessionContext",
        "sessionIssuer",
        "userName",
        "bucketName",
        "key",
        "x-amz-copy-source",
        "roleArn",
        "policyDocument",
        "invokedBy",
        "onBehalfOf",
        "bytesTransferredOut",
        "ConsoleLogin",
        "items",
    ]
)
odd_text = st.sampled_from(
    [
        "",
        "s3.amazonaws.com",
        "GetObject",
        "CopyObject",
        "AssumedRole",
        HOST,
        "arn:::::",
        "arn:aws:s3:::b/k",
        "::ffff:1.2.3.4",
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_text | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(inner_names, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(names, json_values, max_size=8))
@settings(max_examples=400, deadline=None)
def test_any_record_is_enriched_without_an_exception(record: dict[str, Any]) -> None:
    for estate in (ESTATE, Estate()):
        view = seen(record, estate)
        for name in FACTS:
            assert isinstance(view.values(name), tuple)
        assert view.actor.arn
        assert isinstance(view.resources, tuple)
        assert view.read is None or view.read[1] >= 0


def test_a_role_session_is_named_by_its_role_even_without_its_issuer() -> None:
    bare = {"type": "AssumedRole", "arn": HOST, "accountId": OURS}
    assert fact("actor.name", read(userIdentity=bare)) == "vllm-serving"
    assert fact("actor.principal", read(userIdentity=bare)) == f"arn:aws:iam::{OURS}:role/vllm-serving"


def permissions(cidr: str, first: int | None, last: int | None, protocol: str = "tcp") -> dict[str, Any]:
    ports = {} if first is None else {"fromPort": first, "toPort": last}
    ranges = (
        {"ipv6Ranges": {"items": [{"cidrIpv6": cidr}]}} if ":" in cidr else {"ipRanges": {"items": [{"cidrIp": cidr}]}}
    )
    return {"ipPermissions": {"items": [{"ipProtocol": protocol, **ports, **ranges}]}}


ENTRY = {"aclProtocol": "6", "cidrBlock": "0.0.0.0/0", "egress": False, "ruleAction": "allow"}
NEW_RULE = {"CidrIpv4": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389}


@pytest.mark.parametrize(
    ("source", "name", "request_", "doors"),
    [
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("0.0.0.0/0", 22, 22), ("administration",)),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("::/0", 5432, 5432), ("data",)),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("0.0.0.0/0", 443, 443), ("web",)),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("0.0.0.0/0", 8080, 8080), ("other",)),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("0.0.0.0/0", 0, 65535), ("everything",)),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("0.0.0.0/0", None, None, "-1"), ("everything",)),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("128.0.0.0/1", 22, 22), ("administration",)),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("10.0.0.0/8", 22, 22), ()),
        ("ec2", "AuthorizeSecurityGroupIngress", permissions("not a network", 22, 22), ()),
        ("ec2", "AuthorizeSecurityGroupIngress", {"cidrIp": "208.236.235.254/0", "fromPort": 22, "toPort": 22,
                                                  "ipProtocol": "tcp", "ipPermissions": {}}, ("administration",)),
        ("ec2", "AuthorizeSecurityGroupEgress", permissions("0.0.0.0/0", 22, 22), ()),
        ("ec2", "ModifySecurityGroupRules", {"ModifySecurityGroupRulesRequest": {
            "SecurityGroupRule": {"tag": 1, "SecurityGroupRule": NEW_RULE}}}, ("administration",)),
        ("ec2", "CreateNetworkAclEntry", {**ENTRY, "portRange": {"from": 3306, "to": 3306}}, ("data",)),
        ("ec2", "CreateNetworkAclEntry", {**ENTRY, "portRange": {"from": 1024, "to": 65535}}, ()),
        ("ec2", "CreateNetworkAclEntry", {**ENTRY, "aclProtocol": "-1"}, ("everything",)),
        ("ec2", "CreateNetworkAclEntry", {**ENTRY, "aclProtocol": "-1", "egress": True}, ()),
        ("ec2", "CreateNetworkAclEntry", {**ENTRY, "aclProtocol": "-1", "ruleAction": "deny"}, ()),
        ("rds", "AuthorizeDBSecurityGroupIngress", {"cIDRIP": "0.0.0.0/0"}, ("data",)),
        ("lightsail", "PutInstancePublicPorts", {"portInfos": [
            {"fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrs": ["0.0.0.0/0"]}]}, ("administration",)),
        ("ec2", "DescribeInstances", permissions("0.0.0.0/0", 22, 22), ()),
    ],
)  # fmt: skip
def test_a_door_opened_to_the_world_is_told_by_what_is_behind_it(
    source: str, name: str, request_: Any, doors: tuple[str, ...]
) -> None:
    record = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request_}
    assert tuple(seen(record).values("opens.to_world")) == doors


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (role("ci-deploy", "run-1"), True),
        (role("acme-terraform", "x"), True),
        (role("web", "AWSCodeBuild-01234567-89ab-cdef-0123-456789abcdef"), True),
        ({**role("web", "x"), "invokedBy": "cloudformation.amazonaws.com"}, True),
        (role("web", "terraform"), False),  # a session's name is whatever its opener likes
        (role("cicada", "x"), False),
        (role("web", "x"), False),
        ({"type": "IAMUser", "arn": f"arn:aws:iam::{OURS}:user/ci-deploy", "userName": "ci-deploy"}, False),
    ],
)
def test_deployment_is_a_role_or_a_service_and_never_a_key_or_a_sessions_name(identity: Any, expected: bool) -> None:
    assert tuple(seen({"userIdentity": identity}).values("actor.deploys")) == (expected,)


def test_a_pipeline_that_signs_in_by_its_provider_is_deployment() -> None:
    identity = role("web", "x")
    web = {"federatedProvider": f"arn:aws:iam::{OURS}:oidc-provider/token.actions.githubusercontent.com"}
    identity.setdefault("sessionContext", {})["webIdFederationData"] = web
    assert tuple(seen({"userIdentity": identity}).values("actor.deploys")) == (True,)


@pytest.mark.parametrize(
    ("record", "service"),
    [
        ({"userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}}, ("ec2.amazonaws.com",)),
        ({"userIdentity": {**role("web", "x"), "invokedBy": "backup.amazonaws.com"}}, ("backup.amazonaws.com",)),
        ({"userIdentity": role("web", "x"), "sourceIPAddress": "athena.amazonaws.com"}, ("athena.amazonaws.com",)),
        ({"userIdentity": {**role("web", "x"), "invokedBy": "signin.amazonaws.com"}}, ()),
        ({"userIdentity": {**role("web", "x"), "invokedBy": "AWS Internal"}, "sourceIPAddress": "AWS Internal"}, ()),
        ({"userIdentity": role("web", "x"), "sourceIPAddress": "203.0.113.9"}, ()),
    ],
)
def test_the_service_behind_a_call_is_named_and_the_console_is_none(record: Any, service: tuple[str, ...]) -> None:
    assert tuple(seen(record).values("actor.service")) == service

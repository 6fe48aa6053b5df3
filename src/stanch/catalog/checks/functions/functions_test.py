"""Edges of the checks of functions."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, MOMENT, posture, rulings, verdicts
from tests.trusting import ASSET, DECOY, EVERYTHING, READS, STRANGER, bucket, role, thing, trusting

from stanch.contracts.collector import Unknown
from stanch.domain.event import Event
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:embed"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/embed"
HERE = f"arn:aws:ec2:eu-central-1:{ACCOUNT}"
LAMBDA = trusting({"Service": "lambda.amazonaws.com"})
INSIDE = {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
HIDDEN = {"$unseen": "kms:Decrypt: AccessDenied"}
BOTH = f'{ASSET}\n[[asset]]\nname = "corpus"\nkind = "training-data"\nwhere = "s3://corpus-eu/"\n'


def function(**data: Any) -> dict[str, Any]:
    return thing("lambda/function", ARN, {"FunctionName": "embed", "Role": ROLE, **data})


def reader(*allowed: Any, **data: Any) -> dict[str, Any]:
    return role("embed", LAMBDA, *(allowed or (READS,)), **data)


def network(*routes: dict[str, Any]) -> list[dict[str, Any]]:
    """A network of one subnet whose table has these routes, and a NAT gateway in another that leads out."""
    out = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    allow = {"Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100, "CidrBlock": "0.0.0.0/0"}
    entries = [{**allow, "Egress": egress} for egress in (True, False)]
    joined = [{"SubnetId": name, "NetworkAclId": "acl-1"} for name in ("subnet-1", "subnet-2")]

    def table(name: str, subnet: str, *ways: dict[str, Any]) -> dict[str, Any]:
        data = {"RouteTableId": name, "VpcId": "vpc-1", "Associations": [{"SubnetId": subnet}], "Routes": list(ways)}
        return thing("ec2/route-table", f"{HERE}:route-table/{name}", data)

    igw = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
    nat = {
        "NatGatewayId": "nat-1",
        "State": "available",
        "SubnetId": "subnet-2",
        "VpcId": "vpc-1",
        "ConnectivityType": "public",
    }
    group = {"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": [], "IpPermissionsEgress": out}
    acl = {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Associations": joined, "Entries": entries}
    return [
        thing("ec2/security-group", f"{HERE}:security-group/sg-1", group),
        thing("ec2/network-acl", f"{HERE}:network-acl/acl-1", acl),
        thing("ec2/natgateway", f"{HERE}:natgateway/nat-1", nat),
        table("rtb-1", "subnet-1", *routes),
        table("rtb-2", "subnet-2", igw),
    ]


NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}


@pytest.mark.parametrize(
    ("lines", "toml", "ruling"),
    [
        ([bucket(), reader(), function()], ASSET, Ruling.FAIL),
        ([bucket(), reader(), function()], DECOY, Ruling.PASS),
        ([bucket(), role("embed", LAMBDA), function()], ASSET, Ruling.PASS),
        ([bucket(), reader(), function(VpcConfig=INSIDE), *network()], ASSET, Ruling.PASS),
        ([bucket(), reader(), function(VpcConfig=INSIDE), *network(NAT)], ASSET, Ruling.FAIL),
        ([bucket(), reader(), function(VpcConfig=INSIDE)], ASSET, Ruling.UNKNOWN),
        ([bucket(), reader(), function(VpcConfig=HIDDEN)], ASSET, Ruling.UNKNOWN),
        (
            [bucket(), reader(), function(VpcConfig={"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""})],
            ASSET,
            Ruling.FAIL,
        ),
    ],
)
def test_reading_and_sending_make_a_hole_together(lines: Any, toml: str, ruling: Ruling) -> None:
    assert rulings("functions/reads_and_sends", posture(lines, toml)) == {ARN: ruling}


def test_a_function_that_must_climb_first_is_milder() -> None:
    passes = {
        "Effect": "Allow",
        "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        "Resource": "*",
    }
    lines = [bucket(), reader(passes), role("other", LAMBDA, READS), function()]
    (verdict,) = verdicts("functions/reads_and_sends", posture(lines, ASSET))
    assert (verdict.ruling, verdict.severity) == (Ruling.FAIL, Severity.MEDIUM)
    assert any("iam:PassRole" in step for step in verdict.way)
    assert [asset.name for asset in verdict.assets] == ["model"]


@pytest.mark.parametrize("check", ["reads_and_sends", "layer_foreign", "role_wide"])
def test_without_a_declared_asset_nobody_can_say(check: str) -> None:
    found = rulings(f"functions/{check}", posture([bucket(), reader(EVERYTHING), function()]))
    assert found == {f"arn:aws:iam::{ACCOUNT}:root": Ruling.UNKNOWN}


@pytest.mark.parametrize("check", ["secret_in_environment", "runtime_ended"])
def test_a_region_whose_functions_were_refused_is_unknown(check: str) -> None:
    gap = Unknown(
        "lambda:ListFunctions", "AccessDenied", "lambda:ListFunctions", "lambda", "no", ACCOUNT, "eu-central-1"
    )
    (verdict,) = verdicts(f"functions/{check}", posture([], unknowns=[gap], regions=["eu-central-1", "eu-west-1"]))
    assert (verdict.ruling, verdict.region) == (Ruling.UNKNOWN, "eu-central-1")
    assert "lambda:ListFunctions" in verdict.why


@pytest.mark.parametrize(
    ("environment", "ruling"),
    [
        (None, Ruling.PASS),
        ({"Variables": {"A": {"Length": 1, "LooksSecret": None}}}, Ruling.PASS),
        ({"Variables": {"A": {"Length": 40, "LooksSecret": "aws-access-key"}}}, Ruling.FAIL),
        (HIDDEN, Ruling.UNKNOWN),
        ("odd", Ruling.PASS),
    ],
)
def test_a_secret_in_the_environment(environment: Any, ruling: Ruling) -> None:
    assert rulings("functions/secret_in_environment", posture([function(Environment=environment)])) == {ARN: ruling}


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({"Runtime": "python3.7"}, Ruling.FAIL),
        ({"Runtime": "provided.al2"}, Ruling.FAIL),
        ({"Runtime": "dotnet8"}, Ruling.PASS),  # ends eight days after the snapshot
        ({"Runtime": "python3.99"}, Ruling.PASS),
        ({"PackageType": "Image"}, Ruling.PASS),
        ({"Runtime": HIDDEN}, Ruling.UNKNOWN),
    ],
)
def test_a_runtime_is_judged_at_the_moment_of_the_snapshot(data: Any, ruling: Ruling) -> None:
    assert rulings("functions/runtime_ended", posture([function(**data)])) == {ARN: ruling}


@pytest.mark.parametrize(
    ("account", "ruling"),
    [(STRANGER, Ruling.FAIL), (ACCOUNT, Ruling.PASS), ("017000801446", Ruling.PASS)],
)
def test_whose_layer_it_is(account: str, ruling: Ruling) -> None:
    layers = [{"Arn": f"arn:aws:lambda:eu-central-1:{account}:layer:tools:3"}]
    lines = [bucket(), reader(), function(Layers=layers)]
    assert rulings("functions/layer_foreign", posture(lines, ASSET)) == {ARN: ruling}
    harmless = [bucket(), role("embed", LAMBDA), function(Layers=layers)]
    assert rulings("functions/layer_foreign", posture(harmless, ASSET)) == {ARN: Ruling.PASS}


def wide(*lines: Any, events: Any = None) -> Any:
    stores = [bucket(), bucket("arn:aws:s3:::corpus-eu")]
    (verdict,) = verdicts("functions/role_wide", posture([*stores, *lines], BOTH, events=events))
    return verdict


def test_one_store_is_taken_for_a_function_s_own_and_of_two_nobody_can_say_which() -> None:
    assert wide(reader(), function()).ruling is Ruling.PASS
    assert wide(reader(EVERYTHING), function()).ruling is Ruling.FAIL


def test_what_a_function_names_or_was_seen_to_read_is_its_own() -> None:
    both = {"A": {"Refers": ["s3://corpus-eu/x", "s3://models-eu/y"]}}
    assert wide(reader(EVERYTHING), function(Environment={"Variables": both})).ruling is Ruling.PASS
    seen = [read("models-eu"), read("corpus-eu")]
    assert wide(reader(EVERYTHING), function(), events=seen).ruling is Ruling.PASS
    other = wide(reader(EVERYTHING), function(), events=seen[:1])
    assert [asset.name for asset in other.assets] == ["corpus"]


def test_a_role_that_nobody_used_for_long_needs_nothing() -> None:
    old = {"LastUsedDate": "2026-06-01T00:00:00+00:00", "Region": "eu-central-1"}
    verdict = wide(reader(RoleLastUsed=old), function())
    assert verdict.ruling is Ruling.FAIL
    assert "154 days" in verdict.why


def read(name: str) -> Event:
    identity = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": ROLE}}}
    record = {"eventName": "GetObject", "userIdentity": identity, "requestParameters": {"bucketName": name, "key": "x"}}
    return Event(name, MOMENT, "cloudtrail", "f", record)


def test_what_was_read_by_hostile_records_breaks_nothing() -> None:
    odd = [
        Event("e", MOMENT, "cloudtrail", "f", record)
        for record in ({}, {"eventName": "GetObject", "userIdentity": 7}, {"eventName": ["x"]})
    ]
    assert wide(reader(), function(), events=odd).ruling is Ruling.PASS

"""Nothing healthy fails: a model served as careful people serve it, recorded and watched, beside ordinary things."""

import copy
from typing import Any

import pytest

from stanch import app
from stanch.contracts.check import Posture
from stanch.domain.verdict import Ruling
from stanch.engine.shelf import Unit
from tests.posturing import ACCOUNT, REGION, posture, verdicts
from tests.serving import HOST, IGW, VPC, WEIGHTS, Line, allow, bucket, ec2, host, network, role

ROWS = ("cloudtrail/", "guardduty/", "flow_logs/", "inference_hosts/", "egress/")
CHECKS = [unit for unit in app.shelf("checks", ".py") if unit.id.startswith(ROWS)]
NAME = HOST.rpartition("/")[2]
BALANCING = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
MODELS = [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::acme-weights/", "arn:aws:s3:::acme-adapters/"]},
]
ESTATE = f"""
[perimeter]
accounts = ["{ACCOUNT}"]
regions = ["{REGION}"]
{WEIGHTS}
[[asset]]
name = "adapters"
kind = "adapter"
where = "s3://acme-adapters/"
"""


def thing(kind: str, arn: str, **data: Any) -> Line:
    """A thing of another service."""
    return {"kind": kind, "arn": arn, "data": data}


def serving() -> list[Line]:
    """A private host that its role lets read its model, in a subnet whose only ways out are endpoints."""
    to_s3 = allow(443, PrefixListIds=[{"PrefixListId": "pl-s3"}])
    inside = allow(8000, UserIdGroupPairs=[{"GroupId": "sg-gateway"}])
    own = {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": own}
    starts = "#!/bin/sh\nvllm serve s3://acme-weights/llama/ --port 8000\n"
    options = {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 2}
    told = {"Length": len(starts), "Sha256": "0", "Masked": False, "Text": starts}
    return [
        host(public=False, UserData=told, MetadataOptions=options),
        role("arn:aws:s3:::acme-weights/llama/*", "arn:aws:s3:::acme-adapters/*"),
        *network(inside=[inside], outside=[to_s3]),
        ec2("prefix-list", "pl-s3", PrefixListId="pl-s3", OwnerId="AWS", PrefixListName=f"com.amazonaws.{REGION}.s3"),
        ec2(
            "vpc-endpoint",
            "vpce-1",
            VpcEndpointId="vpce-1",
            VpcId=VPC,
            ServiceName=f"com.amazonaws.{REGION}.s3",
            PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
        ),
        thing(
            "ssm/managed-instance",
            f"arn:aws:ssm:{REGION}:{ACCOUNT}:managed-instance/{NAME}",
            InstanceId=NAME,
            PingStatus="Online",
        ),
        *balanced(),
    ]


def balanced() -> list[Line]:
    """A load balancer in front that signs callers in."""
    arn, targets = f"{BALANCING}:loadbalancer/app/llm/1", f"{BALANCING}:targetgroup/llm/2"
    actions = [{"Type": "authenticate-cognito", "Order": 1}, {"Type": "forward", "TargetGroupArn": targets, "Order": 2}]
    rules = [{"RuleArn": "r", "IsDefault": True, "Conditions": [], "Actions": actions}]
    front = {
        "LoadBalancerArn": arn,
        "Scheme": "internet-facing",
        "Type": "application",
        "SecurityGroups": ["sg-gateway"],
    }
    health = [{"Target": {"Id": NAME, "Port": 8000}, "TargetHealth": {"State": "healthy"}}]
    return [
        thing("elbv2/load-balancer", arn, **front),
        thing("elbv2/listener", f"{BALANCING}:listener/app/llm/1/3", LoadBalancerArn=arn, Port=443, Rules=rules),
        thing("elbv2/target-group", targets, VpcId=VPC, TargetHealthDescriptions=health),
        ec2("security-group", "sg-gateway", GroupId="sg-gateway", IpPermissions=[allow(443)]),
    ]


def recorded() -> list[Line]:
    """One trail of all regions into a locked bucket, flow logs under a table, GuardDuty with what is here."""
    trail = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/all"
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}}
    kept: dict[str, Any] = {"Versioning": {"Status": "Enabled"}, "ObjectLock": lock, "Lifecycle": None}
    detector = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/1"
    features = ("CLOUD_TRAIL", "S3_DATA_EVENTS", "RUNTIME_MONITORING", "EBS_MALWARE_PROTECTION")
    probes = {"type": {"Eq": ["Recon:EC2/PortProbeUnprotectedPort"]}}
    return [
        thing(
            "cloudtrail/trail",
            trail,
            Name="all",
            TrailARN=trail,
            HomeRegion=REGION,
            IsMultiRegionTrail=True,
            LogFileValidationEnabled=True,
            S3BucketName="acme-trail",
            Status={"IsLogging": True, "LatestDeliveryTime": "2026-11-02T02:57:00+00:00"},
            EventSelectors=None,
            AdvancedEventSelectors=[MANAGEMENT, {"FieldSelectors": MODELS}],
        ),
        bucket("acme-trail", **kept),
        ec2(
            "vpc-flow-log",
            "fl-1",
            FlowLogId="fl-1",
            FlowLogStatus="ACTIVE",
            DeliverLogsStatus="SUCCESS",
            ResourceId=VPC,
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination="arn:aws:s3:::acme-flows",
        ),
        thing(
            "route53resolver/query-log-config",
            f"arn:aws:route53resolver:{REGION}:{ACCOUNT}:resolver-query-log-config/rqlc-1",
            Id="rqlc-1",
            Status="CREATED",
            Associations=[{"ResourceId": VPC, "Status": "ACTIVE"}],
        ),
        bucket("acme-flows", Notification={}),
        thing(
            "glue/table",
            f"arn:aws:glue:{REGION}:{ACCOUNT}:table/logs/flows",
            DatabaseName="logs",
            Name="flows",
            StorageDescriptor={"Location": f"s3://acme-flows/AWSLogs/{ACCOUNT}/vpcflowlogs/"},
        ),
        thing("guardduty/account", f"arn:aws:guardduty:{REGION}:{ACCOUNT}:account", DetectorIds=["1"]),
        thing(
            "guardduty/detector",
            detector,
            Status="ENABLED",
            FindingPublishingFrequency="FIFTEEN_MINUTES",
            Features=[{"Name": name, "Status": "ENABLED"} for name in features],
            Filters=[{"Name": "probes", "Action": "ARCHIVE", "FindingCriteria": {"Criterion": probes}}],
        ),
    ]


def ordinary() -> list[Line]:
    """The default network that nobody uses, and a web server with a public address that is nobody's model."""
    web = copy.deepcopy(host(gpu=False, role=False))
    web["arn"] = web["arn"][:-4] + "beef"
    web["data"]["InstanceId"] = web["arn"].rpartition("/")[2]
    web["data"]["NetworkInterfaces"][0] |= {
        "SubnetId": "subnet-web",
        "VpcId": "vpc-web",
        "Groups": [{"GroupId": "sg-web"}],
    }
    routes = [{"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **IGW}]
    office = allow(22, IpRanges=[{"CidrIp": "198.51.100.0/24"}])
    return [
        web,
        ec2(
            "security-group",
            "sg-web",
            GroupId="sg-web",
            IpPermissions=[allow(443), office],
            IpPermissionsEgress=[allow()],
        ),
        ec2("vpc", "vpc-default", VpcId="vpc-default", IsDefault=True),
        ec2("route-table", "rtb-d", VpcId="vpc-default", Routes=routes, Associations=[{"Main": True}]),
        ec2(
            "security-group",
            "sg-default",
            GroupId="sg-default",
            IpPermissions=[allow(UserIdGroupPairs=[{"GroupId": "sg-default"}])],
            IpPermissionsEgress=[allow()],
        ),
    ]


@pytest.fixture(scope="module")
def built() -> Posture:
    """The whole account."""
    return posture([*serving(), *recorded(), *ordinary(), bucket(), bucket("acme-adapters")], ESTATE)


@pytest.mark.parametrize("unit", CHECKS, ids=[unit.id for unit in CHECKS])
def test_a_well_built_estate_has_no_hole_and_every_check_had_something_to_say(unit: Unit, built: Posture) -> None:
    found = verdicts(unit.id, built)
    assert {one.ruling for one in found} == {Ruling.PASS}, [(one.resource, one.why) for one in found]

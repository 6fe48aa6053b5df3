"""What the collectors see of a real host in the range is what the checks fail on, and their remedy mends it."""

import base64
import json
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import pytest

from stanch.aws import Door
from stanch.catalog.collectors import cloudtrail, elbv2, guardduty, iam, s3, ssm
from stanch.catalog.collectors.ec2 import hosts
from stanch.catalog.collectors.ec2 import network as networks
from stanch.domain.verdict import Ruling, Verdict
from tests.collecting import collected
from tests.ground import Ground, document
from tests.posturing import posture, verdicts

ELSEWHERE = "eu-west-2"
COLLECTORS: dict[str, ModuleType] = {
    "ec2/hosts": hosts,
    "ec2/network": networks,
    "elbv2": elbv2,
    "cloudtrail": cloudtrail,
    "guardduty": guardduty,
    "ssm": ssm,
    "iam": iam,
    "s3": s3,
}
STARTS = "#!/bin/sh\nexport HF_TOKEN=hf_" + "aBcDeFgHiJ" * 4 + "\nvllm serve s3://{bucket}/llama/\n"


class Staged:
    """A host that does all wrong, in a region of its own."""

    def __init__(self, ground: Ground) -> None:
        self.aws = aws = ground.admin.at(ELSEWHERE)
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self.account, name = ground.account, ground.name("serving")
        self.bucket = f"weights-{name}"
        place = {"LocationConstraint": ELSEWHERE}
        aws.call("s3", "CreateBucket", Bucket=self.bucket, CreateBucketConfiguration=place)
        role = ground.role()
        aws.call("iam", "CreateInstanceProfile", InstanceProfileName=name)
        aws.call("iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=role.rpartition("/")[2])
        self.vpc = self.made("CreateVpc", "Vpc", "VpcId", CidrBlock="10.60.0.0/16")
        self.subnet = self.made("CreateSubnet", "Subnet", "SubnetId", VpcId=self.vpc, CidrBlock="10.60.1.0/24")
        gateway = self.made("CreateInternetGateway", "InternetGateway", "InternetGatewayId")
        aws.call("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=self.vpc)
        table = self.made("CreateRouteTable", "RouteTable", "RouteTableId", VpcId=self.vpc)
        aws.call("ec2", "CreateRoute", RouteTableId=table, GatewayId=gateway, DestinationCidrBlock="0.0.0.0/0")
        aws.call("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=self.subnet)
        self.group = str(
            aws.call("ec2", "CreateSecurityGroup", GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        )
        for port in (22, 8000):
            rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            aws.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=self.group, IpPermissions=[rule])
        self.host = self.ran(name)
        self.endpoint = self.made(
            "CreateVpcEndpoint",
            "VpcEndpoint",
            "VpcEndpointId",
            VpcId=self.vpc,
            ServiceName=f"com.amazonaws.{ELSEWHERE}.s3",
            PolicyDocument=document([{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]),
        )
        log: dict[str, Any] = {"ResourceIds": [self.subnet], "ResourceType": "Subnet", "LogDestinationType": "s3"}
        aws.call("ec2", "CreateFlowLogs", TrafficType="REJECT", LogDestination=f"arn:aws:s3:::{self.bucket}", **log)
        self.detector = str(aws.call("guardduty", "CreateDetector", Enable=True)["DetectorId"])
        aws.call("cloudtrail", "CreateTrail", Name=name, S3BucketName=self.bucket)
        self.trail = f"arn:aws:cloudtrail:{ELSEWHERE}:{self.account}:trail/{name}"

    def made(self, operation: str, key: str, name: str, **params: Any) -> str:
        """The id of a new part of the network."""
        return str(self.aws.call("ec2", operation, **params)[key][name])

    def ran(self, profile: str) -> str:
        """The id of an instance with a public address, old metadata and a token in its user data."""
        interface = {
            "DeviceIndex": 0,
            "SubnetId": self.subnet,
            "Groups": [self.group],
            "AssociatePublicIpAddress": True,
        }
        started = self.aws.call(
            "ec2",
            "RunInstances",
            ImageId="ami-0c2b8ca1dad447f8a",
            MinCount=1,
            MaxCount=1,
            InstanceType="g5.xlarge",
            NetworkInterfaces=[interface],
            IamInstanceProfile={"Name": profile},
            MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "enabled"},
            UserData=base64.b64encode(STARTS.format(bucket=self.bucket).encode()).decode(),
        )
        return str(started["Instances"][0]["InstanceId"])

    @property
    def estate(self) -> str:
        """The estate file: the model's store alone."""
        return f'[[asset]]\nname = "llama"\nkind = "weights"\nwhere = "s3://{self.bucket}/llama/"\n'

    def judged(self, check: str) -> list[Verdict]:
        """What a check says of what the collectors see; they look again after `mend`."""
        for name in COLLECTORS.keys() - self.seen.keys():
            self.seen[name] = list(_lines(self.aws, self.account, name))
        lines = [line for of_one in self.seen.values() for line in of_one]
        return verdicts(check, posture(lines, self.estate, looked=COLLECTORS))

    def mend(self, command: Sequence[str]) -> None:
        """Run a remedy's command; the collectors of its service must look again."""
        run(self.aws, command)
        for name in [name for name in self.seen if name.partition("/")[0] == command[1]]:
            del self.seen[name]


def _lines(aws: Door, account: str, name: str) -> Iterator[dict[str, Any]]:
    things, _ = collected(COLLECTORS[name], aws)
    region = None if name in ("iam", "s3") else ELSEWHERE
    for thing in things.values():
        data = json.loads(json.dumps(thing.data, default=str))
        yield {"kind": thing.kind, "arn": thing.arn, "data": data, "account": account, "region": region}


@pytest.fixture(scope="module")
def staged(ground: Ground) -> Staged:
    """One for all tests of the module."""
    return Staged(ground)


def told(staged: Staged, check: str, thing: str) -> Verdict:
    """The verdict on the thing whose ARN ends so."""
    return next(one for one in staged.judged(check) if one.resource.endswith(thing))


@pytest.mark.parametrize(
    ("check", "attribute"),
    [
        ("inference_hosts/port_open", "host"),
        ("inference_hosts/admin_port_open", "group"),
        ("inference_hosts/address_public", "host"),
        ("inference_hosts/metadata_v1", "host"),
        ("inference_hosts/user_data_secret", "host"),
        ("inference_hosts/unmanaged", "host"),
        ("egress/host_reaches_internet", "host"),
        ("egress/endpoint_any_bucket", "endpoint"),
        ("flow_logs/host_unrecorded", "subnet"),
        ("guardduty/protection_missing", "detector"),
        ("guardduty/findings_late", "detector"),
        ("cloudtrail/trail_stopped", "trail"),
        ("cloudtrail/log_alterable", "trail"),
        ("cloudtrail/log_perishable", "trail"),
    ],
)
def test_a_host_that_does_all_wrong_is_found_out(staged: Staged, check: str, attribute: str) -> None:
    found = told(staged, check, getattr(staged, attribute))
    assert found.ruling is Ruling.FAIL, found.why
    assert found.remedy is not None


def test_the_reads_of_its_store_are_recorded_nowhere(staged: Staged) -> None:
    assert told(staged, "cloudtrail/asset_unrecorded", f"{staged.bucket}/llama").ruling is Ruling.FAIL


def test_the_way_through_an_open_port_ends_at_the_weights(staged: Staged) -> None:
    assert f"s3://{staged.bucket}/llama/" in told(staged, "inference_hosts/port_open", staged.host).way[-1]


@pytest.mark.parametrize(
    ("check", "attribute"),
    [
        ("inference_hosts/metadata_v1", "host"),
        ("inference_hosts/port_open", "host"),
        ("inference_hosts/admin_port_open", "group"),
        ("guardduty/findings_late", "detector"),
        ("cloudtrail/log_alterable", "trail"),
    ],
)
def test_the_commands_of_the_remedy_mend_it(staged: Staged, check: str, attribute: str) -> None:
    remedy = told(staged, check, getattr(staged, attribute)).remedy
    assert remedy is not None
    for command in remedy.commands:
        staged.mend(command)
    assert told(staged, check, getattr(staged, attribute)).ruling is Ruling.PASS


def run(aws: Door, command: Sequence[str]) -> None:
    """An `aws` command as the call that it makes."""
    _, service, verb, *rest = command
    params: dict[str, Any] = {}
    key = ""
    for word in rest:
        if word.startswith("--"):
            key = _camel(word[2:])
            params[key] = True
        else:
            params[key] = _value(word)
    params.pop("Region", None)
    if "EnableLogFileValidation" in params:
        params["EnableLogFileValidation"] = True
    aws.call(service, _camel(verb), **params)


def _camel(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("-"))


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        return word

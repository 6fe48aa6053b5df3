"""A company that serves its own language model, as an attacker finds it: weights in S3, a host whose role is too broad.

Staged through ordinary API calls in account A, with a stranger's account B beside it; then enforcement is switched on.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stanch.aws import Credentials
from stanch.range import stage_data as data
from stanch.range.clients import client, root
from stanch.range.process import Range

ACCOUNT = "111122223333"
OUTSIDE_ACCOUNT = "444455556666"
REGION = "eu-central-1"


@dataclass(frozen=True)
class Host:
    """The inference host and its place in the network."""

    instance_id: str
    volume_ids: tuple[str, ...]
    interface_id: str
    security_group_id: str
    vpc_id: str
    vpc_endpoint_id: str
    private_ip: str
    public_ip: str


@dataclass(frozen=True)
class Staged:
    """What was built: names, ids, ARNs and credentials (whose secrets are not printed)."""

    range_: Range = field(repr=False)
    account: str
    outside_account: str
    region: str
    weights_bucket: str
    weights_prefix: str
    shards: tuple[str, ...]
    """Keys of the weight shards."""
    training_bucket: str
    serving_role_arn: str
    retrain_role_arn: str
    responder_role_arn: str
    host: Host
    """The inference host that is robbed."""
    second_host: str
    """The instance id of another host with the same role."""
    admin: Credentials
    """A user of account A with AdministratorAccess."""
    responder: Credentials
    """A session of the responder role, good for an hour."""
    outsider: Credentials
    """A user of account B with AdministratorAccess there."""

    def client(
        self, service: str, credentials: Credentials, source_ip: str | None = None, user_agent: str | None = None
    ) -> Any:
        """A boto3 client in the estate's region."""
        return client(service, self.range_.endpoint, credentials, self.region, source_ip, user_agent)

    def instance_credentials(self, instance: str) -> Credentials:
        """Fresh credentials from a host's metadata service: what its serving process uses, and what a thief takes."""
        role = self.serving_role_arn.rsplit("/", 1)[-1]
        path = f"latest/meta-data/iam/security-credentials/{role}"
        return Credentials.read(json.loads(self.range_.metadata(instance, path)))

    def estate_toml(self) -> str:
        """The estate file that its owner would write."""
        return data.estate_toml(
            partition=self.serving_role_arn.split(":")[1],
            region=self.region,
            account=self.account,
            endpoint=self.host.vpc_endpoint_id,
            weights=f"s3://{self.weights_bucket}/{self.weights_prefix}",
            training=f"s3://{self.training_bucket}/tickets/",
            instance=self.host.instance_id,
        )


def _until_it_is_older() -> None:
    """IAM and CloudTrail tell whole seconds: what was staged must not look as new as what happens next."""
    time.sleep(1.0 - time.time() % 1.0)


def stage(
    range_: Range,
    *,
    responder_permissions: Sequence[str] = (),
    account: str = ACCOUNT,
    outside_account: str = OUTSIDE_ACCOUNT,
    region: str = REGION,
) -> Staged:
    """Build the estate in a running range, then enforce; only account A has a trail.

    Args:
        range_: a range that does not enforce yet.
        responder_permissions: IAM actions of the role `stanch-responder`, and nothing more.
        account: account A, 12 digits.
        outside_account: account B, 12 digits.
        region: where everything is built.
    """
    place = (range_.endpoint, root(account), region)
    shards = _buckets(place)
    serving, retrain, responder = _roles(place, responder_permissions)
    host, second = _hosts(place)
    admin = _user(client("iam", *place), "platform-admin")
    outsider = _user(client("iam", range_.endpoint, root(outside_account), region), "ops")
    session = client("sts", *place).assume_role(RoleArn=responder, RoleSessionName="stanch")
    range_.enforce(trails=[account])
    _until_it_is_older()
    return Staged(
        range_=range_,
        account=account,
        outside_account=outside_account,
        region=region,
        weights_bucket=data.WEIGHTS_BUCKET,
        weights_prefix=data.WEIGHTS_PREFIX,
        shards=shards,
        training_bucket=data.TRAINING_BUCKET,
        serving_role_arn=serving,
        retrain_role_arn=retrain,
        responder_role_arn=responder,
        host=host,
        second_host=second,
        admin=admin,
        responder=Credentials.read(session["Credentials"]),
        outsider=outsider,
    )


Place = tuple[str, Credentials, str]


def _buckets(place: Place) -> tuple[str, ...]:
    s3 = client("s3", *place)
    for bucket in (data.WEIGHTS_BUCKET, data.TRAINING_BUCKET):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": place[2]})
    for key, body in data.weight_objects():
        s3.put_object(Bucket=data.WEIGHTS_BUCKET, Key=key, Body=body)
    for key, body in data.ticket_objects():
        s3.put_object(Bucket=data.TRAINING_BUCKET, Key=key, Body=body)
    listed = s3.list_objects_v2(Bucket=data.WEIGHTS_BUCKET, Prefix=data.WEIGHTS_PREFIX)["Contents"]
    return tuple(entry["Key"] for entry in listed if entry["Key"].endswith(".safetensors"))


def _roles(place: Place, responder_permissions: Sequence[str]) -> tuple[str, str, str]:
    iam = client("iam", *place)
    partition = iam.create_user(UserName=data.OPERATOR)["User"]["Arn"].split(":")[1]
    operators = {"AWS": f"arn:{partition}:iam::{place[1].access_key_id}:root"}
    arns = []
    for name, trusted, policy in (
        ("vllm-serving", {"Service": "ec2.amazonaws.com"}, data.serving_policy(partition)),
        ("retrain", {"Service": "sagemaker.amazonaws.com", **operators}, data.retrain_policy(partition)),
        ("stanch-responder", operators, data.allow(list(responder_permissions) or ["sts:GetCallerIdentity"], ["*"])),
    ):
        trust = {
            "Version": data.VERSION,
            "Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}],
        }
        arns.append(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"])
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    iam.create_instance_profile(InstanceProfileName="vllm-serving")
    iam.add_role_to_instance_profile(InstanceProfileName="vllm-serving", RoleName="vllm-serving")
    return arns[0], arns[1], arns[2]


def _hosts(place: Place) -> tuple[Host, str]:
    """The network, the host that is robbed with its address, and the id of a second one beside it."""
    ec2 = client("ec2", *place)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    service = f"com.amazonaws.{place[2]}.s3"
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, RouteTableIds=[tables[0]["RouteTableId"]])
    group = ec2.create_security_group(GroupName="vllm-inference", Description="vLLM API, inside only", VpcId=vpc)[
        "GroupId"
    ]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=8000, ToPort=8000, CidrIp="10.0.0.0/8"
    )
    instance = _launched(ec2, "vllm-inference-1", subnet, group)
    other = _launched(ec2, "vllm-inference-2", subnet, group)
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(InstanceId=instance, AllocationId=address["AllocationId"])
    seen = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    host = Host(
        instance_id=instance,
        volume_ids=tuple(mapping["Ebs"]["VolumeId"] for mapping in seen["BlockDeviceMappings"]),
        interface_id=seen["NetworkInterfaces"][0]["NetworkInterfaceId"],
        security_group_id=group,
        vpc_id=vpc,
        vpc_endpoint_id=endpoint["VpcEndpoint"]["VpcEndpointId"],
        private_ip=seen["PrivateIpAddress"],
        public_ip=address["PublicIp"],
    )
    return host, other


def _launched(ec2: Any, name: str, subnet: str, group: str) -> str:
    """Start a GPU host that serves the model; returns its instance id."""
    started = ec2.run_instances(
        ImageId="ami-0c2b8ca1dad447f8a",
        InstanceType="g6e.12xlarge",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        IamInstanceProfile={"Name": "vllm-serving"},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 200, "VolumeType": "gp3"}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 900, "VolumeType": "gp3"}},
        ],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
    )
    return str(started["Instances"][0]["InstanceId"])


def _user(iam: Any, name: str) -> Credentials:
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    policy = f"arn:{arn.split(':')[1]}:iam::aws:policy/AdministratorAccess"
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    return Credentials.read(iam.create_access_key(UserName=name)["AccessKey"])

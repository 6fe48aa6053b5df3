"""Where actions are tried: one enforcing range a session, in which each test makes its own resources."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stanch.aws import Credentials, Door
from stanch.contracts.action import Case
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Step
from stanch.engine.contain.compare import plain, same
from stanch.range.errors import RangeError
from stanch.range.process import Range
from stanch.range.stage import Staged, stage
from tests.dying import Died, changes, dying_before, refusing, survives_dying, survives_refusals
from tests.listening import Listening, allowed
from tests.planning import ACTIONS, Grounds, no_wait, planned

# A test beside a unit of the catalog has one door to all this: it stands in the house, and may not go everywhere.
__all__ = [
    "ACTIONS",
    "Died",
    "Grounds",
    "Listening",
    "RangeError",
    "allowed",
    "changes",
    "dying_before",
    "no_wait",
    "plain",
    "planned",
    "refusing",
    "same",
    "survives_dying",
    "survives_refusals",
]

RESPONDER_ADDRESS = "10.20.9.9"
THIEF = "203.0.113.66"


class Ground:
    """A staged company and its people."""

    def __init__(self, staged: Staged) -> None:
        self.staged = staged
        self.account = staged.account
        self.outside_account = staged.outside_account
        self._numbers = itertools.count(1)
        self.admin = self.door(staged.admin, RESPONDER_ADDRESS)
        self.outsider = self.door(staged.outsider, THIEF)
        self.responder_credentials = staged.responder

    def door(self, credentials: Credentials | None, address: str) -> Door:
        endpoint = self.staged.range_.endpoint
        return Door.using(
            credentials, region=self.staged.region, endpoint=endpoint, headers={"X-Forwarded-For": address}
        )

    def responder(self) -> Listening:
        return Listening(self.door(self.responder_credentials, RESPONDER_ADDRESS))

    def stranger(self) -> Door:
        return self.door(None, THIEF)

    def name(self, stem: str) -> str:
        return f"{stem}-{next(self._numbers)}"

    def arn(self, service: str, resource: str) -> str:
        """An ARN of account A as AWS writes it for this service."""
        region = self.staged.region if service == "ec2" else ""
        account = "" if service == "s3" else self.account
        return str(Arn(self.admin.partition, service, region, account, resource))

    def role(self, *, path: str = "/", trusted: Sequence[str] = (), service: str = "ec2.amazonaws.com") -> str:
        """A role that may do everything; its ARN. Whoever is `trusted` may assume it."""
        name = self.name("app")
        principal: dict[str, Any] = {"AWS": list(trusted)} if trusted else {"Service": service}
        trust = [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]
        made = self.admin.call("iam", "CreateRole", RoleName=name, Path=path, AssumeRolePolicyDocument=document(trust))
        self.admin.call("iam", "PutRolePolicy", RoleName=name, PolicyName="work", PolicyDocument=document(allow_all()))
        return str(made["Role"]["Arn"])

    def user(self) -> tuple[str, Credentials]:
        """A user that may do everything, and its key."""
        name = self.name("person")
        arn = self.admin.call("iam", "CreateUser", UserName=name)["User"]["Arn"]
        self.admin.call("iam", "PutUserPolicy", UserName=name, PolicyName="work", PolicyDocument=document(allow_all()))
        return str(arn), self.key(name)

    def key(self, user: str) -> Credentials:
        made = self.admin.call("iam", "CreateAccessKey", UserName=user)["AccessKey"]
        return Credentials.read(made)

    def bucket(self, policy: Sequence[Mapping[str, Any]] | str | None = None, *, key: str | None = "model.bin") -> str:
        """A bucket with one object and this policy, its block lifted; its name."""
        name = self.name("acme-store")
        place = {"LocationConstraint": self.staged.region}
        self.admin.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place)
        self.admin.call("s3", "DeletePublicAccessBlock", Bucket=name)
        if key:
            self.admin.call("s3", "PutObject", Bucket=name, Key=key, Body=b"weights")
        if policy is not None:
            text = policy if isinstance(policy, str) else document(policy)
            self.admin.call("s3", "PutBucketPolicy", Bucket=name, Policy=text)
        return name

    def host(self, *, interfaces: int = 1, elastic: bool = True) -> str:
        """A running instance with two volumes and so many interfaces; its id."""
        vpc = self.admin.call("ec2", "CreateVpc", CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
        subnet = self.admin.call("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.30.1.0/24")["Subnet"]["SubnetId"]
        made = self.admin.call("ec2", "CreateSecurityGroup", GroupName="app", Description="app", VpcId=vpc)
        group = made["GroupId"]
        instance = self.admin.call(
            "ec2",
            "RunInstances",
            ImageId="ami-0c2b8ca1dad447f8a",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            SecurityGroupIds=[group],
            BlockDeviceMappings=[
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "DeleteOnTermination": True}},
                {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 90, "DeleteOnTermination": False}},
            ],
        )["Instances"][0]["InstanceId"]
        for index in range(1, interfaces):
            eni = self.admin.call("ec2", "CreateNetworkInterface", SubnetId=subnet, Groups=[group])
            name = eni["NetworkInterface"]["NetworkInterfaceId"]
            self.admin.call(
                "ec2", "AttachNetworkInterface", NetworkInterfaceId=name, InstanceId=instance, DeviceIndex=index
            )
        if elastic:
            allocated = self.admin.call("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
            self.admin.call("ec2", "AssociateAddress", InstanceId=instance, AllocationId=allocated)
        return str(instance)

    def case(self, incident: str = "inc-20261122-ab12", **changes: Any) -> Case:
        case = Case(
            incident=incident,
            now=datetime.now(UTC),
            perimeter=Perimeter(accounts=(self.account,)),
            responder=self.responder().caller,
        )
        return replace(case, **changes)

    def planned(self, action: str, resource: str, aws: Aws | None = None, case: Case | None = None) -> Step:
        """The step that the engine would carry out."""
        return planned(action, resource, aws or self.responder(), case or self.case())


def document(statements: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow_all() -> list[dict[str, Any]]:
    return [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


@contextmanager
def opened() -> Iterator[Ground]:
    """A range with the company staged; the responder may do what the actions declare, and nothing more."""
    permissions = sorted({permission for action in ACTIONS.values() for permission in action.PERMISSIONS})
    with Range() as emulator:
        yield Ground(stage(emulator, responder_permissions=permissions))


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether it comes true within so many seconds: for what only time brings, such as the passing of a cutoff."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False

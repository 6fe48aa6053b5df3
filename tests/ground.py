"""Where actions are tried: one enforcing range a session, in which each test makes its own resources."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from stanch.aws import Credentials, Door
from stanch.catalog import actions
from stanch.contracts.action import Action, Case, Plan
from stanch.contracts.aws import Aws, AwsDenied
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Step, StepState
from stanch.engine.contain.compare import plain, same
from stanch.engine.shelf import implementing, walk
from stanch.range.errors import RangeError
from stanch.range.process import Range
from stanch.range.stage import Staged, stage

__all__ = ["RangeError", "plain", "same"]  # tests beside the catalog's units stand in the house, and may not go there

_SHELF = walk(Path(str(actions.__file__)).parent, (".py",), actions.__name__)
ACTIONS: Mapping[str, Action] = {unit.id: implementing(unit, Action) for unit in _SHELF}
RESPONDER_ADDRESS = "10.20.9.9"
THIEF = "203.0.113.66"
_PREFIXES = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing", "s3control": "s3"}
_S3 = {
    "ListObjectsV2": "ListBucket",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
}
_S3CONTROL = {
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
}


def no_wait(_: float) -> None:
    """The range is consistent at once."""


@dataclass
class Listening:
    """The responder's door, which notes each permission that a call through it needs."""

    door: Aws
    needed: set[str] = field(default_factory=set)
    before_call: Callable[[str], None] = lambda _: None

    @property
    def partition(self) -> str:
        return self.door.partition

    @property
    def region(self) -> str:
        return self.door.region

    @property
    def account(self) -> str:
        return self.door.account

    @property
    def caller(self) -> str:
        return self.door.caller

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        self._note(service, operation)
        return self.door.call(service, operation, region=region, **params)

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        self._note(service, operation)
        return self.door.pages(service, operation, key, region=region, **params)

    def anonymous(self) -> Aws:
        return self.door.anonymous()

    def assuming(self, role: str, session: str) -> Aws:
        self._note("sts", "AssumeRole")
        return self.door.assuming(role, session)

    def at(self, region: str) -> Aws:
        return self.door.at(region)

    def _note(self, service: str, operation: str) -> None:
        names = _S3CONTROL if service == "s3control" else _S3
        self.needed.add(f"{_PREFIXES.get(service, service)}:{names.get(operation, operation)}")
        self.before_call(f"{service}:{operation}")


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


class Grounds(Protocol):
    """What an action is tried on: the range, or an account in memory."""

    def responder(self) -> Listening: ...

    def planned(self, action: str, resource: str, aws: Aws | None = None, case: Case | None = None) -> Step: ...


def planned(action: str, resource: str, aws: Aws, case: Case) -> Step:
    """The step that the engine would carry out."""
    plan: Plan = ACTIONS[action].plan(aws, Arn.parse(resource), case)
    return Step(
        incident=case.incident,
        action=action,
        resource=plan.resource or resource,
        playbook=None,
        state=StepState.PLANNED,
        why="a test",
        phase=ACTIONS[action].PHASE,
        calls=plan.calls,
        breaks=plan.breaks,
        undo=plan.undo,
        settings=plain(plan.settings),
        before=plain(plan.before),
    )


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


class Died(BaseException):
    """The process ended here; a BaseException, because nothing may catch it."""


def changes(operation: str) -> bool:
    """Whether an operation (`s3:PutBucketPolicy`) changes something, by its name."""
    return not operation.split(":")[1].startswith(("Describe", "Get", "List", "Head", "Simulate", "Assume"))


def dying_before(change: int) -> Callable[[str], None]:
    """A hook that lets so many changes through and dies before the next one; looking is free."""
    left = [change]

    def before_call(operation: str) -> None:
        if not changes(operation):
            return
        if not left[0]:
            raise Died
        left[0] -= 1

    return before_call


def survives_dying(ground: Grounds, action_id: str, make: Callable[[], str]) -> int:
    """Die before each change of an apply and of an undo; the next run must end as if nothing had been.

    Returns how many changes the apply has.
    """
    action = ACTIONS[action_id]
    aws = ground.responder()
    for change in range(100):
        step = ground.planned(action_id, make(), aws)
        died = _dies(aws, change, partial(action.apply, aws, step, no_wait))
        once = plain(action.read(aws, step))
        action.apply(aws, step, no_wait)
        assert died or plain(action.read(aws, step)) == once, "applying twice is not applying once"
        proof = action.verify(aws, step, no_wait, None)
        assert proof.holds, proof
        _dies(aws, change, partial(action.undo, aws, step, no_wait))
        action.undo(aws, step, no_wait)
        assert plain(action.read(aws, step)) == step.before, "undo did not restore what was there"
        assert aws.needed <= set(action.PERMISSIONS), aws.needed - set(action.PERMISSIONS)
        if not died:
            return change
    raise AssertionError("an apply of a hundred changes")


def survives_refusals(ground: Grounds, action_id: str, make: Callable[[], str]) -> int:
    """Refuse each call of an apply once, looking included; the next run must end as if nothing had been.

    Returns how many calls the apply has.
    """
    action = ACTIONS[action_id]
    aws = ground.responder()
    for call in range(300):
        step = ground.planned(action_id, make(), aws)
        refused = False
        aws.before_call = refusing(call)
        try:
            action.apply(aws, step, no_wait)
        except AwsDenied:
            refused = True
        finally:
            aws.before_call = lambda _: None
        action.apply(aws, step, no_wait)
        proof = action.verify(aws, step, no_wait, None)
        assert proof.holds, proof
        action.undo(aws, step, no_wait)
        assert plain(action.read(aws, step)) == step.before, "undo did not restore what was there"
        if not refused:
            return call
    raise AssertionError("an apply of three hundred calls")


def refusing(call: int) -> Callable[[str], None]:
    """A hook that refuses one call, after so many that it lets through."""
    left = [call]

    def before_call(operation: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise AwsDenied(operation, "AccessDeniedException", "not now")

    return before_call


def _dies(aws: Listening, change: int, deed: Callable[[], object]) -> bool:
    aws.before_call = dying_before(change)
    try:
        deed()
    except Died:
        return True
    finally:
        aws.before_call = lambda _: None
    return False


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether it comes true within so many seconds: for what only time brings, such as the passing of a cutoff."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def allowed(aws: Aws, service: str, operation: str, **params: Any) -> bool:
    """Whether AWS lets this caller do this."""
    try:
        aws.call(service, operation, **params)
    except AwsDenied:
        return False
    return True

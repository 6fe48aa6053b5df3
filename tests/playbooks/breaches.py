"""One breach for each playbook, made anew in the range: what an incident of that kind names."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from stanch.catalog.actions.cloudtrail.resume_trail_test import trail
from stanch.catalog.actions.ec2.detach_profile_test import profile
from stanch.catalog.actions.ec2.unshare_image_test import image
from stanch.catalog.actions.ec2.unshare_snapshot_test import shared
from stanch.catalog.actions.function.stop_function_test import exposed
from stanch.catalog.actions.iam.disable_login_test import with_password
from stanch.catalog.actions.iam.remove_provider_test import oidc
from stanch.catalog.actions.kms.revoke_grants_test import key as granted_key
from stanch.catalog.actions.s3.stop_copying_test import leaky
from stanch.domain.arn import Arn
from stanch.domain.event import Actor
from stanch.domain.finding import Finding
from stanch.domain.incident import Incident, IncidentState, Left
from stanch.domain.severity import Severity
from tests.ground import Ground
from tests.private_host import Private

Resources = tuple[str, ...]
"""The ARNs that an incident's findings name; the first is whoever did it."""


def stolen_instance_credentials(ground: Ground) -> Resources:
    """A host behind a NAT gateway, with two interfaces, and the role of its profile."""
    private = Private(ground, interfaces=2)
    held, role = profile(ground)
    ground.admin.call("ec2", "AssociateIamInstanceProfile", InstanceId=private.name, IamInstanceProfile={"Arn": held})
    return ground.arn("iam", f"role/{role}"), private.arn


def stolen_role_session(ground: Ground) -> Resources:
    """A role that a stranger may assume, and one it went on to."""
    return ground.role(trusted=[root_of(ground, ground.outside_account)]), ground.role()


def stolen_user_key(ground: Ground) -> Resources:
    """A user with a password and a key, and the role he assumed."""
    user = with_password(ground)
    ground.key(Arn.parse(user).name)
    return user, ground.role(trusted=[user])


def administrator_made(ground: Ground) -> Resources:
    """A user with a key, and the role to which he gave every right."""
    user, _ = ground.user()
    return user, ground.role(trusted=[user])


def open_bucket(ground: Ground) -> Resources:
    """A bucket that the whole world may read."""
    opened = [{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]
    return ("anonymous", ground.arn("s3", ground.bucket(opened)))


def outside_reader(ground: Ground) -> Resources:
    """A bucket that an account outside may read, and the key it may decrypt with."""
    stranger = root_of(ground, ground.outside_account)
    let_in = [{"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": stranger}, "Action": "s3:*", "Resource": "*"}]
    key = granted_key(ground, stranger)
    return ground.outsider.caller, ground.arn("s3", ground.bucket(let_in)), key


def weights_read(ground: Ground) -> Resources:
    """A role of ours that reads the weights, and their bucket."""
    return ground.role(), ground.arn("s3", ground.bucket())


def shared_snapshot(ground: Ground) -> Resources:
    """A user who shared a snapshot and an image."""
    snapshot = shared(ground, users=(ground.outside_account,))
    return ground.user()[0], snapshot, image(ground, {"UserId": ground.outside_account})


def data_leaving(ground: Ground) -> Resources:
    """A user who made a bucket copy itself to a stranger."""
    return ground.user()[0], ground.arn("s3", leaky(ground))


def backdoored_role(ground: Ground) -> Resources:
    """A role that now trusts a stranger, and a provider that a user made."""
    return ground.user()[0], ground.role(trusted=[root_of(ground, ground.outside_account)]), oidc(ground)


def compromised_function(ground: Ground) -> Resources:
    """A function that strangers may call, and its role."""
    function = exposed(ground)
    found = ground.admin.call("lambda", "GetFunctionConfiguration", FunctionName=function)
    return str(found["Role"]), function


def log_tampering(ground: Ground) -> Resources:
    """A user who stopped the trail."""
    return ground.user()[0], trail(ground)


def root_of(ground: Ground, account: str) -> str:
    """The root principal of an account."""
    return str(Arn(ground.admin.partition, "iam", "", account, "root"))


BREACHES: Mapping[str, Callable[[Ground], Resources]] = {
    made.__name__: made
    for made in (
        stolen_instance_credentials,
        stolen_role_session,
        stolen_user_key,
        administrator_made,
        open_bucket,
        outside_reader,
        weights_read,
        shared_snapshot,
        data_leaving,
        backdoored_role,
        compromised_function,
        log_tampering,
    )
}
"""By playbook. A leaked inference key lies at a gateway, not in the range."""


def incident(ground: Ground, playbook: str, resources: Resources, id_: str = "inc-1") -> Incident:
    """The incident of one finding that names these resources; what was made before this moment is no trace of it."""
    seen = datetime.now(UTC)
    first = seen + timedelta(seconds=1)  # IAM tells whole seconds
    who = Actor(resources[0])
    finding = Finding(
        id=f"{id_}-f",
        detection="exfiltration/x",
        title=playbook.replace("_", " "),
        severity=Severity.HIGH,
        confidence=0.95,
        first_seen=first,
        last_seen=seen,
        account=ground.account,
        region=ground.staged.region,
        actor=who,
        assets=(),
        events=(),
        count=1,
        playbook=playbook,
        resources=resources[1:],
    )
    return Incident(
        id=id_,
        title=finding.title,
        severity=finding.severity,
        confidence=finding.confidence,
        state=IncidentState.OPEN,
        actor=who,
        assets=(),
        left=Left(),
        findings=(finding,),
        first_seen=first,
        last_seen=seen,
    )

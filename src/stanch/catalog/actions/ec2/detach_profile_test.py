import pytest
from tests.ground import Ground, RangeError, no_wait, survives_dying

from stanch.catalog.actions.ec2 import detach_profile as action
from stanch.contracts.action import Needless, Overtaken, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied
from stanch.domain.arn import Arn
from stanch.domain.step import Method

ID = "ec2/detach_profile"


def profile(ground: Ground) -> tuple[str, str]:
    """A profile and its role's name."""
    role, name = Arn.parse(ground.role()).name, ground.name("profile")
    arn = ground.admin.call("iam", "CreateInstanceProfile", InstanceProfileName=name)["InstanceProfile"]["Arn"]
    ground.admin.call("iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=role)
    return str(arn), role


def host(ground: Ground) -> tuple[str, str, str]:
    """A host with a profile: its id, the profile, the role."""
    instance = ground.host(elastic=False)
    arn, role = profile(ground)
    ground.admin.call("ec2", "AssociateIamInstanceProfile", InstanceId=instance, IamInstanceProfile={"Arn": arn})
    return instance, arn, role


def serves(ground: Ground, instance: str, role: str) -> bool:
    """Whether the host's metadata service issues credentials."""
    try:
        ground.staged.range_.metadata(instance, f"latest/meta-data/iam/security-credentials/{role}")
    except RangeError as error:
        if "404" not in str(error):
            raise
        return False
    return True


def test_stops_the_host_from_getting_fresh_credentials(ground: Ground) -> None:
    instance, arn, role = host(ground)
    assert serves(ground, instance, role)
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("ec2", f"instance/{instance}"), aws)
    assert step.before == {"profile": arn}
    action.apply(aws, step, no_wait)
    assert not serves(ground, instance, role)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    action.undo(aws, step, no_wait)
    assert serves(ground, instance, role)


def test_has_nothing_to_do_on_a_host_without_a_profile(ground: Ground) -> None:
    with pytest.raises(Needless, match="has no instance profile"):
        ground.planned(ID, ground.arn("ec2", f"instance/{ground.host(elastic=False)}"))


def test_leaves_a_profile_that_somebody_put_there_after_the_plan(ground: Ground) -> None:
    instance, _, _ = host(ground)
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("ec2", f"instance/{instance}"), aws)
    other, role = profile(ground)
    association = action._associations(aws, instance)[0]["AssociationId"]
    given = {"AssociationId": association, "IamInstanceProfile": {"Arn": other}}
    ground.admin.call("ec2", "ReplaceIamInstanceProfileAssociation", **given)
    with pytest.raises(Overtaken, match="another profile"):
        action.apply(aws, step, no_wait)
    assert serves(ground, instance, role)


def test_does_not_hold_once_the_profile_is_back(ground: Ground) -> None:
    instance, arn, _ = host(ground)
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("ec2", f"instance/{instance}"), aws)
    action.apply(aws, step, no_wait)
    ground.admin.call("ec2", "AssociateIamInstanceProfile", InstanceId=instance, IamInstanceProfile={"Arn": arn})
    assert not action.verify(aws, step, no_wait, None).holds


def test_leaves_the_profile_where_it_may_not_take_it(ground: Ground) -> None:
    instance, arn, _ = host(ground)
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("ec2", f"instance/{instance}"), aws)

    def denied(operation: str) -> None:
        if operation == "ec2:DisassociateIamInstanceProfile":
            raise AwsDenied(operation, "UnauthorizedOperation", "not for you")

    aws.before_call = denied
    with pytest.raises(AwsDenied):
        action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"profile": arn}


def test_a_host_that_vanished_is_absent(ground: Ground) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, ground.arn("ec2", "instance/i-0123456789abcdef0"))


def test_refuses_the_host_it_acts_from(ground: Ground) -> None:
    instance, _, role = host(ground)
    own = ground.arn("sts", f"assumed-role/{role}/{instance}")
    with pytest.raises(Refused, match="the host stanch acts from"):
        ground.planned(ID, ground.arn("ec2", f"instance/{instance}"), case=ground.case(responder=own))


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: ground.arn("ec2", f"instance/{host(ground)[0]}")) == 1

import pytest
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.ec2 import unshare_image as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent
from stanch.domain.estate import Perimeter

ID = "ec2/unshare_image"
INSIDE = "999988887777"


def organization(ground: Ground, name: str) -> str:
    return f"arn:{ground.admin.partition}:organizations::{INSIDE}:organization/{name}"


def unit(ground: Ground, name: str) -> str:
    return f"arn:{ground.admin.partition}:organizations::{INSIDE}:ou/{name}/ou-ab12-cdefghij"


def image(ground: Ground, *permissions: dict[str, str]) -> str:
    """The ARN of an image that these may launch."""
    instance = ground.host(elastic=False)
    name = ground.admin.call("ec2", "CreateImage", InstanceId=instance, Name=ground.name("serving"))["ImageId"]
    if permissions:
        ground.admin.call("ec2", "ModifyImageAttribute", ImageId=name, LaunchPermission={"Add": list(permissions)})
    return f"arn:{ground.admin.partition}:ec2:{ground.staged.region}::image/{name}"


def test_takes_it_back_from_everybody_and_from_outside_accounts_and_leaves_ours(ground: Ground) -> None:
    aws = ground.responder()
    arn = image(ground, {"UserId": ground.outside_account}, {"UserId": INSIDE}, {"Group": "all"})
    case = ground.case(perimeter=Perimeter(accounts=(ground.account, INSIDE)))
    step = ground.planned(ID, arn, aws, case)
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"users": [INSIDE], "groups": [], "organizations": [], "units": []}
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def test_keeps_our_organisation_and_its_units_and_takes_out_others(ground: Ground) -> None:
    aws = ground.responder()
    ours = [
        {"OrganizationArn": organization(ground, "o-acme123456")},
        {"OrganizationalUnitArn": unit(ground, "o-acme123456")},
    ]
    theirs = [
        {"OrganizationArn": organization(ground, "o-evil123456")},
        {"OrganizationalUnitArn": unit(ground, "o-evil123456")},
    ]
    perimeter = Perimeter(accounts=(ground.account,), organizations=("o-acme123456",))
    step = ground.planned(ID, image(ground, *ours, *theirs), aws, ground.case(perimeter=perimeter))
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {
        "users": [],
        "groups": [],
        "organizations": [organization(ground, "o-acme123456")],
        "units": [unit(ground, "o-acme123456")],
    }


def test_names_the_snapshots_that_are_shared_apart_from_it(ground: Ground) -> None:
    step = ground.planned(ID, image(ground, {"Group": "all"}))
    assert any(call.startswith("(not its snap-") for call in step.calls)


def test_has_nothing_to_do_for_an_image_that_is_private(ground: Ground) -> None:
    with pytest.raises(Needless, match="nobody outside"):
        ground.planned(ID, image(ground))


def test_does_not_verify_while_the_share_stands(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, image(ground, {"UserId": ground.outside_account}), aws)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, ground.outside_account in proof.what[0]) == (False, True)


def test_touches_no_image_of_another_account(ground: Ground) -> None:
    theirs = f"arn:{ground.admin.partition}:ec2:{ground.staged.region}::image/ami-0c2b8ca1dad447f8a"
    with pytest.raises((Refused, AwsAbsent)):
        ground.planned(ID, theirs)


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: image(ground, {"UserId": ground.outside_account}, {"Group": "all"})) == 1

"""The collector of Athena against the range, and against recorded answers for pages."""

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import athena

GROUPS = [{"Name": name, "State": "ENABLED"} for name in ("primary", "hunting")]
SETTINGS = {"EnforceWorkGroupConfiguration": False, "ResultConfiguration": {"OutputLocation": "s3://acme-answers/"}}


def account() -> RecordedAws:
    return RecordedAws(
        {
            "athena:ListWorkGroups": turned("WorkGroups", "NextToken", "NextToken", GROUPS),
            "athena:GetWorkGroup": says({"WorkGroup": {"Name": "any", "Configuration": SETTINGS}}),
        }
    )


def test_every_workgroup_is_told_to_the_last_page() -> None:
    things, unknowns = collected(athena, account())
    assert unknowns == []
    assert {arn: thing.data for arn, thing in things.items()} == {
        f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{one['Name']}": {**one, "Configuration": SETTINGS}
        for one in GROUPS
    }


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(athena, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("hunting")
    owner.call("athena", "CreateWorkGroup", Name=name, Configuration=SETTINGS)
    aws = reader(owner, athena)
    things, unknowns = collected(athena, aws)
    assert unknowns == []
    group = things[f"arn:aws:athena:{owner.region}:{ground.outside_account}:workgroup/{name}"]
    assert group.data["Configuration"]["ResultConfiguration"]["OutputLocation"] == "s3://acme-answers/"
    assert aws.needed == set(athena.PERMISSIONS)

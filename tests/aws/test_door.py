"""One caller has a door in each region; what is the same in all of them is found out once."""

from concurrent.futures import ThreadPoolExecutor

from tests.ground import THIEF, Ground

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "ap-south-1")


def test_who_the_caller_is_is_asked_once_for_all_regions_and_threads(ground: Ground) -> None:
    door = ground.door(ground.staged.outsider, THIEF)
    with ThreadPoolExecutor(len(REGIONS)) as pool:
        accounts = list(pool.map(lambda region: door.at(region).account, REGIONS))
    assert set(accounts) == {ground.outside_account}
    assert door.calls["sts:GetCallerIdentity"] == 1


def test_a_door_of_another_caller_asks_for_itself(ground: Ground) -> None:
    door = ground.door(ground.staged.outsider, THIEF)
    assert door.at("eu-west-1").caller == door.caller
    role = ground.role(trusted=[ground.admin.caller])
    other = ground.admin.assuming(role, "another")
    assert other.caller != ground.admin.caller
    assert other.at("eu-west-1").caller == other.caller

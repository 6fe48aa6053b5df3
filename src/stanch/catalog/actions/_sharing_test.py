from stanch.catalog.actions._sharing import common, less, named, strangers
from stanch.catalog.actions._strangers import Ours

OURS = Ours("111122223333", ("111122223333",), ("o-acme123456",))
ORG = "arn:aws-eusc:organizations::999988887777:organization/o-"
UNIT = "arn:aws-eusc:organizations::999988887777:ou/o-"


def test_counts_an_organisation_by_its_id_in_any_partition() -> None:
    shares = {
        "users": ["111122223333", "444455556666"],
        "groups": ["all"],
        "organizations": [f"{ORG}acme123456", f"{ORG}evil123456"],
        "units": [f"{UNIT}acme123456/ou-ab12-cdefghij", f"{UNIT}evil123456/ou-ab12-cdefghij"],
    }
    assert strangers(shares, OURS) == {
        "users": ["444455556666"],
        "groups": ["all"],
        "organizations": [f"{ORG}evil123456"],
        "units": [f"{UNIT}evil123456/ou-ab12-cdefghij"],
    }


def test_says_who_in_words() -> None:
    assert named({"users": ["444455556666"], "groups": ["all"]}) == ["account 444455556666", "everybody (all)"]


def test_tells_what_two_lists_share_from_what_only_one_has() -> None:
    one, other = {"users": ["1", "2"], "groups": ["all"]}, {"users": ["2"], "groups": []}
    assert common(one, other) == {"users": ["2"], "groups": []}
    assert less(one, other) == {"users": ["1"], "groups": ["all"]}


def test_takes_an_unreadable_name_for_a_stranger() -> None:
    assert strangers({"organizations": ["o-acme123456", ""]}, OURS) == {"organizations": ["o-acme123456", ""]}

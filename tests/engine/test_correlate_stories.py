"""Stories: one thief with many names is one incident, two people who share a gateway or a bucket stay two."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.engine.test_lineage import ALICE, assumed, by, noted, session

from stanch.domain.estate import Estate, Network, Perimeter
from stanch.domain.event import Actor, Event
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.incident import Left
from stanch.domain.severity import Severity
from stanch.engine.correlate import incidents, worth_telling
from stanch.engine.crowd import MOST_CALLERS, Crowd
from stanch.engine.findings import Told
from stanch.engine.lineage import Lineage

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
BOB, EVE = (f"arn:aws:iam::111122223333:user/{name}" for name in ("bob", "eve"))
LAIR, GATEWAY = "203.0.113.66", "198.51.100.7"
NOWHERE = Lineage()


def told(
    arn: str,
    detection: str,
    hour: float = 0,
    *,
    severity: Severity = Severity.HIGH,
    address: str = "10.0.0.9",
    asset: AssetRef | None = None,
    key: str | None = None,
    kin: Lineage = NOWHERE,
    folded: str | None = None,
    resources: tuple[str, ...] = (),
    strangers: tuple[str, ...] = (),
) -> Told:
    when = START + timedelta(hours=hour)
    parts = arn.split(":")
    actor = Actor(
        arn, origin=kin.origin(key, arn), account=parts[4] if len(parts) > 5 else None, access_key=key, address=address
    )
    finding = Finding(
        id=f"fnd-{arn}-{detection}-{hour}",
        detection=detection,
        title=detection,
        severity=severity,
        confidence=0.5,
        first_seen=when,
        last_seen=when,
        account="111122223333",
        region="eu-central-1",
        actor=actor,
        assets=(asset,) if asset else (),
        events=("e",),
        count=1,
        addresses=(address,),
        folded=folded,
        resources=resources,
        strangers=strangers,
    )
    return Told(finding, [], ((arn, address),))


def crowd(*seen: tuple[str, str, float]) -> Crowd:
    """Who (ARN) was at which address for the first time in which hour."""
    made = Crowd()
    for arn, address, hour in seen:
        made.seen(address, None, arn, (START + timedelta(hours=hour)).timestamp())
    return made


def woven(
    *all_told: Told, estate: Estate | None = None, kin: Lineage = NOWHERE, at: Crowd | None = None
) -> list[set[str]]:
    """The actors of each incident, the gravest first."""
    ours = estate or Estate()
    found = incidents(all_told, ours, lambda *_: Left(), {}, {}, {}, kin, at)
    return [{finding.actor.arn for finding in incident.findings} for incident in found]


def network(text: str) -> Estate:
    import ipaddress

    nets: tuple[Network, ...] = (ipaddress.ip_network(text),)
    return Estate(Perimeter(networks=nets, accounts=("111122223333",)))


def test_several_stolen_keys_used_from_one_address_outside_are_one_story() -> None:
    stolen = (told(ALICE, "a/x", address=LAIR), told(BOB, "b/y", 3, address=LAIR), told(EVE, "c/z", 9, address=GATEWAY))
    assert woven(*stolen, estate=network("10.0.0.0/8")) == [{ALICE, BOB}, {EVE}]


def test_a_week_lies_between_two_stories_of_one_address() -> None:
    stolen = (told(ALICE, "a/x", address=LAIR), told(BOB, "b/y", 200, address=LAIR))
    assert len(woven(*stolen, estate=network("10.0.0.0/8"))) == 2


def test_without_an_estate_an_address_that_only_the_accused_just_began_to_use_is_the_thiefs() -> None:
    stolen = (told(ALICE, "a/x", 1, address=LAIR), told(BOB, "b/y", 3, address=LAIR))
    assert len(woven(*stolen, at=crowd((ALICE, LAIR, 0), (BOB, LAIR, 2)))) == 1
    assert len(woven(*stolen)) == 2, "nobody said who else was there"


@pytest.mark.parametrize(
    "office",
    [
        crowd((ALICE, GATEWAY, -200), (BOB, GATEWAY, 0)),
        crowd((ALICE, GATEWAY, 0), (BOB, GATEWAY, 0), (EVE, GATEWAY, 0), (EVE + "2", GATEWAY, 0)),
        crowd(*((f"{ALICE}{n}", GATEWAY, 0) for n in range(MOST_CALLERS + 1))),
    ],
    ids=["long in use", "others are not accused", "a crowd"],
)
def test_two_people_of_one_office_stay_two_stories(office: Crowd) -> None:
    both = (told(ALICE, "a/x", address=GATEWAY), told(BOB, "b/y", 1, address=GATEWAY))
    assert len(woven(*both, at=office)) == 2


def test_a_pipeline_and_an_administrator_behind_one_gateway_stay_two_when_neither_did_anything_grave() -> None:
    pipeline = told(session("terraform", "ci"), "a/x", address=GATEWAY, severity=Severity.MEDIUM)
    admin = told(session("Admin", "ann"), "b/y", 1, address=GATEWAY, severity=Severity.MEDIUM)
    both = crowd((pipeline.finding.actor.arn, GATEWAY, 0), (admin.finding.actor.arn, GATEWAY, 1))
    assert len(woven(pipeline, admin, at=both)) == 2


def test_an_address_inside_the_declared_networks_joins_nobody() -> None:
    both = (told(ALICE, "a/x", address=GATEWAY), told(BOB, "b/y", 1, address=GATEWAY))
    assert len(woven(*both, estate=network("198.51.100.0/24"), at=crowd((ALICE, GATEWAY, 0), (BOB, GATEWAY, 0)))) == 2


@pytest.mark.parametrize("address", ["10.0.0.9", "cloudformation.amazonaws.com", "AWS Internal"])
def test_a_private_address_and_a_services_join_nobody(address: str) -> None:
    both = (told(ALICE, "a/x", address=address), told(BOB, "b/y", 1, address=address))
    assert len(woven(*both, estate=network("172.16.0.0/12"), at=crowd((ALICE, address, 0)))) == 2


def test_noise_from_the_thiefs_address_joins_nobody() -> None:
    stolen = (told(ALICE, "a/x", address=LAIR), told(BOB, "b/y", 1, address=LAIR, severity=Severity.LOW))
    assert len(woven(*stolen, estate=network("10.0.0.0/8"))) == 2


def test_a_chain_of_roles_is_one_story_across_accounts() -> None:
    far = session("deep", "x", account="444455556666")
    kin = noted(assumed(0, ALICE, "AKIA1", "ASIA1", far))
    assert woven(told(ALICE, "a/x", key="AKIA1", kin=kin), told(far, "b/y", 90, key="ASIA1", kin=kin), kin=kin) == [
        {ALICE, far}
    ]


def test_a_user_made_by_the_accused_goes_on_with_his_story() -> None:
    kin = noted(by(30, ALICE, "AKIA1", "iam", "CreateUser", requestParameters={"userName": "eve"}))
    assert len(woven(told(ALICE, "a/x", key="AKIA1"), told(EVE, "b/y", 99, key="AKIAEVE"), kin=kin)) == 1


def test_who_comes_back_through_a_backdoored_trust_goes_on_with_the_story() -> None:
    opened = by(30, ALICE, "AKIA1", "iam", "UpdateAssumeRolePolicy", requestParameters={"roleName": "old"})
    foreign = {"userIdentity": {"type": "AWSAccount", "principalId": "AIDAFAR", "accountId": "999988887777"}}
    back = session("old", "x")
    kin = noted(opened, assumed(60, ALICE, "", "ASIA9", back, **foreign))
    returned = told(back, "b/y", 50, key="ASIA9", kin=kin)
    assert returned.finding.actor.origin == "999988887777:AIDAFAR"
    assert len(woven(told(ALICE, "a/x", key="AKIA1"), returned, kin=kin)) == 1


def test_what_the_unaccused_made_and_what_was_made_long_before_is_another_story() -> None:
    kin = noted(by(30, ALICE, "AKIA1", "iam", "CreateUser", requestParameters={"userName": "eve"}))
    late = (told(ALICE, "a/x", 100, key="AKIA1"), told(EVE, "b/y", 101, key="AKIAEVE"))
    assert len(woven(*late, kin=kin)) == 2
    noise = (told(ALICE, "a/x", severity=Severity.LOW, key="AKIA1"), told(EVE, "b/y", 2, key="AKIAEVE"))
    assert len(woven(*noise, kin=kin)) == 2


NOTEBOOK = session("ml-admin", "SageMaker")


def lent(minute: int, arn: str, key: str) -> Event:
    role = {"roleArn": "arn:aws:iam::111122223333:role/ml-admin"}
    return by(minute, arn, key, "sagemaker", "CreateNotebookInstance", requestParameters=role)


def test_what_a_service_did_in_the_role_that_the_accused_passed_goes_on_with_his_story() -> None:
    kin = noted(lent(0, ALICE, "AKIA1"))
    alice = told(ALICE, "a/x", key="AKIA1", severity=Severity.MEDIUM)
    assert woven(alice, told(NOTEBOOK, "b/y", 12, key="ASIA9"), kin=kin) == [{ALICE, NOTEBOOK}]
    assert len(woven(alice, told(NOTEBOOK, "b/y", 40, key="ASIA9"), kin=kin)) == 2
    assert len(woven(alice, told(NOTEBOOK, "b/y", 12, key="ASIA9", severity=Severity.LOW), kin=kin)) == 2


def test_two_who_passed_one_role_a_week_apart_are_each_joined_with_their_own_work() -> None:
    week = 7 * 24
    kin = noted(lent(0, ALICE, "AKIA1"), lent(week * 60, BOB, "AKIA2"))
    first, then = told(ALICE, "a/x", key="AKIA1"), told(BOB, "a/x", week, key="AKIA2")
    work = told(NOTEBOOK, "b/y", week + 1, key="ASIA9")
    assert woven(first, then, work, kin=kin) == [{BOB, NOTEBOOK}, {ALICE}]


def test_where_two_passed_one_role_on_one_day_nobody_knows_whose_the_work_is() -> None:
    kin = noted(lent(0, ALICE, "AKIA1"), lent(20, BOB, "AKIA2"))
    assert len(woven(told(ALICE, "a/x", key="AKIA1"), told(NOTEBOOK, "b/y", 1, key="ASIA9"), kin=kin)) == 2


def test_a_person_who_assumed_the_passed_role_himself_is_another_story() -> None:
    own = session("ml-admin", "bob")
    kin = noted(lent(0, ALICE, "AKIA1"), assumed(1, BOB, "AKIA2", "ASIA2", own))
    assert len(woven(told(ALICE, "a/x", key="AKIA1"), told(own, "b/y", 1, key="ASIA2", kin=kin), kin=kin)) == 2


def test_a_builders_sessions_that_are_accused_of_the_same_are_one_story() -> None:
    role = "arn:aws:sts::111122223333:assumed-role/builder"
    first, second, third = (f"{role}/AWSCodeBuild-{n}92d53ce-b12c-4e53-a7ad-02f1fc181084" for n in (1, 2, 3))
    told_ = [told(first, "port"), told(second, "port", 24 * 7), told(third, "key", 24 * 14)]
    assert woven(*told_) == [{first, second}, {third}]


@pytest.mark.parametrize(
    "names", [("anna@example.org", "ben@example.org"), ("i-0123456789abcdef0", "i-0123456789abcdef1")]
)
def test_people_and_hosts_of_one_role_stay_two(names: tuple[str, str]) -> None:
    one, other = (f"arn:aws:sts::111122223333:assumed-role/worker/{name}" for name in names)
    assert woven(told(one, "port"), told(other, "port", 1)) == [{one}, {other}]


def test_sessions_that_two_took_by_themselves_stay_two() -> None:
    one, other = (session("worker", f"{n}123456789abcdef0") for n in (1, 2))
    kin = noted(assumed(0, ALICE, "AKIA1", "ASIA1", one), assumed(1, BOB, "AKIA2", "ASIA2", other))
    assert (
        len(woven(told(one, "port", key="ASIA1", kin=kin), told(other, "port", 1, key="ASIA2", kin=kin), kin=kin)) == 2
    )


def test_rights_that_a_service_gave_to_one_of_the_accused_alone_are_his_story() -> None:
    given = told(NOTEBOOK, "b/y", 1, resources=("arn:aws:iam::111122223333:role/path/team",))
    ann, ben = session("team", "ann"), session("team", "ben")
    assert woven(told(ann, "a/x"), given) == [{ann, NOTEBOOK}]
    assert len(woven(told(ann, "a/x"), told(ben, "a/x"), given)) == 3, "a role of many"
    assert len(woven(told(ann, "a/x", 60), given)) == 2
    assert len(woven(told(ann, "a/x", severity=Severity.LOW), given)) == 2
    admin = told(session("AWSReservedSSO_Admin_0f", "bob"), "b/y", 1, resources=given.finding.resources)
    assert len(woven(told(ann, "a/x"), admin)) == 2
    person = noted(assumed(0, BOB, "AKIA2", "ASIA2", NOTEBOOK))
    assert len(woven(told(ann, "a/x"), given, kin=person)) == 2


def test_an_incident_names_who_set_the_accused_to_work_and_is_not_accused_himself() -> None:
    def behind(*all_told: Told) -> tuple[str, ...]:
        kin = noted(lent(0, ALICE, "AKIA1"))
        return incidents(all_told, Estate(), lambda *_: Left(), {}, {}, {}, kin)[0].behind

    assert behind(told(NOTEBOOK, "b/y", 1)) == (ALICE,)
    assert behind(told(NOTEBOOK, "b/y", 1), told(ALICE, "a/x")) == (), "he stands in it"
    assert behind(told(NOTEBOOK, "b/y", 90)) == ()
    assert behind(told(NOTEBOOK, "b/y", 1, severity=Severity.LOW)) == ()


def steps(work: Callable[[], object]) -> int:
    """How many functions of Python it calls."""
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_who_lends_a_role_each_hour_is_looked_up_once_for_all_its_sessions() -> None:
    def asked(many: int) -> int:
        kin = noted(*(lent(60 * hour, ALICE, "AKIA1") for hour in range(many)))
        one = told(session("ml-admin", "0"), "b/y", many / 2)
        run = Told(one.finding, [], tuple((session("ml-admin", f"{n}"), None) for n in range(many)))
        assert woven(run, told(ALICE, "a/x", many / 2 - 1), kin=kin) == [{one.finding.actor.arn, ALICE}]
        return steps(lambda: woven(run, kin=kin))

    assert asked(800) < 5 * asked(200)


def test_two_of_ours_who_touch_one_busy_bucket_stay_two() -> None:
    bucket = AssetRef("acme-data", "unknown", "arn:aws:s3:::acme-data")
    assert len(woven(told(ALICE, "a/x", asset=bucket), told(BOB, "b/y", 1, asset=bucket))) == 2


STRANGER = "arn:aws:sts::999988887777:assumed-role/theirs/s"


def test_noise_of_a_stranger_joins_nobody_who_touched_the_same() -> None:
    bucket = AssetRef("acme-data", "unknown", "arn:aws:s3:::acme-data")
    ours, two = network("10.0.0.0/8"), (told(ALICE, "a/x", asset=bucket), told(BOB, "b/y", 3, asset=bucket))
    assert len(woven(*two, told(STRANGER, "c/z", 1, asset=bucket), estate=ours)) == 1
    assert len(woven(*two, told(STRANGER, "c/z", 1, asset=bucket, severity=Severity.LOW), estate=ours)) == 3
    assert len(woven(*two, told(STRANGER, "c/z", 1, asset=bucket, folded="routines/partner"), estate=ours)) == 3


def test_strangers_who_follow_each_other_are_one_run_and_one_of_ours_may_be_near_two() -> None:
    bucket = AssetRef("acme-data", "unknown", "arn:aws:s3:::acme-data")

    def stories(*hours: float, mine: float) -> int:
        runs = (told(f"{STRANGER}{hour}", "c/z", hour, asset=bucket) for hour in hours)
        return len(woven(told(ALICE, "a/x", mine, asset=bucket), *runs, estate=network("10.0.0.0/8")))

    assert stories(0, 20, 40, mine=63) == 1
    assert stories(0, 20, 40, mine=65) == 2
    assert stories(0, 20, 68, 90, mine=44) == 1
    assert stories(0, 20, 70, 90, mine=45) == 3
    assert stories(0, 20, 70, 90, mine=46) == 2
    assert stories(0, 20, 70, 90, mine=200) == 3


def test_strangers_without_number_on_one_asset_are_joined_in_little_time() -> None:
    bucket = AssetRef("acme-data", "unknown", "arn:aws:s3:::acme-data")

    def asked(many: int) -> int:
        some = [told(f"{STRANGER}{n}", "c/z", n / 100, asset=bucket) for n in range(many)]
        return steps(lambda: woven(*some, estate=network("10.0.0.0/8")))

    assert asked(800) < 6 * asked(200)


def test_who_opens_a_bucket_and_the_nameless_who_read_it_are_one_story() -> None:
    bucket = AssetRef("acme-data", "unknown", "arn:aws:s3:::acme-data")
    assert len(woven(told(ALICE, "a/x", asset=bucket), told("anonymous", "b/y", 5, asset=bucket))) == 1
    assert len(woven(told(ALICE, "a/x", asset=bucket), told("anonymous", "b/y", 50, asset=bucket))) == 2


def test_who_lets_an_account_in_and_who_comes_from_it_are_one_story() -> None:
    host = told(ALICE, "shared", strangers=("arn:aws:iam::999988887777:root",))
    guest = "arn:aws:sts::999988887777:assumed-role/dl/x"
    ours = Estate(perimeter=Perimeter(accounts=("111122223333",)))
    assert len(woven(host, told(guest, "read", 5), estate=ours)) == 1
    assert len(woven(host, told(guest, "read", 50), estate=ours)) == 2
    assert len(woven(host, told(guest.replace("7777", "7778"), "read", 5), estate=ours)) == 2


def test_two_grave_deeds_on_one_declared_asset_in_one_night_are_one_story() -> None:
    weights = AssetRef("llama", "weights", "arn:aws:s3:::acme-weights")
    assert len(woven(told(ALICE, "a/x", asset=weights), told(BOB, "b/y", 1, asset=weights))) == 1
    lesser = told(BOB, "b/y", 1, asset=weights, severity=Severity.MEDIUM)
    assert len(woven(told(ALICE, "a/x", asset=weights), lesser)) == 2


def test_of_equally_severe_stories_the_one_of_more_tactics_comes_first() -> None:
    broad = (told(BOB, "a/x"), told(BOB, "b/y", severity=Severity.LOW))
    assert woven(told(ALICE, "a/x", -3), *broad) == [{BOB}, {ALICE}]


def test_a_folded_finding_stays_in_its_actors_story_without_naming_it_and_alone_is_not_worth_telling() -> None:
    routine = told(ALICE, "a/x", severity=Severity.MEDIUM, folded="churn")
    theft = told(ALICE, "b/y", 1, severity=Severity.MEDIUM)
    (incident,) = incidents([routine, theft], Estate(), lambda *_: Left(), {}, {}, {})
    assert (incident.title, len(incident.findings)) == ("b/y", 2)
    assert worth_telling(incident)
    (alone,) = incidents([routine], Estate(), lambda *_: Left(), {}, {}, {})
    assert not worth_telling(alone)


def test_only_noise_is_not_worth_telling() -> None:
    (noise,) = incidents([told(ALICE, "a/x", severity=Severity.LOW)], Estate(), lambda *_: Left(), {}, {}, {})
    assert not worth_telling(noise)

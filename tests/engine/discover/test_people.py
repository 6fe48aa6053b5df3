"""A purpose hides its holder from detections: it counts at once only where configuration, rights and logs agree."""

from datetime import UTC, datetime
from typing import Any

from tests.engine.discover.seen_things import ACCOUNT, Snapshot

from stanch.contracts.behaviour import Cell
from stanch.contracts.collector import Thing
from stanch.domain.estate import AssetKind, Purpose, Side
from stanch.domain.event import Actor
from stanch.domain.proposal import Eye, Fact, Proposal
from stanch.engine.discover import trust
from stanch.engine.discover.people import Rights, people
from stanch.engine.discover.reads import Habit, Habits, habits
from stanch.engine.discover.seen import Find

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r-81"
MODEL = Find(
    AssetKind.WEIGHTS, "s3://lager/m/", (Fact(Eye.CONTENTS, "shards", 0.95),), sample="m/1", count=12, shards=10
)
DATA = Find(AssetKind.TRAINING_DATA, "s3://lager/d/", (Fact(Eye.CONTENTS, "parts", 0.9),), sample="d/1", count=40)
HOST = Find(AssetKind.INFERENCE_HOST, "i-1", (Fact(Eye.CONFIGURATION, "vLLM", 0.95),), name="h", roles=(ROLE,))
READS = Rights(readers={MODEL.where: frozenset({ROLE}), DATA.where: frozenset({ROLE})})
NOON = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp())
DAY = 86_400


def cell(
    session: str, first: int, keys: int, *, prefix: str = "m/", name: str = "GetObject", place: str = "", **more: Any
) -> Cell:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/r-81/{session}"
    told: dict[str, Any] = {"is_aws": False, "failed": False, "region": "eu-central-1", "agent": "", "presigned": False}
    return Cell(start=first - first % 3600, actor=Actor(arn), principal=ROLE, source="s3.amazonaws.com", name=name,
                on="lager", network=Side.UNKNOWN, count=keys, bytes=keys, first=first, last=first + 300, place=place,
                objects=tuple(f"{prefix}{n}" for n in range(keys)), **(told | more))  # fmt: skip


def starts(count: int) -> list[Cell]:
    """Hosts that call something, and read the model a minute later."""
    found = []
    for number in range(count):
        session, began = f"i-0123456789abcde{number:02x}", NOON + number * DAY
        found += [cell(session, began - 60, 0, name="ListBucket"), cell(session, began, 10)]
    return found


def proposed(cells: list[Cell], *finds: Find, rights: Rights = READS) -> dict[str, Proposal]:
    found = list(finds) or [MODEL, HOST]
    return {str(one.values["purpose"]): one for one in people(found, rights, habits(cells, found), [ACCOUNT])}


def test_serving_counts_at_once_where_configuration_rights_and_logs_agree() -> None:
    serving = proposed(starts(3))["serving"]
    assert serving.active
    assert serving.values["match"] == f"arn:*:iam::{ACCOUNT}:role/r-81"


def test_fewer_starts_than_a_habit_prove_nothing() -> None:
    assert not proposed(starts(2))["serving"].active


def test_bulk_reads_under_a_name_that_somebody_chose_speak_against_training() -> None:
    rights = Rights(readers=READS.readers, writers={MODEL.where: frozenset({ROLE})}, trainers=frozenset({ROLE}))
    own = cell("nachts", NOON + 9 * DAY, 40, prefix="d/")
    training = proposed([*nights(4, hours=0), own], MODEL, DATA, rights=rights)["training"]
    assert not training.active
    assert "session nachts" in training.notes[0]


def test_whoever_is_no_role_or_user_is_never_proposed() -> None:
    told = {("*", MODEL.where): Habit(starts={"i-1"}), ("arn:aws:iam::1:role/x\n", MODEL.where): Habit(starts={"i-1"})}
    assert [*people([MODEL], READS, told, [ACCOUNT])] == []


def test_without_logs_or_rights_or_a_host_a_person_must_say_so() -> None:
    assert not proposed([])["serving"].active
    assert not proposed(starts(3), MODEL)["serving"].active
    assert not proposed(starts(3), rights=Rights())["serving"].active


def test_a_whole_read_by_anybody_elses_session_speaks_against_it() -> None:
    serving = proposed([*starts(3), cell("alice", NOON + 5 * DAY, 10)])["serving"]
    assert not serving.active
    assert "session alice" in " ".join(serving.notes)


def test_a_whole_read_from_another_network_speaks_against_it() -> None:
    stolen = cell("i-0123456789abcde00", NOON + 5 * DAY, 10, place="203.0.113.0/24")
    serving = proposed([*starts(3), stolen])["serving"]
    assert not serving.active
    assert "another network" in " ".join(serving.notes)


def test_whoever_may_also_write_the_weights_is_not_serving_without_a_word() -> None:
    rights = Rights(readers=READS.readers, writers={MODEL.where: frozenset({ROLE})})
    assert not proposed(starts(3), rights=rights)["serving"].active


def test_a_late_read_or_a_part_of_the_model_is_no_start() -> None:
    late = [cell("i-0123456789abcde00", NOON - 7200, 0, name="ListBucket"), cell("i-0123456789abcde00", NOON, 10)]
    part = [cell("i-0123456789abcde00", NOON, 4)]
    for cells in (late, part):
        assert not any(habit.starts for habit in habits(cells, [MODEL]).values())


def test_reads_that_were_refused_are_none() -> None:
    assert habits([cell("i-0123456789abcde00", NOON, 10, failed=True)], [MODEL]) == {}


def nights(count: int, hours: int = 1) -> list[Cell]:
    return [cell("SageMaker", NOON + n * DAY + (n * hours % 24) * 3600, 40, prefix="d/") for n in range(count)]


def repeated(told: Habits) -> bool:
    return told[ROLE, DATA.where].is_repeated


def test_bulk_reads_are_a_habit_when_they_come_again_about_the_same_hour() -> None:
    assert repeated(habits(nights(3, hours=0), [DATA]))
    assert not repeated(habits(nights(2, hours=0), [DATA]))
    assert not repeated(habits(nights(3, hours=7), [DATA]))


def test_training_needs_the_service_the_rights_and_the_habit() -> None:
    rights = Rights(readers=READS.readers, writers={MODEL.where: frozenset({ROLE})}, trainers=frozenset({ROLE}))
    training = proposed(nights(4, hours=0), MODEL, DATA, rights=rights)["training"]
    assert training.active
    assert not proposed([], MODEL, DATA, rights=rights)["training"].active


def test_an_administrator_is_told_by_rights_and_never_counts_at_once() -> None:
    admin = proposed([], MODEL, rights=Rights(admins={ROLE: "AdministratorAccess lets it"}))["admin"]
    assert not admin.active
    assert "never_touch" in admin.notes[0]


def test_what_an_administrator_may_read_makes_it_no_server() -> None:
    rights = Rights(readers=READS.readers, machines=frozenset({ROLE}))
    assert "rights" not in {fact.eye.value for one in proposed([], rights=rights).values() for fact in one.facts}


def test_a_role_of_an_account_that_was_not_looked_at_may_be_anybodys() -> None:
    (serving,) = people([MODEL, HOST], READS, habits(starts(3), [MODEL, HOST]), ["444455556666"])
    assert not serving.active
    assert "which was not looked at" in serving.notes[-1]


def test_a_role_of_pods_that_may_read_the_weights_is_a_question() -> None:
    serving = proposed([], MODEL, rights=Rights(readers=READS.readers, pods={ROLE: "c"}))["serving"]
    assert not serving.active
    assert [fact.what for fact in serving.facts] == ["it may read the weights in s3://lager/m/", "pods of c run as it"]


def test_whom_a_role_trusts_tells_trainers_machines_and_pods() -> None:
    def role(name: str, **principal: str) -> Thing:
        trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
        return Thing("iam/role", name, {"AssumeRolePolicyDocument": trust})

    seen = Snapshot(role("t", Service="sagemaker.amazonaws.com"), role("h", Service="ec2.amazonaws.com"),
                    role("p", Federated="arn:aws:iam::1:oidc-provider/oidc.eks.x.amazonaws.com/id/A"),
                    role("m", AWS="arn:aws:iam::1:root", Service="ec2.amazonaws.com"))  # fmt: skip
    assert trust.trainers(seen) == {"t"}
    assert trust.machines(seen) == {"t", "h"}
    assert trust.pods(seen).keys() == {"p"}


def test_nobody_is_proposed_for_less_than_a_reason() -> None:
    assert proposed([], MODEL, DATA) == {}
    assert {purpose.value for purpose in Purpose} >= proposed(starts(1)).keys()

"""A yes is worth something only from enough persons, in time, and for the plan that was shown to them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from stanch.aws.vault import Vault
from stanch.contracts.aws import AwsError
from stanch.contracts.store import Busy, StoreError
from stanch.domain.decision import Question
from stanch.domain.estate import Estate, EvidencePlace, Mode, Perimeter, Response
from stanch.domain.incident import Evidence, IncidentState
from stanch.domain.step import StepState
from stanch.responder import handler, telling
from stanch.responder.bench import Bench
from tests.recorded_aws import RecordedAws
from tests.responder import findings as of
from tests.responder.findings import ACCOUNT
from tests.stores.in_aws import NAME, Responder, responders
from tests.stores.stories import NOON, finding, incident, step

PLAN = "3fa94c21bd07" + "0" * 52
ESTATE = Estate(perimeter=Perimeter(accounts=(ACCOUNT,)), response=Response(mode=Mode.ASK))


@pytest.fixture
def made() -> Iterator[Callable[..., Responder]]:
    with responders() as maker:
        yield maker


@pytest.fixture
def one(made: Callable[..., Responder]) -> Responder:
    return made()


def bench(one: Responder, estate: Estate = ESTATE) -> Bench:
    topic = one.door.call("sns", "CreateTopic", Name="stanch")["TopicArn"]
    return Bench(one.door, estate, NAME, topic, one.clock, lambda _: None)


def serve(verb: str, at: Bench, **more: Any) -> dict[str, Any]:
    return handler.served({"verb": verb, **more}, at, "arn:aws:lambda:eu-central-1:111122223333:function:responder")


def asked(one: Responder, persons: int = 1) -> None:
    # What is asked at the table's clock is answered at the machine's: the question must stand for both.
    expires = NOON.replace(year=2100)
    one.decisions.ask(Question("inc-1", PLAN, NOON - timedelta(days=9000), expires, persons, ("a step",), ("why",)))


def test_two_persons_are_two(one: Responder) -> None:
    asked(one, persons=2)
    at = bench(one)
    for _ in range(2):
        assert serve("answer", at, plan=PLAN, yes=True, by="Alice")["complete"] is False
    assert serve("answer", at, plan=PLAN[:12], yes=True, by="bob")["complete"] is True


def test_one_name_spelled_in_two_ways_is_one_person(one: Responder) -> None:
    asked(one, persons=2)
    at = bench(one)
    for name in ("Alice", "  alice ", "\uff21lice", "A\u006cice"):
        assert serve("answer", at, plan=PLAN, yes=True, by=name)["complete"] is False


@pytest.mark.parametrize("name", ["", " ", "\u200b", "alice\u200b", "al\x1bice", "\u202ealice", None])
def test_a_name_that_nobody_could_read_decides_nothing(one: Responder, name: object) -> None:
    asked(one)
    at = bench(one)
    with pytest.raises(StoreError, match=r"an answer names who gives it: by .* is no name"):
        serve("answer", at, plan=PLAN, yes=True, by=name)
    with pytest.raises(StoreError, match=r"an undo names who asks for it: by .* is no name"):
        serve("undo", at, incident="inc-1", by=name)
    assert at.decisions.answers(PLAN) == []


def test_a_no_ends_it_whoever_said_yes(one: Responder) -> None:
    asked(one)
    at = bench(one)
    assert serve("answer", at, plan=PLAN, yes=False, by="bob")["complete"] is False
    assert serve("answer", at, plan=PLAN, yes=True, by="alice")["complete"] is False


@pytest.mark.parametrize("yes", ["true", 1, "yes", None])
def test_only_a_plain_true_is_a_yes(one: Responder, yes: object) -> None:
    asked(one)
    assert serve("answer", bench(one), plan=PLAN, yes=yes, by="alice")["complete"] is False


def test_an_answer_after_its_time_or_by_nobody_or_to_nothing_is_refused(one: Responder) -> None:
    asked(one)
    at = bench(one)
    with pytest.raises(StoreError, match="names who gives it"):
        serve("answer", at, plan=PLAN, yes=True, by=" ")
    with pytest.raises(StoreError, match="no plan 'ffffffff' was asked about"):
        serve("answer", at, plan="ffffffff", yes=True, by="alice")
    one.clock.now = NOON.replace(year=2101)
    with pytest.raises(StoreError, match="expired at 2100-11-22"):
        serve("answer", at, plan=PLAN, yes=True, by="alice")


def test_a_report_of_our_own_about_no_incident_of_ours_is_nothing(one: Responder) -> None:
    at = bench(one)
    told = serve("triage", at, event=of.imported(of.ours()))
    assert (told["verdict"], "incident" in told) == ("nothing", False)
    at.incidents.save([incident("inc-20261122-3f9a1c", finding("f1"))])
    told = serve("triage", at, event=of.imported(of.ours()))
    assert (told["verdict"], told["incident"]) == ("contain", "inc-20261122-3f9a1c")
    event = of.envelope("stanch incident", {"incident": "inc-20261122-3f9a1c"}, "stanch")
    assert serve("triage", at, event=event)["incident"] == "inc-20261122-3f9a1c"


def test_a_finding_that_was_contained_is_not_contained_again_until_it_goes_on(one: Responder) -> None:
    at = bench(one)
    first = serve("triage", at, event=of.imported(of.macie_policy()))
    at.incidents.move(first["incident"], IncidentState.CONTAINED)
    again = serve("triage", at, event=of.imported(of.macie_policy(Workflow={"Status": "NOTIFIED"})))
    assert again["verdict"] == "nothing"
    later = of.macie_policy(UpdatedAt="2026-11-22T15:00:00.000Z", Workflow={"Status": "NOTIFIED"})
    once_more = serve("triage", at, event=of.imported(later))
    assert (once_more["verdict"], once_more["incident"]) == ("contain", first["incident"])
    assert at.incidents.get(first["incident"]).state is IncidentState.OPEN


@pytest.mark.parametrize("event", [{}, {"detail-type": "Something else"}, {"detail": 5}, of.imported({})])
def test_an_event_that_says_nothing_ends_in_a_clear_outcome(one: Responder, event: dict[str, Any]) -> None:
    told = serve("triage", bench(one), event=event)
    assert told["verdict"] == "nothing"
    assert told["why"]


def test_a_step_whose_resource_another_execution_holds_is_tried_again(made: Callable[..., Responder]) -> None:
    one, other = made(), made()
    at = bench(one)
    one.incidents.save([incident("inc-1", finding("f1"))])
    begun = step(after=None, proof=None)
    other.journal.write(begun)  # by the other execution, of the same incident
    plan = one.plans.keep("inc-1", [begun])
    with other.journal.lock(begun.resource), pytest.raises(Busy, match="held by another responder"):
        serve("step", at, incident="inc-1", plan=plan, number=0)


def test_where_stanch_only_observes_nothing_goes_and_nobody_is_asked(one: Responder) -> None:
    at = bench(one, replace(ESTATE, response=Response(mode=Mode.OBSERVE)))
    one.incidents.save([incident("inc-1", finding("f1"))])
    plan = one.plans.keep("inc-1", [step(after=None, proof=None)])
    told = serve("decide", at, case={"incident": "inc-1", "plan": plan})
    assert (told["waves"], told["waiting"]) == ([], False)


def test_where_stanch_must_ask_nothing_goes_before_the_answer(one: Responder) -> None:
    at = bench(one)
    one.incidents.save([incident("inc-1", finding("f1"))])
    plan = one.plans.keep("inc-1", [step(after=None, proof=None)])
    told = serve("decide", at, case={"incident": "inc-1", "plan": plan})
    assert (told["waves"], told["waiting"], told["why"]) == ([], True, "response.mode is ask")
    assert len(json.dumps(told)) < 1000


def test_an_undo_by_nobody_is_refused(one: Responder) -> None:
    with pytest.raises(StoreError, match="names who asks for it"):
        serve("undo", bench(one), incident="inc-1")


LOG = b'{"Records": []}'
LOGGED = Evidence("s3://acme-trail/1.json", hashlib.sha256(LOG).hexdigest(), len(LOG))


def keeping(one: Responder, *evidence: Evidence, locked: bool = True) -> Bench:
    """A responder with an evidence bucket, and an incident that was found in a log in S3."""
    here: Any = {"CreateBucketConfiguration": {"LocationConstraint": one.door.region}}
    one.door.call("s3", "CreateBucket", Bucket="acme-forensics", ObjectLockEnabledForBucket=locked, **here)
    one.door.call("s3", "CreateBucket", Bucket="acme-trail", **here)
    one.door.call("s3", "PutObject", Bucket="acme-trail", Key="1.json", Body=LOG)
    one.incidents.save([incident("inc-1", finding("f1"), evidence=evidence or (LOGGED,))])
    one.journal.write(step(state=StepState.VERIFIED))
    place = EvidencePlace(bucket="acme-forensics", account=one.door.account)
    return bench(one, replace(ESTATE, response=Response(evidence=place)))


def told_people(at: Bench) -> Callable[[], list[dict[str, str]]]:
    queue = at.aws.call("sqs", "CreateQueue", QueueName="people")["QueueUrl"]
    arn = f"arn:aws:sqs:eu-central-1:{at.aws.account}:people"
    at.aws.call("sns", "Subscribe", TopicArn=at.topic, Protocol="sqs", Endpoint=arn)
    said = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
    return lambda: [json.loads(one["Body"]) for one in at.aws.call("sqs", "ReceiveMessage", **said).get("Messages", [])]


def test_what_was_read_and_where_the_chain_ends_are_kept_when_it_settles(one: Responder) -> None:
    at = keeping(one)
    messages = told_people(at)
    told = serve("preserve", at, case={"incident": "inc-1", "state": "contained"})
    assert (told["state"], told["evidence"]["missing"], messages()) == ("contained", [], [])
    vault = Vault.open(one.door, at.estate.response.evidence)
    key = told["evidence"]["ledger"].removeprefix("s3://acme-forensics/")
    ledger = json.loads(vault.read(key))
    assert ledger["head"] == asdict(one.journal.head("inc-1"))
    assert [each["sha256"] for each in ledger["objects"]] == [LOGGED.sha256]
    held = vault.held(key)
    assert held is not None
    assert held.locked
    assert serve("preserve", at, case={"incident": "inc-1"})["evidence"] == told["evidence"]


def test_evidence_that_could_not_be_kept_is_told_and_changes_nothing_else(one: Responder) -> None:
    lost = replace(LOGGED, path="s3://acme-trail/\x1b[31mgone.json")
    at = keeping(one, LOGGED, lost, replace(LOGGED, path="laptop/1.json"))
    messages = told_people(at)
    told = serve("preserve", at, case={"incident": "inc-1", "state": "contained"})
    assert told["state"] == "contained"
    assert len(told["evidence"]["missing"]) == 2
    assert told["evidence"]["ledger"].startswith("s3://acme-forensics/inc-1/ledger-")
    (message,) = messages()
    assert message["Subject"] == "stanch: evidence of inc-1 was NOT kept in full"
    assert "laptop/1.json: could not be read" in message["Message"]
    assert "\x1b" not in message["Message"]


def test_a_bucket_that_cannot_keep_evidence_is_told_with_the_remedy(one: Responder) -> None:
    at = keeping(one, locked=False)
    messages = told_people(at)
    told = serve("preserve", at, case={"incident": "inc-1"})
    assert told["evidence"]["ledger"] == ""
    assert "put-object-lock-configuration" in told["evidence"]["missing"][0]
    assert messages()[0]["Subject"] == "stanch: evidence of inc-1 was NOT kept"


def test_the_ledger_is_written_when_the_time_is_over(one: Responder) -> None:
    at = keeping(one)
    late = iter([NOON, *(NOON + timedelta(hours=1) for _ in range(9))])
    told = serve("preserve", replace(at, clock=lambda: next(late)), case={"incident": "inc-1"})
    assert told["evidence"]["missing"] == ["s3://acme-trail/1.json: no time was left for it: copy it by hand"]
    assert told["evidence"]["ledger"]


def test_where_no_bucket_is_named_it_is_said_and_nobody_is_called(one: Responder) -> None:
    at = bench(one)
    one.incidents.save([incident("inc-1", finding("f1"))])
    messages = told_people(at)
    told = serve("preserve", at, case={"incident": "inc-1"})
    assert told["evidence"] == {"ledger": "", "missing": ["[response.evidence] names no bucket"]}
    assert messages() == []


def test_an_unknown_verb_is_refused_by_name(one: Responder) -> None:
    with pytest.raises(handler.UnknownVerb, match="'explode' is no verb; there are: answer, ask"):
        serve("explode", bench(one))


def hub(operations: dict[str, Any]) -> RecordedAws:
    return RecordedAws({f"securityhub:{name}": operation for name, operation in operations.items()})


def test_security_hub_is_told_in_the_form_in_which_it_told() -> None:
    old = hub(
        {"BatchUpdateFindings": lambda _, p: {"ProcessedFindings": p["FindingIdentifiers"], "UnprocessedFindings": []}}
    )
    asff = {"form": "asff", "id": "f-1", "product": "arn:aws:securityhub:eu-central-1::product/aws/macie", "region": ""}
    assert telling.tell_hub(old, asff, "a note") == "told"
    new = hub({"BatchUpdateFindingsV2": lambda *_: {"ProcessedFindings": [], "UnprocessedFindings": []}})
    ocsf = {"form": "ocsf", "id": "f-1", "product": "p", "account": ACCOUNT, "region": ""}
    assert telling.tell_hub(new, ocsf, "a note") == "told"
    assert telling.tell_hub(new, {"form": "guardduty"}, "a note") == "it has no finding in Security Hub"


def test_a_hub_that_refuses_does_not_undo_what_was_done() -> None:
    failing = hub({})
    error = AwsError("securityhub:BatchUpdateFindings", "InvalidAccessException", "not enabled")
    failing.failing["securityhub:BatchUpdateFindings"] = [error]
    said = telling.tell_hub(failing, {"form": "asff", "id": "f", "product": "p", "region": ""}, "a note")
    assert said.startswith("not told: securityhub:BatchUpdateFindings")


def test_what_an_intruder_named_reaches_people_as_plain_text(one: Responder) -> None:
    at = bench(one)
    queue = one.door.call("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    arn = "arn:aws:sqs:eu-central-1:123456789012:q"
    one.door.call("sns", "Subscribe", TopicArn=at.topic, Protocol="sqs", Endpoint=arn)
    hostile = step(state=StepState.FAILED, why="\x1b[31mred\r\nSubject: forged")
    case = replace(incident("inc-1", finding("f1")), title="<script>\u202e")
    telling.publish(one.door, at.topic, "stanch: \u202e\n" + "x" * 200, telling.outcome_lines(case, [hostile], "1:ab"))
    body = json.loads(one.door.call("sqs", "ReceiveMessage", QueueUrl=queue)["Messages"][0]["Body"])
    assert len(body["Subject"]) == 100
    assert body["Subject"].isprintable()
    assert not {"\x1b", "\r", "\u202e"} & set(body["Message"])
    assert body["Message"].count("\n") == 2


def test_a_note_fits_its_place() -> None:
    many = [step(f"a/{number}") for number in range(500)]
    assert len(telling.note(incident("inc-1", finding("f1")), many)) <= 512

"""A finding comes in and nobody does anything: what is ours is contained, by effect, and everybody is told."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from stanch.aws import Door
from stanch.stores.dynamo_audit import audit
from tests.ground import THIEF, allowed, eventually
from tests.responder.deployed import EVIDENCE, Deployed, deployed
from tests.responder.reports import credentials_stolen, data_taken
from tests.stores.in_aws import NAME

DIES_ONCE = """
import os, pathlib
def before(event):
    mark = pathlib.Path(os.environ["STANCH_ESTATE"]).with_name(f"died-{event['verb']}")
    if event["verb"] in ("plan", "step", "settle") and not mark.exists():
        mark.touch()
        os._exit(9)
"""
LOSES_EVIDENCE = """
def before(event):
    if event["verb"] == "preserve":
        raise KeyError("STANCH_TABLE")
"""
BROKEN = """
def before(event):
    raise KeyError("STANCH_TABLE")
"""


def thief(there: Deployed) -> Door:
    """The host's present credentials, used from elsewhere."""
    staged = there.staged
    stolen = staged.instance_credentials(staged.host.instance_id)
    endpoint = staged.range_.endpoint
    return Door.using(stolen, region=staged.region, endpoint=endpoint, headers={"X-Forwarded-For": THIEF})


def reads_weights(door: Door, there: Deployed) -> bool:
    staged = there.staged
    return allowed(door, "s3", "GetObject", Bucket=staged.weights_bucket, Key=staged.shards[0])


def now() -> datetime:
    time.sleep(1.1)  # times in a finding are whole seconds, and what was staged must be older
    return datetime.now(UTC)


def test_a_finding_in_security_hub_ends_the_theft_and_is_marked_and_told(tmp_path: Path) -> None:
    with deployed(tmp_path, mode="act") as there:
        stolen = thief(there)
        assert reads_weights(stolen, there)
        finding = credentials_stolen(there.staged, there.staged.host.instance_id, now())
        there.report(finding)
        ended = there.execution(120)
        told = json.loads(ended["output"])
        assert ended["status"] == "SUCCEEDED", ended
        assert told["state"] == "contained", there.said()
        assert not reads_weights(stolen, there)
        marked = there.finding(finding["Id"])
        assert marked["Workflow"] == {"Status": "NOTIFIED"}
        assert marked["Note"]["Text"].startswith(f"stanch {told['incident']}: contained")
        (message,) = there.said(5)
        assert message["subject"] == f"stanch: {told['incident']} contained"
        assert told["head"].partition(":")[2] in message["message"]
        names = list(dict.fromkeys(there.states(ended)))
        assert names[:6] == ["Triage", "Contain?", "Plan", "Decide", "ActNow?", "Act"]
        assert names[-7:] == ["Window", "Verify", "Settle", "Notify", "Preserve", "Expired?", "Done"]
        assert audit(there.admin, NAME).faults == ()
        # The same finding once more, as Security Hub does when its workflow is set: nothing starts a second time.
        there.report(finding)
        assert not eventually(lambda: len(there.executions()) > 1, 3)


def test_a_plan_waits_for_a_yes_touches_nothing_before_and_can_be_undone(tmp_path: Path) -> None:
    with deployed(tmp_path, mode="ask", evidence=True) as there:
        stolen = thief(there)
        there.report(data_taken(there.staged, there.staged.host.instance_id, now()))
        (question,) = there.said(60)
        assert question["subject"].startswith("stanch asks: contain inc-")
        assert reads_weights(stolen, there)
        plan = question["message"].split("Plan ")[1].split()[0]
        answer = {"verb": "answer", "plan": plan, "yes": True, "by": "alice", "why": "seen with the platform team"}
        assert there.invoke(answer) == {"plan": plan, "complete": True, "yes": True, "woken": 1}
        ended = there.execution(120)
        assert ended["status"] == "SUCCEEDED", ended
        told = json.loads(ended["output"])
        assert told["state"] == "contained"
        assert not reads_weights(stolen, there)
        assert told["evidence"]["missing"] == []
        kept = told["evidence"]["ledger"].removeprefix(f"s3://{EVIDENCE}/")
        ledger = json.loads(there.admin.call("s3", "GetObject", Bucket=EVIDENCE, Key=kept)["Body"])
        assert f"{ledger['head']['seq']}:{ledger['head']['link']}" == told["head"]
        undone = there.invoke({"verb": "undo", "incident": told["incident"], "by": "alice"})
        assert (undone["kept"], undone["state"]) == ([], "open")
        assert reads_weights(stolen, there)


def test_a_question_that_nobody_answers_expires_and_says_so(tmp_path: Path) -> None:
    with deployed(tmp_path, mode="ask", expires=3) as there:
        stolen = thief(there)
        there.report(data_taken(there.staged, there.staged.host.instance_id, now()))
        ended = there.execution(120)
        assert (ended["status"], ended["error"]) == ("FAILED", "Stanch.Expired")
        assert reads_weights(stolen, there)
        assert any("NOT contained: nobody answered in time" in one["subject"] for one in there.said(5))


def test_a_function_that_dies_in_the_midst_is_called_again_and_nothing_is_doubled(tmp_path: Path) -> None:
    with deployed(tmp_path, mode="act", fault=DIES_ONCE) as there:
        stolen = thief(there)
        there.report(data_taken(there.staged, there.staged.host.instance_id, now()))
        ended = there.execution(150)
        assert ended["status"] == "SUCCEEDED", ended
        assert {path.name for path in tmp_path.glob("died-*")} == {"died-plan", "died-step", "died-settle"}
        assert json.loads(ended["output"])["state"] == "contained"
        assert not reads_weights(stolen, there)
        steps = [answer for answer in there.answers(ended) if "action" in answer]
        assert len({(step["action"], step["resource"]) for step in steps}) == len(steps)


def test_where_the_function_itself_is_broken_people_are_told_without_it(tmp_path: Path) -> None:
    with deployed(tmp_path, mode="act", fault=BROKEN) as there:
        there.report(data_taken(there.staged, there.staged.host.instance_id, now()))
        ended = there.execution(60)
        assert (ended["status"], ended["error"]) == ("FAILED", "Stanch.NotFinished")
        (message,) = there.said(5)
        assert message["subject"] == "stanch: a containment did not finish"
        assert "STANCH_TABLE" in message["message"]


def test_evidence_that_is_not_kept_takes_nothing_from_what_was_contained_and_is_told(tmp_path: Path) -> None:
    with deployed(tmp_path, mode="act", fault=LOSES_EVIDENCE) as there:
        stolen = thief(there)
        there.report(data_taken(there.staged, there.staged.host.instance_id, now()))
        ended = there.execution(120)
        assert ended["status"] == "SUCCEEDED", ended
        told = json.loads(ended["output"])
        assert (told["state"], told["failure"]["Error"]) == ("contained", "KeyError")
        assert not reads_weights(stolen, there)
        subjects = [message["subject"] for message in there.said(5)]
        assert f"stanch: {told['incident']} contained" in subjects
        assert "stanch: evidence was NOT kept" in subjects

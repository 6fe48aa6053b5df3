"""Without a person stanch does what its file allows and asks about the rest; a yes is to one plan, for a time."""

from pathlib import Path

from tests.cli.running import Run, closed, declared, opened
from tests.ground import Ground

from stanch.domain.arn import Arn


def test_acts_at_once_on_what_breaks_nobody_and_asks_about_the_rest(
    ground: Ground, stanch: Run, tmp_path: Path
) -> None:
    declared(ground, tmp_path, "act")
    bucket, role = opened(ground), ground.role()
    said = stanch("contain", "--resource", bucket, "--resource", role, "--auto")
    (decision,) = said.of("plan")
    assert [step.split(" on ")[0] for step in decision["waiting"]] == ["iam/revoke_sessions"]
    assert decision["why"] == ["collateral medium is above act_when (low)"]
    assert said.code == 3
    assert closed(ground, bucket)
    assert "waits for a yes" in said.err


def test_carries_out_what_was_approved_and_nothing_else(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    asked = stanch("contain", "--resource", bucket, "--auto")
    (decision,) = asked.of("plan")
    assert not closed(ground, bucket)
    (answer,) = stanch("approve", decision["plan"][:12], "--by", "bob", "--why", "agreed").of("answer")
    assert (answer["by"], answer["yes"], answer["complete"]) == ("bob", True, True)
    done = stanch("contain", "--resource", bucket, "--auto")
    assert closed(ground, bucket)
    assert {step["state"] for step in done.of("step")} >= {"verified"}


def test_a_no_keeps_it_from_being_done(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    (decision,) = stanch("contain", "--resource", bucket, "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", "bob")
    stanch("approve", decision["plan"], "--by", "carol", "--no")
    assert stanch("contain", "--resource", bucket, "--auto").code == 3
    assert not closed(ground, bucket)


def test_a_no_can_be_taken_back_and_the_yes_of_before_counts_again(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    (decision,) = stanch("contain", "--resource", bucket, "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", "bob")
    stanch("approve", decision["plan"], "--by", "carol", "--no")
    refused = stanch("contain", "--resource", bucket, "--auto")
    assert "carol said no to what waits" in refused.err
    assert f"approve {decision['plan'][:12]} --withdraw --by carol" in refused.err
    back = stanch("approve", decision["plan"][:12], "--withdraw", "--by", "Carol", "--why", "the release is through")
    (answer,) = back.of("answer")
    assert (answer["withdrawn"], answer["yes"], answer["complete"]) == (True, False, True)
    assert (answer["by"], answer["why"]) == ("Carol", "the release is through")
    assert "took it back, and so far it is bob yes: that is enough" in back.err
    assert stanch("contain", "--resource", bucket, "--auto").code == 0
    assert closed(ground, bucket)
    assert stanch("verify").code == 0, "the withdrawal is in the chain"


def test_a_yes_can_be_taken_back_until_somebody_acts_on_it(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    (decision,) = stanch("contain", "--resource", bucket, "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", "bob")
    (answer,) = stanch("approve", decision["plan"], "--by", "bob", "--withdraw").of("answer")
    assert (answer["withdrawn"], answer["complete"]) == (True, False)
    assert stanch("contain", "--resource", bucket, "--auto").code == 3
    assert not closed(ground, bucket)
    stanch("approve", decision["plan"], "--by", "bob")
    stanch("contain", "--resource", bucket, "--auto")
    assert closed(ground, bucket)
    late = stanch("approve", decision["plan"], "--by", "bob", "--withdraw")
    assert (late.code, late.lines) == (2, [])
    assert f"the yes was used: 1 step of it was begun; `stanch undo {decision['incident']}`" in late.err


def test_nobody_takes_back_what_another_said(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    (decision,) = stanch("contain", "--resource", opened(ground), "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", "carol", "--no")
    other = stanch("approve", decision["plan"], "--by", "bob", "--withdraw")
    assert (other.code, other.lines) == (2, [])
    assert "bob has said nothing to plan" in other.err
    assert "said so far: carol no" in other.err
    both = stanch("approve", decision["plan"], "--by", "bob", "--no", "--withdraw")
    assert (both.code, "exclude each other" in both.err) == (2, True)


def test_a_yes_is_spent_when_the_account_has_changed(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    (decision,) = stanch("contain", "--resource", bucket, "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", "bob")
    ground.admin.call("s3", "DeleteBucketPolicy", Bucket=Arn.parse(bucket).resource)
    again = stanch("contain", "--resource", bucket, "--auto")
    (other,) = again.of("plan")
    assert (again.code, other["plan"] != decision["plan"]) == (3, True)


def test_a_plan_that_nobody_asked_about_cannot_be_approved(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    stanch("contain", "--resource", opened(ground), "--auto")
    said = stanch("approve", "0" * 12)
    assert (said.code, said.lines) == (2, [])
    assert "no such plan was asked" in said.err


def test_an_asset_that_needs_two_persons_waits_for_the_second(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    bucket = opened(ground)
    declared(ground, tmp_path, "ask", Arn.parse(bucket).resource)
    alone = stanch("contain", "--resource", bucket, "--apply", "--yes", "--by", "alice")
    assert (alone.code, closed(ground, bucket)) == (3, False)
    assert "somebody else must too" in alone.err
    assert stanch("contain", "--resource", bucket, "--apply", "--yes", "--by", "Alice").code == 3
    both = stanch("contain", "--resource", bucket, "--apply", "--yes", "--by", "bob")
    assert closed(ground, bucket)
    assert {step["state"] for step in both.of("step")} >= {"verified"}


def test_what_act_when_lets_go_does_not_wait_for_a_second_person_and_that_is_said(
    ground: Ground, stanch: Run, tmp_path: Path
) -> None:
    bucket, role = opened(ground), ground.role()
    declared(ground, tmp_path, "act", Arn.parse(bucket).resource)
    both = ("--resource", bucket, "--resource", role)
    said = "act_when (confidence 0.9, collateral low) goes before two_persons (llama)"
    assert said in stanch("contain", *both).err
    alone = stanch("contain", *both, "--apply", "--yes", "--by", "alice")
    assert (alone.code, closed(ground, bucket)) == (3, True)
    assert {step["action"] for step in alone.of("step") if step["state"] == "applied"} >= {"s3/close_bucket"}
    assert "iam/revoke_sessions" not in {step["action"] for step in alone.of("step") if step["state"] == "applied"}
    assert "somebody else must too" in alone.err
    assert said in stanch("init", "--check").err


def test_observe_touches_nothing_whatever_is_asked(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "observe")
    bucket = opened(ground)
    for how in ("--apply", "--auto"):
        said = stanch("contain", "--resource", bucket, how)
        assert (said.code, "response.mode = observe" in said.err) == (2, True)
    assert not closed(ground, bucket)


def test_a_person_may_answer_for_what_nothing_could_do(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    bucket, linked = opened(ground), ground.role(path="/aws-service-role/ecs.amazonaws.com/")
    said = stanch("contain", "--resource", bucket, "--resource", linked, "--apply", "--yes")
    (case,) = said.of("incident")
    assert (said.code, case["state"]) == (3, "open")
    left = {step["action"] for step in said.of("step") if (step["resource"], step["state"]) == (linked, "skipped")}
    for action in sorted(left):
        kept = stanch("accept", case["id"], "--action", action, "--why", "stopped in ECS itself")
    assert (kept.code, kept.of("incident")[0]["state"]) == (0, "contained"), said.lines
    assert kept.of("step")[0]["why"].startswith("accepted by alice: stopped in ECS itself (it was skipped: ")
    again = stanch("contain", "--resource", bucket, "--resource", linked, "--apply", "--yes")
    assert again.code == 0, "nothing is planned again that a person answers for"


def test_nobody_can_answer_for_a_step_that_is_not_there_or_is_proven(
    ground: Ground, stanch: Run, tmp_path: Path
) -> None:
    declared(ground, tmp_path, "act")
    said = stanch("contain", "--resource", opened(ground), "--apply", "--yes")
    (case,) = said.of("incident")
    gone = stanch("accept", case["id"], "--action", "no/such", "--why", "x")
    assert (gone.code, "has 0 steps of no/such (none)" in gone.err) == (2, True)
    proven = stanch("accept", case["id"], "--action", "s3/close_bucket", "--why", "x")
    assert (proven.code, "there is nothing to accept" in proven.err) == (2, True)

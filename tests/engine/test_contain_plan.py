"""A plan shows all that would be done and changes nothing; what must not be touched is skipped, with why."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from tests.engine.containing import (
    ACCOUNT,
    BUCKET,
    DENIED,
    HOST,
    ROLE,
    SISTER,
    STRANGER,
    USER,
    Book,
    Scene,
    Shut,
    asset,
    failing,
    finding,
    incident,
    scene,
)

from stanch.domain.arn import Arn
from stanch.domain.estate import Asset, AssetKind
from stanch.domain.event import Actor
from stanch.domain.incident import IncidentState
from stanch.domain.step import Phase, Step, StepState
from stanch.engine.contain import Choice, state_after


def by_resource(steps: list[Step]) -> dict[str, Step]:
    return {step.resource: step for step in steps}


def test_changes_nothing_and_writes_nothing() -> None:
    s = scene(ROLE)
    (step,) = s.desk().plan(incident(by_hand=[ROLE]))
    assert (step.state, step.calls, step.undo) == (StepState.PLANNED, ("shut app",), "open it")
    assert step.before == {"open": True, "lock": None}
    assert s.aws.resources[ROLE] == {"open": True, "lock": None}
    assert s.journal.rows == []


def test_plans_by_hand_each_action_that_applies() -> None:
    s = scene(
        HOST,
        BUCKET,
        snap=Shut(("instance",), Phase.EVIDENCE),
        dark=Shut(("instance",), Phase.NETWORK),
        close=Shut(("bucket",), Phase.DATA),
    )
    steps = s.desk().plan(incident(by_hand=[BUCKET, HOST]))
    assert [(step.action, step.resource) for step in steps] == [("snap", HOST), ("dark", HOST), ("close", BUCKET)]


def test_takes_the_resources_that_an_incident_was_opened_with() -> None:
    steps = scene(ROLE).desk().plan(incident(by_hand=(ROLE,)))
    assert [step.resource for step in steps] == [ROLE]


def test_takes_the_role_of_a_session_and_the_bucket_of_an_object() -> None:
    s = scene(ROLE, BUCKET)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/i-1"
    steps = s.desk().plan(incident(by_hand=[session, f"{BUCKET}/model.bin"]))
    assert [step.resource for step in steps] == [ROLE, BUCKET]


def test_follows_the_playbook_on_the_actor_its_lineage_and_what_was_changed() -> None:
    second = f"arn:aws:iam::{ACCOUNT}:role/second"
    s = scene(
        ROLE,
        second,
        USER,
        HOST,
        BUCKET,
        revoke=Shut(("role",)),
        keys=Shut(("user",)),
        dark=Shut(("instance",), Phase.NETWORK),
    )
    s.playbooks = {"book": Book(("dark", "revoke", "keys"))}
    found = finding(
        actor=Actor(f"arn:aws:sts::{ACCOUNT}:assumed-role/app/i-1", origin=USER),
        sessions=(f"arn:aws:sts::{ACCOUNT}:assumed-role/second/x",),
        resources=(HOST,),
        assets=(asset(BUCKET),),
    )
    steps = s.desk().plan(incident(found))
    assert [(step.action, step.resource) for step in steps] == [
        ("dark", HOST),
        ("revoke", ROLE),
        ("revoke", second),
        ("keys", USER),
    ]
    assert steps[0].playbook == "book"
    assert steps[0].why == "Weights read by a stranger"


def test_plans_a_resource_once_however_many_findings_name_it() -> None:
    s = scene(ROLE)
    s.playbooks = {"book": Book(("shut",))}
    (step,) = s.desk().plan(incident(finding(), finding(id="f2", title="Decoy touched"), finding(id="f3")))
    assert step.why == "Weights read by a stranger (and 1 more)"


def test_says_that_a_finding_without_a_playbook_is_left_to_a_person() -> None:
    (step,) = scene(ROLE).desk().plan(incident(finding(playbook=None)))
    assert (step.state, step.action) == (StepState.SKIPPED, "by-hand")
    assert step.why.startswith("no playbook answers this yet")


def test_plans_nothing_for_a_refused_attempt_without_a_playbook() -> None:
    assert scene(ROLE).desk().plan(incident(finding(playbook=None, count=2, failed=2))) == []


def test_what_stays_open_after_the_playbook_keeps_the_incident_open() -> None:
    s = scene(ROLE)
    s.playbooks = {"book": Book(("shut",))}
    desk = s.desk()
    plan = desk.plan(incident(finding(by_hand="narrow the trust policy")))
    assert [step.why for step in plan if step.state is StepState.SKIPPED] == ["narrow the trust policy"]
    done = desk.apply(plan)
    assert state_after([step for step in done if step.state is StepState.VERIFIED]) is IncidentState.CONTAINED
    assert state_after(done) is IncidentState.OPEN


def test_says_so_when_a_playbook_or_an_action_is_missing() -> None:
    s = scene(ROLE)
    (missing,) = s.desk().plan(incident(finding()))
    assert (missing.state, missing.why) == (StepState.SKIPPED, "there is no playbook 'book' (exfiltration/x)")
    s.playbooks = {"book": Book(("gone",))}
    (missing,) = s.desk().plan(incident(finding()))
    assert missing.why == "there is no action 'gone' (playbook book)"


def test_never_touches_what_the_estate_protects() -> None:
    s = scene(ROLE, USER)
    s.protect("arn:*:iam::*:role/app")
    steps = by_resource(s.desk().plan(incident(by_hand=[ROLE, USER])))
    assert (steps[ROLE].state, steps[ROLE].before) == (StepState.SKIPPED, None)
    assert steps[ROLE].why == "never_touch protects it (arn:*:iam::*:role/app)"
    assert steps[USER].state is StepState.PLANNED


def test_leaves_a_decoy_user_to_be_heard_again_and_stays_open() -> None:
    s = scene(ROLE, USER)
    s.estate = replace(s.estate, assets=(Asset("bait", AssetKind.UNKNOWN, "arn:*:iam::*:user/eve", decoy=True),))
    steps = by_resource(s.desk().plan(incident(by_hand=[ROLE, USER])))
    assert (steps[USER].state, steps[USER].before, steps[USER].settings) == (StepState.SKIPPED, None, {})
    assert "where it lay" in steps[USER].why
    assert steps[ROLE].state is StepState.PLANNED


def test_never_touches_a_role_whose_path_only_aws_knows() -> None:
    s = scene(ROLE)
    s.aws.resources[ROLE]["arn"] = f"arn:aws:iam::{ACCOUNT}:role/breakglass/app"
    s.protect("arn:*:iam::*:role/breakglass/*")
    (step,) = s.desk().plan(incident(by_hand=[f"arn:aws:sts::{ACCOUNT}:assumed-role/app/x"]))
    assert (step.state, step.calls, step.before) == (StepState.SKIPPED, (), None)


def test_never_touches_the_role_of_a_session_that_is_protected() -> None:
    s = scene(ROLE)
    s.playbooks = {"book": Book(("shut",))}
    s.protect("arn:*:sts::*:assumed-role/app/break-glass")
    found = finding(sessions=(f"arn:aws:sts::{ACCOUNT}:assumed-role/app/break-glass",))
    (step,) = s.desk().plan(incident(found))
    assert step.state is StepState.SKIPPED


def test_touches_no_other_account_and_no_other_partition() -> None:
    sister, stranger = ROLE.replace(ACCOUNT, SISTER), ROLE.replace(ACCOUNT, STRANGER)
    china = ROLE.replace("arn:aws:", "arn:aws-cn:")
    s = scene(ROLE, sister, stranger, china)
    steps = by_resource(s.desk().plan(incident(by_hand=[sister, stranger, china])))
    assert {step.state for step in steps.values()} == {StepState.SKIPPED}
    assert f"belongs to account {SISTER}" in steps[sister].why
    assert "outside the perimeter" in steps[stranger].why
    assert "partition aws-cn" in steps[china].why


def test_acts_in_nobody_elses_account_when_ours_is_outside_the_perimeter() -> None:
    s = scene(ROLE)
    s.estate = replace(s.estate, perimeter=replace(s.estate.perimeter, accounts=(SISTER,)))
    (step,) = s.desk().plan(incident(by_hand=[ROLE]))
    assert step.state is StepState.SKIPPED


def test_skips_with_why_what_an_action_refuses_and_what_is_gone() -> None:
    s = scene(ROLE)
    s.aws.resources[ROLE]["refuse"] = True
    steps = by_resource(s.desk().plan(incident(by_hand=[ROLE, USER])))
    assert (steps[ROLE].state, steps[ROLE].why) == (StepState.SKIPPED, "do it another way")
    assert steps[USER].why.startswith("it does not exist (any more)")


def test_says_what_can_be_done_about_what_no_action_contains() -> None:
    s = scene()
    root, table = f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/t"
    steps = by_resource(s.desk().plan(incident(by_hand=[root, table, "nonsense"])))
    assert "change its password" in steps[root].why
    assert steps[table].why == "no action contains a table; there is one for each bucket, instance, role, user"
    assert "is not an ARN" in steps["nonsense"].why
    assert {step.state for step in steps.values()} == {StepState.SKIPPED}


def test_is_not_silent_about_a_root_session() -> None:
    s = scene()
    s.playbooks = {"book": Book(("shut",))}
    (step,) = s.desk().plan(incident(finding(actor=Actor(f"arn:aws:iam::{ACCOUNT}:root"))))
    assert step.state is StepState.SKIPPED


def test_shows_the_others_when_one_action_cannot_look() -> None:
    for error, told in ((DENIED, "LimitExceeded"), (RuntimeError("oops"), "internal error: RuntimeError: oops")):
        s = scene(ROLE, bad=Shut(does=failing("plan", error)), good=Shut())
        bad, good = s.desk().plan(incident(by_hand=[ROLE]))
        assert (bad.state, good.state) == (StepState.FAILED, StepState.PLANNED)
        assert told in bad.why


def test_tells_who_else_uses_what_it_breaks() -> None:
    s = scene(ROLE)
    (step,) = s.desk().plan(incident(by_hand=[ROLE]), users={ROLE: ("i-2 (120 calls)", "i-3")})
    assert step.breaks == ("everything", "also used by i-2 (120 calls)", "also used by i-3")


def test_looks_in_the_region_of_the_resource() -> None:
    far = HOST.replace("eu-central-1", "us-east-1")
    s = scene(far)
    s.desk().plan(incident(by_hand=[far]))
    assert s.aws.regions == ["us-east-1"]
    assert Arn.parse(far).region == "us-east-1"


def test_never_touch_cannot_be_passed_by_another_spelling_of_the_arn() -> None:
    s = scene(HOST, BUCKET, shut=Shut(("instance", "bucket")))
    s.protect(HOST, BUCKET)
    bucket = BUCKET.rsplit(":", 1)[1]
    forged = [HOST.replace(f":{ACCOUNT}:", "::"), f"arn:aws:s3:eu-central-1:{ACCOUNT}:{bucket}"]
    steps = s.desk().plan(incident(by_hand=forged))
    assert [step.state for step in steps] == [StepState.SKIPPED, StepState.SKIPPED]
    assert all("never_touch" in step.why for step in steps)


def test_an_arn_that_aws_never_writes_is_not_acted_on() -> None:
    s = scene(HOST, shut=Shut(("instance",)))
    odd = [HOST.replace("instance/", "instance/x/"), HOST.replace("instance/", "instance:")]
    steps = s.desk().plan(incident(by_hand=odd))
    assert {step.state for step in steps} == {StepState.SKIPPED}


def by_hand_of(s: Scene, **chosen: Any) -> list[tuple[str, str | None]]:
    s.actions = {"shut": Shut(), "stop": Shut(), "bar": Shut(APPLIES_TO=("user",))}
    s.playbooks = {"usual": Book(("shut",), FOR=("role",)), "harsh": Book(("stop", "bar"))}
    steps = s.desk().plan(incident(by_hand=[ROLE]), chosen=Choice(**chosen))
    return [(step.action, step.playbook) for step in steps]


def test_a_named_resource_gets_the_playbook_for_its_kind_or_what_was_chosen() -> None:
    assert by_hand_of(scene(ROLE)) == [("shut", "usual")]
    assert by_hand_of(scene(ROLE), playbook="harsh") == [("stop", "harsh")], "what does not apply is left out"
    assert by_hand_of(scene(ROLE), actions=("stop",)) == [("stop", None)]


def test_a_key_in_clear_never_reaches_the_journal() -> None:
    s = scene()
    s.actions = {"shut": Shut(APPLIES_TO=("gateway-key",))}
    s.gateways = {"front": s.aws}
    (step,) = s.desk().plan(incident(by_hand=["arn:gateway:litellm:front::key/sk-leaked"]))
    assert "sk-leaked" not in repr(step)
    assert step.resource.endswith(sha256(b"sk-leaked").hexdigest())

"""A plan reads well on a narrow terminal, and whoever stands before a dead end is told the way on."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.cli.running import Run, declared, opened
from tests.ground import Ground
from tests.playbooks.breaches import BREACHES, incident

from stanch.cli import show_steps
from stanch.cli.deciding import act_when_goes_first
from stanch.domain.estate import Asking, Mode, Response
from stanch.domain.step import Collateral, Step, StepState
from stanch.stores.open import open_stores

HOST = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef1"
PLANNED = Step(
    "inc-1",
    "ec2/isolate_instance",
    HOST,
    "book",
    StepState.PLANNED,
    "Instance credentials used away from the instance",
    calls=("ec2:CreateSecurityGroup stanch-quarantine-inc1, without any rule, and one that allows everything", "b"),
    breaks=("nothing reaches it",),
    undo="groups as they were",
    collateral=Collateral.MEDIUM,
)


def shown(steps: list[Step], width: int) -> list[str]:
    console = Console(width=width, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(show_steps.steps(steps))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize("width", [80, 100])
def test_a_plan_fits_the_terminal_and_says_each_thing_once(width: int) -> None:
    second = replace(PLANNED, action="ec2/disable_metadata", collateral=Collateral.NONE)
    text = shown([PLANNED, second], width)
    assert max(map(len, text)) <= width
    assert text[0] == " 1 o ec2/isolate_instance  collateral medium"
    assert text[1] == f"        on {HOST}", "an ARN is one line, to be copied"
    assert len([line for line in text if "because" in line]) == 1, "the reason is said where it changes"
    assert text[-2].split() == [
        "instance",
        "i-0123456789abcdef1",
        "medium",
        "isolate",
        "instance,",
        "disable",
        "metadata",
    ]


def test_what_is_broken_into_lines_stays_one_item() -> None:
    text = shown([PLANNED], 60)
    first = next(index for index, line in enumerate(text) if "calls" in line)
    assert text[first].startswith("     calls - ec2:CreateSecurityGroup")
    assert text[first + 1].startswith(" " * 13)
    assert " - b" in "\n".join(text)


def test_what_is_done_is_said_once_for_each_resource() -> None:
    done = replace(PLANNED, state=StepState.VERIFIED)
    text = shown([done, replace(done, action="ec2/disable_metadata")], 100)
    assert text[-2].endswith("verified: isolate instance, disable metadata")
    mixed = shown([done, replace(PLANNED, action="ec2/disable_metadata")], 100)
    assert mixed[-2].endswith("isolate instance (verified), disable metadata")


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (Response(mode=Mode.ACT, asking=Asking(two_persons=("llama",))), True),
        (Response(mode=Mode.ASK, asking=Asking(two_persons=("llama",))), False),
        (Response(mode=Mode.ACT), False),
    ],
)
def test_that_act_when_goes_before_two_persons_is_said_where_both_are_set(response: Response, *, said: bool) -> None:
    assert bool(act_when_goes_first(response)) is said


def test_a_plan_says_what_would_go_at_once_and_what_would_ask(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    bucket, role = opened(ground), ground.role()
    declared(ground, tmp_path, "act")
    one = stanch("contain", "--resource", bucket).err
    assert "With --auto all of it goes at once: it is within act_when." in one
    both = stanch("contain", "--resource", bucket, "--resource", role).err
    assert "at once, 1 step asks for a yes of 1 person: collateral medium is above act_when (low)." in both
    declared(ground, tmp_path, "observe")
    assert "Nothing can be: response.mode = observe." in stanch("contain", "--resource", bucket).err


def test_observe_says_what_was_refused_and_what_to_do(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "observe")
    bucket = opened(ground)
    said = stanch("contain", "--resource", bucket, "--auto").err
    assert "--auto is refused, stanch shows plans and touches nothing" in said
    assert f"contain --resource {bucket} " in said
    assert "shows the plan; to act, set mode to ask or act in [response]" in said


def test_a_dead_end_names_the_way_on(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    linked = ground.role(path="/aws-service-role/ecs.amazonaws.com/")
    alone = stanch("contain", "--resource", linked, "--action", "iam/revoke_sessions")
    assert (alone.code, "name it with --resource ARN" in alone.err) == (3, True)
    with (tmp_path / "stanch.toml").open("a") as estate:
        estate.write('never_touch = ["arn:aws:iam::*:role/*"]')
    case = incident(ground, "stolen_role_session", (ground.role(),), "inc-20261122-3f9a1c")
    with open_stores(tmp_path / ".stanch") as stores:
        stores.incidents.save([case])
    looked = stanch("contain", "inc-2026")
    assert "contain inc-20261122-3f9a1c --apply" in looked.err
    tried = stanch("contain", "inc-2026", "--apply", "--yes")
    assert tried.code == 3
    (command, *_) = [line for line in tried.err.splitlines() if " accept " in line]
    words = command.split()[command.split().index("accept") : -1]
    kept = stanch(*words, "done by hand")
    assert kept.of("step")[0]["why"].startswith("accepted by alice: done by hand (it was skipped: never_touch")


def test_what_is_proven_leads_on_to_the_report_and_back(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    case = incident(ground, "open_bucket", BREACHES["open_bucket"](ground), "inc-20261122-3f9a1c")
    with open_stores(tmp_path / ".stanch") as stores:
        stores.incidents.save([case])
    stanch("contain", "inc-2026", "--apply", "--yes")
    again = stanch("contain", "inc-2026")
    assert "Nothing is left to do: " in again.err
    assert "report inc-20261122-3f9a1c --regime gdpr" in again.err
    assert "undo inc-20261122-3f9a1c" in again.err


def test_who_waits_for_another_stanch_says_for_which_and_what_is_left_until_then(
    ground: Ground, stanch: Run, tmp_path: Path
) -> None:
    declared(ground, tmp_path, "ask")
    resources = BREACHES["stolen_instance_credentials"](ground)
    case = incident(ground, "stolen_instance_credentials", resources, "inc-20261122-3f9a1c")
    with open_stores(tmp_path / ".stanch") as stores:
        stores.incidents.save([case])
        with stores.journal.lock(resources[1]):
            said = stanch("contain", "inc-2026", "--apply", "--yes")
    assert said.code == 3
    assert said.err.count("o waiting   ec2/") == 1, "it is said once"
    assert "waits for it, 120 s at most: " in said.err
    (cut,) = [step for step in said.of("step") if (step["action"], step["state"]) == ("iam/revoke_sessions", "skipped")]
    assert cut["why"].startswith("left until its host is isolated: ")
    done = stanch("contain", "inc-2026", "--apply", "--yes")
    assert done.of("incident")[-1]["state"] == "contained", done.err

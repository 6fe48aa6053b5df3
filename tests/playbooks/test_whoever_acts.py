"""The same deed by a key, a session, a person of Identity Center, a host or root: each is disarmed as what he is."""

from pathlib import Path

import pytest

from stanch import app
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import IncidentState
from stanch.domain.step import Step, StepState
from stanch.engine.contain import state_after
from stanch.stores.open import open_stores
from tests.catalog import identities, pages
from tests.catalog.identities import Identity
from tests.catalog.test_promises import DETECTIONS, Recorded, delivered
from tests.ground import Ground
from tests.playbooks.breaches import stolen_instance_credentials
from tests.playbooks.test_playbooks import desk

DEEDS = {
    "credential_access/all_parameters_decrypted": "stolen_user_key",
    "persistence/login_or_key_made_for_another": "stolen_user_key",
    "exfiltration/snapshot_read_block_by_block": "stolen_role_session",
    "privilege_escalation/policy_version_switched": "stolen_role_session",
}
"""Detections that hear the deed whoever does it, with their playbooks."""


def plan(ground: Ground, state: Path, deed: str, identity: Identity) -> list[Step]:
    """What is planned for this deed by this caller, as a hunt finds it in a log."""
    (unit,) = [unit for unit in DETECTIONS if unit.id == deed]
    example = pages.example(pages.sections(unit.page)["Example that fires"])
    records = identities.by(identity, example.records, ground.staged.region)
    ours = Estate(perimeter=Perimeter(accounts=(ground.account,)), declared=True)
    incidents = app.hunt([Recorded(delivered(records))], ours, app.rules()).incidents
    told = [(one, finding) for one in incidents for finding in one.findings if finding.detection == deed]
    ((incident, found),) = told
    assert found.playbook == DEEDS[deed]
    with open_stores(state) as stores:
        return desk(ground, stores).plan(incident, users={})


def about(steps: list[Step], arn: str) -> dict[str, Step]:
    return {step.action: step for step in steps if step.resource == arn}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_users_key_is_stopped_with_the_user(ground: Ground, tmp_path: Path, deed: str) -> None:
    arn, _ = ground.user()
    steps = about(plan(ground, tmp_path, deed, identities.user(arn)), arn)
    assert (steps["iam/deactivate_keys"].state, steps["iam/deactivate_keys"].playbook) == (
        StepState.PLANNED,
        "stolen_user_key",
    )
    assert steps["iam/disable_login"].why == f"nothing to do: {Arn.parse(arn).name} has no console password"


@pytest.mark.parametrize("deed", DEEDS)
def test_a_session_is_revoked_whatever_the_deed_is_called(ground: Ground, tmp_path: Path, deed: str) -> None:
    role = ground.role()
    steps = about(plan(ground, tmp_path, deed, identities.session(role, "ci-17")), role)
    assert steps["iam/revoke_sessions"].state is StepState.PLANNED
    assert {step.playbook for name, step in steps.items() if name != "by-hand"} == {"stolen_role_session"}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_person_of_identity_center_is_left_to_a_person_who_is_told_how(
    ground: Ground, tmp_path: Path, deed: str
) -> None:
    role = ground.role(path="/aws-reserved/sso.amazonaws.com/eu-central-1/")
    steps = plan(ground, tmp_path, deed, identities.session(role, "anna@example.org"))
    told = {step.action: step.why for step in steps if step.state is StepState.SKIPPED}
    assert "disable the user there, delete its active sessions" in told["iam/revoke_sessions"]
    assert state_after(steps) is IncidentState.OPEN


@pytest.mark.parametrize("deed", DEEDS)
def test_the_root_user_is_left_to_a_person_who_is_told_how(ground: Ground, tmp_path: Path, deed: str) -> None:
    steps = plan(ground, tmp_path, deed, identities.root(ground.account))
    told = about(steps, f"arn:aws:iam::{ground.account}:root")["by-hand"]
    assert "change its password and delete its access keys" in told.why
    assert state_after(steps) is IncidentState.OPEN


def test_a_host_goes_dark_before_its_role_is_revoked(ground: Ground, tmp_path: Path) -> None:
    role, host = stolen_instance_credentials(ground)
    deed = "exfiltration/snapshot_read_block_by_block"
    steps = plan(ground, tmp_path, deed, identities.host(role, Arn.parse(host).name))
    dark, revoked = about(steps, host), about(steps, role)
    for action in ("ec2/isolate_instance", "ec2/disable_metadata", "ec2/detach_profile"):
        assert (dark[action].state, dark[action].playbook) == (StepState.PLANNED, "stolen_instance_credentials")
    assert revoked["iam/revoke_sessions"].state is StepState.PLANNED
    assert steps.index(dark["ec2/isolate_instance"]) < steps.index(dark["ec2/detach_profile"])
    assert steps.index(dark["ec2/detach_profile"]) < steps.index(revoked["iam/revoke_sessions"])


def test_a_host_of_which_iam_alone_was_called_is_named_for_a_person(ground: Ground, tmp_path: Path) -> None:
    role, host = stolen_instance_credentials(ground)
    name = Arn.parse(host).name
    steps = plan(ground, tmp_path, "privilege_escalation/policy_version_switched", identities.host(role, name))
    told = [step.why for step in steps if step.action == "by-hand"]
    assert any(f"no call tells the region of its host {name}" in why for why in told)
    assert about(steps, role)["iam/revoke_sessions"].state is StepState.PLANNED

"""What answers a detection: a playbook that exists, that its page names, and that finds its resource in the finding."""

import re
from dataclasses import replace
from functools import cache

import pytest

from stanch import app, estate
from stanch.contracts.behaviour import About
from stanch.domain.arn import Arn
from stanch.domain.coverage import Failure
from stanch.domain.estate import Estate
from stanch.engine.contain.targets import Target, from_findings
from stanch.engine.shelf import Unit
from stanch.engine.sigma.rule import Rule
from tests.catalog import identities, pages
from tests.catalog.identities import Identity
from tests.catalog.test_promises import DETECTIONS, RULES, Recorded, delivered, ids

ACTIONS, PLAYBOOKS = app.actions(), app.playbooks()
NAMED = [unit for unit in DETECTIONS if unit.path.suffix == ".yml" or hasattr(unit.module(), "ABOUT")]
HOST = "i-0123456789abcdef9"
THIEVES = {name for name, book in PLAYBOOKS.items() if {"user", "role", "instance"} & {*book.FOR}}

# Detection -> the actions that its page's own example must lead to, and on what.
ANSWERS: dict[str, dict[str, str]] = {
    "collection/disk_copied_and_mounted": {
        "ec2/isolate_instance": "instance/i-0123456789abcdef0",
        "iam/deactivate_keys": "user/alice",
    },
    "credential_access/instance_credentials_used_away": {
        "ec2/isolate_instance": "instance/i-",
        "ec2/snapshot_volumes": "instance/i-",
        "iam/revoke_sessions": "role/",
    },
    "defense_impairment/cloudtrail_stopped_narrowed_or_deleted": {
        "cloudtrail/resume_trail": "trail/",
        "iam/deactivate_keys": "user/christophe",
    },
    "defense_impairment/audit_logs_destroyed": {"iam/revoke_sessions": "role/"},
    "defense_impairment/quarantine_lifted": {"iam/deactivate_keys": "user/mallory"},
    "execution/command_document_made_and_run": {"ec2/isolate_instance": "instance/i-"},
    "execution/costly_notebooks_started": {"sagemaker/stop_notebook": "notebook-instance/n0"},
    "execution/scripts_run_on_several_instances": {
        "ec2/isolate_instance": "instance/i-",
        "ec2/detach_profile": "instance/i-",
        "iam/deactivate_keys": "user/christophe",
    },
    "execution/shell_switched_on_and_opened": {"ecs/hold_service": "service/c/api", "ecs/stop_task": "task/c/t"},
    "execution/startup_script_replaced": {
        "ec2/isolate_instance": "instance/i-012345abcde",
        "iam/revoke_sessions": "role/",
    },
    "execution/task_reads_its_credentials": {"iam/revoke_sessions": "role/app"},
    "exfiltration/bucket_opened_by_acl_or_block_public_access": {"s3/close_bucket": ""},
    "exfiltration/bucket_opened_by_policy": {"s3/close_bucket": "", "s3/close_access_points": ""},
    "exfiltration/copied_to_outside_account": {
        "s3/stop_copying": "acme-weights",
        "s3/cancel_jobs": "acme-weights",
        "iam/revoke_sessions": "role/vllm-serving",
    },
    "exfiltration/data_mover_set_up": {"datasync/stop_transfers": "task/task-0123456789abcdef0"},
    "exfiltration/image_or_database_shared": {"ec2/unshare_image": "image/ami-0123456789abcdef0"},
    "exfiltration/replication_to_unclaimed_bucket": {"s3/stop_copying": "acme-weights"},
    "exfiltration/resource_opened_to_outside": {"ecr/close_repository": "repository/community"},
    "exfiltration/snapshot_shared": {"ec2/unshare_snapshot": "snapshot/snap-"},
    "exfiltration/topic_subscribed_from_the_web": {
        "sns/close_topic": "tickets",
        "sns/unsubscribe_strangers": "tickets",
    },
    "exfiltration/training_data_read_by_stranger": {
        "s3/close_bucket": "acme-training",
        "s3/close_access_points": "acme-training",
        "s3/deny_principal": "acme-training",
    },
    "exfiltration/training_data_read_in_bulk": {
        "iam/revoke_sessions": "role/analyst",
        "s3/deny_principal": "acme-training",
    },
    "exfiltration/weights_read_by_stranger": {
        "iam/narrow_trust": "role/vllm-serving",
        "iam/revoke_sessions": "role/vllm-serving",
    },
    "lateral_movement/notebook_opened_by_api": {"sagemaker/stop_notebook": "notebook-instance/research"},
    "lateral_movement/serial_console_opened": {"ec2/isolate_instance": "instance/i-0123456789abcdef0"},
    "lateral_movement/ssh_key_pushed_to_several_instances": {"ec2/isolate_instance": "instance/i-"},
    "persistence/certificates_given_roles": {
        "rolesanywhere/disable_anchor": "profile/0a1b2c3d-",
        "iam/revoke_sessions": "role/backup",
    },
    "persistence/function_opened_to_outside": {"function/stop_function": "function:router"},
    "persistence/function_overwritten": {"function/stop_function": "function:", "iam/revoke_sessions": "role/"},
    "persistence/login_or_key_made_in_console": {"iam/deactivate_keys": "user/support"},
    "persistence/model_api_key_made": {"iam/deactivate_keys": "user/alice", "iam/look_again": "user/alice"},
    "persistence/outside_identity_provider_added": {"rolesanywhere/disable_anchor": "trust-anchor/"},
    "persistence/role_trust_opened_to_outside": {"iam/narrow_trust": "role/", "iam/revoke_sessions": "role/"},
    "persistence/system_disk_replaced": {"ec2/isolate_instance": "instance/i-0123456789abcdef0"},
    "persistence/user_made_with_user_key": {"iam/deactivate_keys": "user/svc-backup"},
    "privilege_escalation/key_granted_to_oneself": {"kms/revoke_grants": "key/0a1b"},
    "privilege_escalation/pods_given_a_role": {
        "eks/cut_pod_identity": "podidentityassociation/prod/a-",
        "iam/revoke_sessions": "role/platform",
    },
    "privilege_escalation/powerful_role_passed": {
        "function/stop_function": "function:x",
        "iam/revoke_sessions": "role/admin",
    },
    "privilege_escalation/role_made_to_trust_the_caller": {"iam/narrow_trust": "role/prod-admin"},
}


@cache
def loaded() -> tuple[list[Rule], list[Failure]]:
    return app.rules()


def answer(unit: Unit) -> tuple[str | None, str | None]:
    """The playbook of a detection, and what stays by hand after it."""
    if unit.path.suffix == ".py":
        about: About = unit.module().ABOUT
        return about.playbook, about.by_hand
    (rule,) = [rule for rule in loaded()[0] if rule.id == unit.id]
    return rule.detection.playbook, rule.detection.by_hand


@ids(NAMED)
def test_a_detection_is_answered_by_a_playbook_that_exists_or_by_hand(unit: Unit) -> None:
    playbook, by_hand = answer(unit)
    assert playbook or by_hand
    assert playbook is None or playbook in PLAYBOOKS


@ids(NAMED)
def test_a_page_tells_its_responder_the_playbook_that_the_plan_will_play(unit: Unit) -> None:
    playbook, _ = answer(unit)
    told = set(re.findall(r"`(\w+)`", pages.sections(unit.page)["Response"])) & set(PLAYBOOKS)
    assert playbook is None or playbook in told


def targets(unit: Unit, caller: Identity | None = None) -> list[Target]:
    """What the plan begins with for this detection alone, on its page's own example, or where this caller did it."""
    example = pages.example(pages.sections(unit.page)["Example that fires"])
    ours = estate.read(example.estate, "page") if example.estate else Estate()
    records = identities.by(caller, example.records) if caller else example.records
    result = app.hunt([Recorded(delivered(records))], ours, loaded())
    return [
        target
        for incident in result.incidents
        for finding in incident.findings
        if finding.detection == unit.id and (caller is None or finding.actor.arn == caller["arn"])
        for target in from_findings(replace(incident, findings=(finding,)), ACTIONS, PLAYBOOKS)
    ]


def planned(unit: Unit) -> list[tuple[str, str]]:
    """Each action with its resource."""
    return [(target.action, target.resource) for target in targets(unit) if target.action]


@pytest.mark.parametrize("unit", [unit for unit in RULES if unit.id in ANSWERS], ids=lambda unit: unit.id)
def test_the_finding_of_an_example_carries_what_its_playbook_acts_on(unit: Unit) -> None:
    found = planned(unit)
    for action, resource in ANSWERS[unit.id].items():
        fitting = [arn for name, arn in found if name == action and Arn.parse(arn).resource.startswith(resource)]
        assert fitting, (action, resource, found)
        assert all(Arn.parse(arn).kind in ACTIONS[action].APPLIES_TO for arn in fitting)


def test_a_host_is_cut_off_whichever_detection_of_a_thief_hears_its_credentials() -> None:
    heard = 0
    for unit in (unit for unit in RULES if answer(unit)[0] in THIEVES):
        example = pages.example(pages.sections(unit.page)["Example that fires"])
        accounts = [record.get("userIdentity", {}).get("accountId") for record in example.records]
        account = next(filter(None, accounts), "111122223333")
        found = targets(unit, identities.host(f"arn:aws:iam::{account}:role/app", HOST))
        heard += bool(found)
        cut = any(t.action == "ec2/isolate_instance" and t.resource.endswith(f":instance/{HOST}") for t in found)
        told = any(t.action is None and f"the region of its host {HOST}" in t.why for t in found)
        assert not found or cut or told, unit.id
    assert heard > 100, "most of them hear a deed whoever does it"


def test_every_answer_that_is_expected_is_of_a_detection_that_exists() -> None:
    assert set(ANSWERS) <= {unit.id for unit in RULES}
    assert {action for answers in ANSWERS.values() for action in answers} <= set(ACTIONS)

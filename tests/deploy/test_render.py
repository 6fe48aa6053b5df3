"""What the estate says is what is deployed; what it does not say is asked for, and no name in it becomes structure."""

import json
import re
import sys
from dataclasses import replace

import pytest
from tests.deploy.conftest import ROOT
from tests.deploy.resolved import template

from stanch import app
from stanch import estate as estates
from stanch.app import deploy
from stanch.app.evidence import PERMISSIONS as KEEPING
from stanch.deploy import limits
from stanch.deploy.fill import UnfilledError, filled
from stanch.deploy.reading import parsed
from stanch.deploy.render import Lacking, Rendered, home, render
from stanch.deploy.stages import STAGES, of_stage, settings
from stanch.domain.estate import Estate, Gateway

HOSTILE = "s3://acme-weights/a\"b'c: d #e\\${AWS::AccountId}$[Ref]!Sub/{}/"


def lacking(estate: Estate) -> tuple[str, ...]:
    with pytest.raises(Lacking) as refused:
        render(estate, ["iam:GetRole"], "prod")
    return refused.value.needs


def test_an_estate_that_says_nothing_is_told_everything_it_lacks_at_once() -> None:
    assert lacking(Estate()) == ("there is no stanch.toml; `stanch init` writes one",)
    needs = lacking(Estate(declared=True))
    assert [word for word in ("accounts", "regions", "[[asset]]", "member_role", "bucket") if word in str(needs)] == [
        "accounts",
        "regions",
        "[[asset]]",
        "member_role",
        "bucket",
    ]
    assert all(";" in need for need in needs), "each with its remedy"


def test_of_several_accounts_one_must_be_the_responders(ours: Estate) -> None:
    nobody = replace(ours, principals=())
    assert 'purpose = "responder"' in lacking(nobody)[0]
    alone = replace(nobody, perimeter=replace(ours.perimeter, accounts=("111122223333",)))
    assert home(alone) == "111122223333"
    stranger = replace(ours, perimeter=replace(ours.perimeter, accounts=("444455556666", "999988887777")))
    assert home(stranger) is None, "a responder outside the perimeter is none"


def test_what_the_remedies_ask_for_is_what_the_file_takes(ours: Estate) -> None:
    remedies = '[response]\nmember_role = "stanch-member"\n[response.evidence]\nbucket = "acme-forensics"\n'
    read = estates.read(remedies)
    assert read.response.member_role == ours.response.member_role
    assert read.response.evidence.bucket == ours.response.evidence.bucket


def test_the_same_estate_gives_the_same_text_and_nothing_that_aws_would_refuse(
    ours: Estate, rendered: Rendered
) -> None:
    assert deploy.rendered(ours, "prod").files == rendered.files
    assert limits.faults(rendered.files) == []
    assert limits.too_large_to_send({"foundation.yaml": rendered.files["foundation.yaml"]}) == []


def test_what_lies_in_deploy_is_what_would_be_rendered_now() -> None:
    sys.path.insert(0, str(ROOT))
    try:
        from deploy import generate
    finally:
        sys.path.remove(str(ROOT))
    stale = [path for path, text in generate.pages() if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert stale == [], "run python -m deploy.generate"


def test_no_name_of_the_estate_becomes_structure(ours: Estate) -> None:
    (asset, *others) = ours.assets
    estate = replace(ours, assets=(replace(asset, where=HOSTILE), *others))
    made = deploy.rendered(estate, "prod")
    assert limits.faults(made.files) == []
    trail = template(made, "foundation", TrailKind="account")["Trail"]["Properties"]
    values = [
        value
        for event in trail["AdvancedEventSelectors"]
        for field in event["FieldSelectors"]
        for value in field.get("StartsWith", [])
    ]
    assert "arn:aws:s3:::" + HOSTILE.removeprefix("s3://") in values


def test_a_template_and_its_values_name_the_same_places() -> None:
    assert filled("a:\n  b: !Filled c", {"c": [1, "x: y"]}) == "a:\n  b:\n    - 1\n    - 'x: y'"
    assert filled("a:\n  <<: !Filled c", {"c": {}}) == "a:\n  # (none)"
    for values in ({}, {"c": 1, "d": 2}):
        with pytest.raises(UnfilledError):
            filled("a: !Filled c", values)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_parameters_alone(ours: Estate, rendered: Rendered, stage: str) -> None:
    made = deploy.rendered(ours, stage)
    for name, text in made.files.items():
        if name.endswith(".yaml"):
            assert text == rendered.files[name], "the templates are the same in each stage"
    assert limits.faults(made.files) == []


def test_the_table_of_differences_is_true(ours: Estate) -> None:
    given = {
        stage: {
            (name.split(".")[0], one["ParameterKey"]): one["ParameterValue"]
            for name, text in deploy.rendered(ours, stage).files.items()
            if name.endswith(f".{stage}.json")
            for one in json.loads(text)
        }
        for stage in STAGES
    }
    differing = {key for key in given["prod"] if len({given[stage][key] for stage in STAGES}) > 1}
    assert differing == {(each.template, each.parameter) for each in settings()}
    table = deploy.difference_table()
    for each in settings():
        for stage in STAGES:
            value = given[stage][each.template, each.parameter]
            assert f"`{value}`" in table or each.values[stage] == "estate"


def test_without_an_organisation_nothing_is_asked_of_one(ours: Estate) -> None:
    alone = replace(ours, perimeter=replace(ours.perimeter, organizations=()))
    files = deploy.rendered(alone, "prod").files
    values = {one["ParameterKey"]: one["ParameterValue"] for one in json.loads(files["foundation.prod.json"])}
    assert of_stage("prod", "foundation")["TrailKind"] == "organization"
    assert (values["TrailKind"], values["AnalyzerKind"]) == ("account", "account")
    trust = template(deploy.rendered(alone, "prod"), "member-role")["MemberRole"]["Properties"]
    assert "aws:PrincipalOrgID" not in json.dumps(trust)


def test_only_the_responder_of_the_organisation_may_assume_the_member_role(rendered: Rendered) -> None:
    role = template(rendered, "member-role")["MemberRole"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert statement["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/stanch-responder"},
        "StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:PrincipalOrgID": "o-a1b2c3d4e5"},
    }


def test_the_policies_bind_the_responders_own_role_in_its_own_account_only(rendered: Rendered) -> None:
    here = template(rendered, "member-role")["Fence1"]["Properties"]["Roles"]
    there = template(rendered, "member-role", ResponderAccount="444455556666")["Fence1"]["Properties"]["Roles"]
    assert here == ["<MemberRole>", "stanch-responder"]
    assert there == ["<MemberRole>"]


def test_a_member_role_with_a_path_is_named_with_it_wherever_it_is_trusted(ours: Estate) -> None:
    estate = replace(ours, response=replace(ours.response, member_role="security/stanch-member"))
    made = deploy.rendered(estate, "prod")
    role = template(made, "member-role")["MemberRole"]["Properties"]
    assert (role["Path"], role["RoleName"]) == ("/security/", "stanch-member")
    for name in ("responder", "foundation"):
        assert "role/security/stanch-member" in made.files[f"{name}.yaml"]
    assert "arn:*:iam::*:role/security/stanch-member" in made.files["freeze-policy.json"]


def granted(made: Rendered) -> set[str]:
    resources = template(made, "member-role")
    documents = [one["Properties"]["PolicyDocument"] for name, one in resources.items() if name.startswith("Grants")]
    return {action for document in documents for statement in document["Statement"] for action in statement["Action"]}


def test_a_playbook_narrows_what_is_granted(ours: Estate, rendered: Rendered) -> None:
    used = {one for action in app.playbooks()["open_bucket"].ACTIONS for one in app.actions()[action].PERMISSIONS}
    assert granted(deploy.rendered(ours, "prod", ["open_bucket"])) == used | {*KEEPING}
    assert granted(rendered) > used
    with pytest.raises(Lacking, match="there is no playbook"):
        deploy.rendered(ours, "prod", ["no_such"])


def test_a_gateways_key_is_looked_up_and_never_written(ours: Estate) -> None:
    gateway = Gateway("litellm", "https://gateway.internal:4000", "LITELLM_MASTER_KEY")
    made = deploy.rendered(replace(ours, response=replace(ours.response, gateways=(gateway,))), "prod")
    variables = template(made, "responder")["Responder"]["Properties"]["Environment"]["Variables"]
    assert variables["LITELLM_MASTER_KEY"] == "{{resolve:secretsmanager:stanch/litellm:SecretString}}"


def test_an_execution_that_waits_for_an_answer_is_not_stuck(ours: Estate) -> None:
    patient = replace(ours, response=replace(ours.response, asking=replace(ours.response.asking, expires_minutes=240)))
    alarm = template(deploy.rendered(patient, "prod"), "responder")["ExecutionStuck"]["Properties"]
    assert int(alarm["Threshold"]) == (240 * 60 + 2700) * 1000


def test_the_function_runs_the_python_that_its_layer_is_built_for(rendered: Rendered) -> None:
    functions = [
        one["Properties"] for one in template(rendered, "responder").values() if one["Type"] == "AWS::Lambda::Function"
    ]
    assert {f"python{deploy.RUNTIME}" for _ in functions} == {one["Runtime"] for one in functions}
    assert {tuple(one["Architectures"]) for one in functions} == {("arm64",)}
    assert "aarch64" in deploy.layer_command("x")


def test_the_account_can_always_manage_its_keys_and_no_bucket_speaks_without_tls(rendered: Rendered) -> None:
    for name in ("responder", "foundation"):
        resources = template(rendered, name)
        first = resources["Key"]["Properties"]["KeyPolicy"]["Statement"][0]
        assert first["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    policies = [one for one in resources.values() if one["Type"] == "AWS::S3::BucketPolicy"]
    assert len(policies) == 2
    for one in policies:
        assert one["Properties"]["PolicyDocument"]["Statement"][0]["Condition"] == {
            "Bool": {"aws:SecureTransport": "false"}
        }


def test_the_evidence_bucket_lets_the_responder_do_what_keeping_evidence_needs(rendered: Rendered) -> None:
    keeping = {
        one for id_, action in app.actions().items() if id_.startswith("evidence/") for one in action.PERMISSIONS
    }
    policy = template(rendered, "foundation")["EvidencePolicy"]["Properties"]["PolicyDocument"]
    (allow,) = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    assert {one for one in keeping if one.startswith("s3:")} <= set(allow["Action"])
    assert not {one for one in allow["Action"] if "Delete" in one or "Bypass" in one}


def test_eventbridge_may_use_the_key_without_naming_a_source_which_it_never_does(rendered: Rendered) -> None:
    policy = template(rendered, "responder")["Key"]["Properties"]["KeyPolicy"]
    (statement,) = [one for one in policy["Statement"] if one["Principal"].get("Service") == "events.amazonaws.com"]
    assert "Condition" not in statement


def test_what_holds_data_outlives_its_stack(rendered: Rendered) -> None:
    kept = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
    for name in ("responder", "foundation"):
        for key, one in parsed(rendered.files[f"{name}.yaml"])["Resources"].items():
            if one["Type"] in kept:
                assert (one["DeletionPolicy"], one["UpdateReplacePolicy"]) == ("Retain", "Retain"), key


def test_the_packages_own_templates_hold_no_anchor_which_cloudformation_refuses(rendered: Rendered) -> None:
    for name, text in rendered.files.items():
        if name.endswith(".yaml"):
            assert not re.search(r"(: |- )[&*][A-Za-z]|<<:", text), name

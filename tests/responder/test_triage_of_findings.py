"""Whoever reports, only what is ours is acted on, and only on the word of who can be believed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from stanch import app
from stanch.domain.estate import Asset, AssetKind, Estate, Perimeter
from stanch.domain.event import Event, Skipped
from stanch.domain.incident import IncidentState
from stanch.domain.severity import Severity
from stanch.engine.triage import MOST_RESOURCES, Triaged, Verdict, dealt_with, triage
from stanch.engine.triggers import TriggerError, plain, read_trigger
from stanch.responder.bench import triggers
from stanch.responder.envelope import CUSTOM, events, name_of, report_of, singles
from tests.responder import findings as of
from tests.responder.findings import ACCOUNT, HOST, OTHER, REGION

PERIMETER = Perimeter(partitions=("aws",), regions=(REGION,), accounts=(ACCOUNT,))
ESTATE = Estate(perimeter=PERIMETER, assets=(Asset("llama", AssetKind.WEIGHTS, "s3://acme-weights/"),), declared=True)
ROLE_SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/vllm-serving/{HOST}"


def said(envelope: dict[str, Any], estate: Estate = ESTATE) -> Triaged:
    (event,) = events(envelope)
    assert isinstance(event, Event), event
    return triage(event, triggers(), estate, asked=envelope["detail-type"] == CUSTOM)


def native(type_: str = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS") -> dict[str, Any]:
    return of.envelope("GuardDuty Finding", of.guardduty(type_), "aws.guardduty")


def held_against(service: str, operation: str, given: dict[str, Any]) -> str:
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    report: str = ParamValidator().validate(given, shape).generate_report()
    return report


@pytest.mark.parametrize(
    "finding", [of.macie_policy(), of.macie_data(), of.access_analyzer(), of.ours()], ids=lambda one: one["Types"][0]
)
def test_the_fixtures_are_what_security_hub_would_import(finding: dict[str, Any]) -> None:
    assert held_against("securityhub", "BatchImportFindings", {"Findings": [finding]}) == ""


def unknown_names(value: Any, shape: Any, where: str = "") -> list[str]:
    """Names that the service's own answer would not have."""
    if shape.type_name == "structure":
        members = {inner.serialization.get("name", name): inner for name, inner in shape.members.items()}
        strange = [f"{where}.{name}" for name in value if name not in members]
        known = [(name, inner) for name, inner in value.items() if name in members]
        return strange + [bad for name, inner in known for bad in unknown_names(inner, members[name], name)]
    if shape.type_name == "list":
        return [bad for inner in value for bad in unknown_names(inner, shape.member, where)]
    return []


def test_the_fixture_of_guardduty_has_only_names_that_guardduty_answers_with() -> None:
    model = botocore.session.get_session().get_service_model("guardduty")
    assert unknown_names(of.guardduty(), model.shape_for("Finding")) == []


@pytest.mark.parametrize(
    ("envelope", "playbook", "confidence"),
    [
        (native(), "stolen_instance_credentials", 0.9),
        (native("Exfiltration:S3/AnomalousBehavior"), "stolen_role_session", 0.7),
        (native("Persistence:IAMUser/AnomalousBehavior"), "stolen_role_session", 0.6),
        (native("PenTest:IAMUser/KaliLinux"), "stolen_instance_credentials", 0.8),
        (native("UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS"), "compromised_function", 0.9),
        (of.imported(of.macie_policy()), "open_bucket", 0.7),
        (of.imported(of.macie_data()), "open_bucket", 0.4),
        (of.imported(of.access_analyzer()), "backdoored_role", 0.6),
        (of.imported(of.access_analyzer("AwsS3Bucket", "arn:aws:s3:::acme-weights")), "open_bucket", 0.6),
        (of.imported(of.access_analyzer("AwsSqsQueue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs")), None, 0.6),
        (of.envelope("Findings Imported V2", {"findings": [of.ocsf()]}), "stolen_user_key", 0.7),
    ],
)
def test_a_known_finding_has_its_playbook(envelope: dict[str, Any], playbook: str | None, confidence: float) -> None:
    told = said(envelope)
    assert told.verdict is Verdict.CONTAIN, told
    assert told.incident is not None
    (finding,) = told.incident.findings
    assert (finding.playbook, finding.confidence) == (playbook, confidence)
    assert finding.incident == told.incident.id


def test_a_stolen_session_names_its_holder_its_host_and_where_it_is_used() -> None:
    told = said(native())
    assert told.incident is not None
    (finding,) = told.incident.findings
    assert finding.actor.arn == ROLE_SESSION
    assert finding.resources == (f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{HOST}",)
    assert finding.addresses == ("203.0.113.66",)
    assert (finding.count, finding.severity) == (3, Severity.HIGH)


def test_an_asset_that_is_named_is_told() -> None:
    told = said(of.imported(of.macie_policy()))
    assert told.incident is not None
    assert [asset.name for asset in told.incident.assets] == ["llama"]


def test_one_finding_told_by_two_services_is_one_incident() -> None:
    alone = said(native())
    through = of.asff(
        "aws/guardduty",
        ["Effects/Data Exfiltration/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS"],
        [{"Type": "AwsEc2Instance", "Id": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{HOST}"}],
        Id=of.guardduty()["arn"],
    )
    hub = said(of.imported(through))
    assert alone.incident is not None
    assert hub.incident is not None
    assert alone.incident.id == hub.incident.id
    assert alone.incident.findings[0].id == hub.incident.findings[0].id


def test_our_own_finding_says_only_which_incident() -> None:
    told = said(of.imported(of.ours()))
    assert (told.verdict, told.ours, told.incident) == (Verdict.CONTAIN, "inc-20261122-3f9a1c", None)


@pytest.mark.parametrize("name", ["inc-1", "../../x", "inc-20261122-3f9a1c\n", "<b>"])
def test_our_own_finding_that_names_no_incident_is_nothing(name: str) -> None:
    assert said(of.imported(of.ours(name))).verdict is Verdict.NOTHING


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"RecordState": "ARCHIVED"}, "archived"),
        ({"Workflow": {"Status": "SUPPRESSED"}}, "suppressed"),
        ({"Workflow": {"Status": "RESOLVED"}}, "resolved"),
        ({"Sample": True}, "sample"),
        ({"ProductFields": {"aws/guardduty/service/additionalInfo/sample": "true"}}, "sample"),
        ({"Types": ["Effects/Somewhat"]}, "no trigger answers"),
        ({"Types": []}, "no trigger answers"),
    ],
)
def test_what_is_over_or_unknown_is_nothing(change: dict[str, Any], why: str) -> None:
    told = said(of.imported(of.macie_policy(**change)))
    assert told.verdict is Verdict.NOTHING
    assert why in told.why


@pytest.mark.parametrize(
    "product",
    [
        f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
        f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/aws/macie",
        "macie",
        "",
    ],
)
def test_a_finding_that_only_calls_itself_macie_is_not_believed(product: str) -> None:
    forged = of.macie_policy(ProductArn=product, ProductName="Macie", CompanyName="AWS")
    assert said(of.imported(forged)).verdict is Verdict.NOTHING


@pytest.mark.parametrize(
    ("account", "estate"),
    [(OTHER, ESTATE), ("", ESTATE), ("11112222333", ESTATE), (ACCOUNT, Estate())],
)
def test_nothing_outside_the_perimeters_accounts_is_acted_on(account: str, estate: Estate) -> None:
    told = said(of.imported(of.macie_policy(AwsAccountId=account)), estate)
    assert told.verdict is Verdict.FOREIGN
    assert told.incident is None


def test_a_forged_arn_is_left_out_and_told() -> None:
    strange = [
        {"Type": "AwsIamRole", "Id": f"arn:aws:iam::{OTHER}:role/theirs"},
        {"Type": "AwsIamRole", "Id": f"arn:aws-cn:iam::{ACCOUNT}:role/elsewhere"},
        {"Type": "AwsIamRole", "Id": "arn:aws:iam"},
        {"Type": "Other", "Id": "not an ARN"},
    ]
    told = said(of.imported(of.macie_policy(Resources=[*strange, of.bucket()])))
    assert told.incident is not None
    assert told.incident.findings[0].resources == ("arn:aws:s3:::acme-weights",)
    assert len(told.left_out) == 3
    alone = said(of.imported(of.macie_policy(Resources=strange)))
    assert alone.verdict is Verdict.NOTHING


def test_of_too_many_resources_the_first_are_contained_and_the_others_told() -> None:
    many = [of.bucket(f"acme-{number}") for number in range(MOST_RESOURCES + 8)]
    told = said(of.imported(of.macie_policy(Resources=many)))
    assert told.incident is not None
    assert len(told.incident.findings[0].resources) == MOST_RESOURCES
    assert len(told.left_out) == 8


def test_what_a_person_chose_is_contained_as_if_named_by_hand_and_only_in_the_findings_own_account() -> None:
    both = replace(ESTATE, perimeter=replace(PERIMETER, accounts=(ACCOUNT, OTHER)))
    theirs = {"Type": "AwsIamRole", "Id": f"arn:aws:iam::{OTHER}:role/theirs"}
    unknown = of.asff(
        "acme/scanner",
        ["Effects/Somewhat"],
        [of.bucket(), theirs],
        ProductArn=f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
    )
    told = said(of.chosen(unknown), both)
    assert told.incident is not None
    assert told.incident.by_hand == ("arn:aws:s3:::acme-weights",)
    assert told.left_out == (
        f"arn:aws:iam::{OTHER}:role/theirs: it belongs to account {OTHER}, the finding to {ACCOUNT}",
    )


@pytest.mark.parametrize("missing", sorted(of.macie_policy()))
def test_a_finding_without_any_one_field_ends_in_a_clear_outcome(missing: str) -> None:
    finding = {name: value for name, value in of.macie_policy().items() if name != missing}
    (event,) = events(of.imported(finding))
    if isinstance(event, Skipped):
        assert missing in {"Id", "Severity"}
    else:
        assert triage(event, triggers(), ESTATE).why


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [None], [[]], {"x": {"y": 1}}])
@pytest.mark.parametrize(
    "field", ["Types", "Resources", "ProductFields", "Workflow", "ProductArn", "Title", "CreatedAt"]
)
def test_a_field_of_another_type_ends_in_a_clear_outcome(field: str, odd: Any) -> None:
    for event in events(of.imported(of.macie_policy(**{field: odd}))):
        assert isinstance(event, Skipped) or triage(event, triggers(), ESTATE).why


def test_a_report_no_younger_than_what_was_contained_is_dealt_with() -> None:
    told = said(of.imported(of.macie_policy())).incident
    assert told is not None
    done = told.moved(IncidentState.CONTAINED)
    assert dealt_with(done, told)
    assert not dealt_with(told, told)
    assert not dealt_with(done, replace(told, last_seen=told.last_seen + timedelta(seconds=1)))


def test_an_execution_is_named_by_the_finding_and_its_last_change() -> None:
    one = of.imported(of.macie_policy())
    assert name_of(one) == name_of({**one, "id": "another delivery", "time": "2026-11-22T13:00:00Z"})
    assert name_of(one) == name_of(of.imported(of.macie_policy(Workflow={"Status": "NOTIFIED"})))
    assert name_of(one) != name_of(of.imported(of.macie_policy(UpdatedAt="2026-11-22T13:00:00.000Z")))
    assert name_of(native()) != name_of(of.imported(of.macie_policy()))
    again = of.chosen(of.macie_policy())
    assert name_of(again) != name_of({**again, "id": "asked a second time"})
    assert len(name_of({})) == 64


def test_an_envelope_of_several_findings_becomes_one_for_each() -> None:
    both = list(singles(of.chosen(of.macie_policy(), of.access_analyzer())))
    assert [len(one["detail"]["findings"]) for one in both] == [1, 1]
    assert [report_of(one).form for one in (*both, native())] == ["asff", "asff", "guardduty"]
    assert report_of(of.envelope("Findings Imported V2", {"findings": [of.ocsf()]})).form == "ocsf"


def test_every_trigger_names_playbooks_that_exist() -> None:
    named = {name for one in triggers() for name in (one.playbook, *one.playbook_of.values()) if name}
    assert named <= set(app.playbooks())
    assert len({one.id for one in triggers()}) == len(triggers()) >= 9


def test_types_are_the_same_in_every_spelling() -> None:
    assert plain("TTPs/Discovery/Recon:IAMUser-TorIPCaller") == plain("Recon:IAMUser/TorIPCaller")
    assert plain("Effects/Data Exposure/External Access Granted") == "Effects/Data Exposure/External Access Granted"


@pytest.mark.parametrize(
    "text",
    [
        'title = "x"',
        'title = "x"\nproduct = "Macie"\ntypes = ["a"]\nconfidence = 0.5\nplaybook = "p"',
        'title = "x"\nproduct = "aws/macie"\ntypes = []\nconfidence = 0.5\nplaybook = "p"',
        'title = "x"\nproduct = "aws/macie"\ntypes = ["a"]\nconfidence = 5\nplaybook = "p"',
        'title = "x"\nproduct = "aws/macie"\ntypes = ["a"]\nconfidence = 0.5',
        'title = "x"\nproduct = "aws/macie"\ntypes = ["a"]\nconfidence = 0.5\nplaybok = "p"',
        "title = ",
    ],
)
def test_a_trigger_that_says_too_little_or_something_else_is_refused(text: str) -> None:
    with pytest.raises(TriggerError, match=r"x\.toml"):
        read_trigger(text, "x.toml", "x")

"""A scan told to others: ASFF as botocore checks it, insights as cfn-lint does, hostile words inert."""

import json
from dataclasses import replace

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]
from tests.posturing import MOMENT, posture

from stanch.app.posture import checks
from stanch.app.scan import insights
from stanch.domain.coverage import Coverage
from stanch.domain.finding import AssetRef
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling, Verdict
from stanch.engine.posture import Asked, judged
from stanch.engine.posture.asff import BATCH, asff, identity
from stanch.engine.posture.ocsf import ocsf
from stanch.engine.posture.page import page
from stanch.engine.posture.weight import weighed
from stanch.estate import read as estate_of

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"
FAILED = Verdict(
    check="public/bucket_open",
    title="A bucket lets in anybody, or a stranger",
    resource="arn:aws-eusc:s3:::weights",
    account="111122223333",
    region=None,
    ruling=Ruling.FAIL,
    severity=Severity.CRITICAL,
    why="anybody gets in",
    row=Row.PUBLIC,
    assets=(AssetRef("model", "weights", "arn:aws-eusc:s3:::weights"),),
    evidence=(Evidence("111122223333/account/s3.jsonl", "arn:aws-eusc:s3:::weights", "Policy", {"Statement": []}),),
    way=("anybody", "s3:GetObject", "every object"),
    remedy=Remedy("Close it.", (("aws", "s3api", "put-public-access-block", "--bucket", "a b;rm"),), "A: b\n"),
    controls={"NIST 800-53 r5": ("AC-3",)},
)
PASSED = replace(
    FAILED, ruling=Ruling.PASS, severity=Severity.INFORMATIONAL, resource="arn:aws-eusc:s3:::other", way=()
)
UNKNOWN = replace(FAILED, ruling=Ruling.UNKNOWN, resource="not an arn", remedy=None)
NOTHING = Coverage(1, (), 0, None, None, 1, (), 0.1)


def test_every_batch_is_what_security_hub_takes() -> None:
    many = [replace(FAILED, resource=f"arn:aws-eusc:s3:::b{number}") for number in range(BATCH)]
    lines = asff([*many, PASSED, UNKNOWN], MOMENT).splitlines()
    assert [len(json.loads(line)) for line in lines] == [BATCH, 2]
    model = get_session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    for line in lines:
        report = ParamValidator().validate({"Findings": json.loads(line)}, model)
        assert not report.has_errors(), report.generate_report()


def test_a_batch_is_of_one_account_and_one_region_as_each_is_imported_there() -> None:
    here = [replace(FAILED, region="eu-central-1"), replace(FAILED, region="us-east-1")]
    lines = asff([*here, *(replace(one, account="444455556666") for one in here), FAILED, *here], MOMENT).splitlines()
    places = [{(one["AwsAccountId"], one["Region"], one["ProductArn"]) for one in json.loads(line)} for line in lines]
    assert [len(place) for place in places] == [1] * 5
    assert len(set.union(*places)) == 5


def test_a_verdict_is_the_same_finding_at_every_scan_and_closes_when_it_passes() -> None:
    before, after = (
        json.loads(asff([one], MOMENT).splitlines()[0])[0] for one in (FAILED, replace(FAILED, ruling=Ruling.PASS))
    )
    assert before["Id"] == after["Id"] == identity(FAILED)
    assert (before["Compliance"]["Status"], before["Workflow"]["Status"]) == ("FAILED", "NEW")
    assert (after["Compliance"]["Status"], after["Workflow"]["Status"]) == ("PASSED", "RESOLVED")
    assert before["ProductArn"].startswith("arn:aws-eusc:securityhub:eusc-de-east-1:111122223333:product/")


def test_what_was_not_judged_is_no_pass_anywhere() -> None:
    assert json.loads(asff([FAILED, UNKNOWN], MOMENT))[1]["Compliance"]["Status"] == "NOT_AVAILABLE"
    assert json.loads(ocsf([UNKNOWN], MOMENT, "1"))["compliance"]["status_id"] == 0


def test_long_and_hostile_words_fit_their_fields() -> None:
    long = replace(FAILED, why=HOSTILE * 400, title="t" * 900, resource="arn:aws:s3:::" + "x" * 900)
    (finding,) = json.loads(asff([long], MOMENT))
    assert len(finding["Title"]) <= 256
    assert len(finding["Description"]) <= 1024
    assert "\x1b" not in finding["Description"]


def test_an_ocsf_line_has_what_its_class_requires() -> None:
    line = json.loads(ocsf([FAILED], MOMENT, "1.2.3"))
    assert (line["class_uid"], line["type_uid"], line["category_uid"]) == (2003, 200301, 2)
    assert line["compliance"] | {"status_id": 3, "status": "Fail"} == line["compliance"]
    assert line["severity_id"] == 5
    assert line["time"] == int(MOMENT.timestamp() * 1000)
    assert line["resources"][0]["cloud_partition"] == "aws-eusc"
    assert "'a b;rm'" in line["remediation"]["desc"], "a name is quoted for the shell"


def test_the_page_holds_no_hostile_mark_up_and_no_script() -> None:
    text = page([replace(FAILED, why=HOSTILE, way=(HOSTILE,), resource=HOSTILE), UNKNOWN], NOTHING, MOMENT)
    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "&lt;script&gt;" in text
    assert "'a b;rm'" in text.replace("&#39;", "'")


def test_the_page_counts_holes_and_kinds_and_tells_what_was_not_asked_from_what_was_not_there() -> None:
    many = [replace(FAILED, resource=f"arn:aws-eusc:s3:::b{number}") for number in range(1200)]
    denied = [replace(UNKNOWN, resource=f"arn:aws-eusc:s3:::u{number}") for number in range(1100)]
    text = page([*many, *denied, PASSED], NOTHING, MOMENT, (Row.PUBLIC, Row.EGRESS))
    assert "<h1>1,200 holes through which" in text
    assert "of 1 kind<" in text
    assert "1,200 fail, 1,100 unknown, 1 pass" in text
    assert text.count("nothing to ask about") == 1
    assert text.count("not asked") == len(Row) - 2
    assert "and 1,099 more" in text
    assert len(text) < 200_000


def test_the_insights_deploy_and_name_every_row_that_is_asked() -> None:
    template = insights()
    assert lint(template, config=ManualArgs(regions=["eu-central-1"])) == []
    rows = {asked.check.ABOUT.row for asked in checks()}
    names = {one["Properties"]["Name"] for one in json.loads(template)["Resources"].values()}
    assert {f"stanch: {row.value}" for row in rows} <= names


def test_a_check_that_breaks_is_named_and_stops_no_other() -> None:
    class Broken:
        ABOUT = checks(["public/bucket_open"])[0].check.ABOUT

        def judge(self, posture: object) -> list[object]:
            raise KeyError("x")

    good = checks(["public/bucket_open"])
    verdicts, failed = judged([Asked("a/broken", Broken()), *good], posture([]))  # type: ignore[arg-type]
    assert [one.id for one in failed] == ["a/broken"]
    assert verdicts == []


@pytest.mark.parametrize(
    ("kind", "expected"), [("weights", Severity.CRITICAL), ("logs", Severity.HIGH), (None, Severity.MEDIUM)]
)
def test_severity_follows_the_asset(kind: str | None, expected: Severity) -> None:
    ours = estate_of('[[asset]]\nname = "a"\nkind = "weights"\nwhere = "s3://aaa/"\n'
                     '[[asset]]\nname = "l"\nkind = "logs"\nwhere = "s3://lll/"\n', "page")  # fmt: skip
    assets = [one for one in ours.assets if one.kind.value == kind]
    assert weighed(Severity.CRITICAL, assets, ours) is expected

"""What a trail still records after its selectors were set; they are set all at once."""

from typing import Any

import pytest

from stanch.domain.estate import Asset, AssetKind, Estate
from stanch.engine.enrich.placed import place
from stanch.engine.enrich.recorded import hidden_by, left_out_by, lost_by
from stanch.engine.enrich.touched import touched_by

OBJECTS = {"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}
MANAGEMENT = {"field": "eventCategory", "equals": ["Management"]}
DATA = {"field": "eventCategory", "equals": ["Data"]}


def classic(way: str = "All", *data: Any, management: bool = True, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "readWriteType": way,
        "includeManagementEvents": management,
        "dataResources": list(data),
        "excludeManagementEventSources": list(without),
    }


def advanced(*fields: Any) -> dict[str, Any]:
    return {"name": "x", "fieldSelectors": list(fields)}


def setting(**request: Any) -> dict[str, Any]:
    return {"eventSource": "cloudtrail.amazonaws.com", "eventName": "PutEventSelectors", "requestParameters": request}


@pytest.mark.parametrize(
    ("selectors", "lost"),
    [
        ([classic("All", OBJECTS)], ()),
        ([classic("All"), classic("WriteOnly", OBJECTS, management=False)], ()),
        ([classic("ReadOnly", OBJECTS), classic("WriteOnly")], ()),
        ([classic("All")], ("data",)),
        ([classic("All", {"type": "AWS::S3::Object", "values": []})], ("data",)),
        ([classic("WriteOnly", OBJECTS)], ("management",)),
        ([classic("All", OBJECTS, without=("kms.amazonaws.com",))], ("management",)),
        ([classic("ReadOnly", management=False)], ("management", "data")),
        ([], ("management", "data")),
    ],
)
def test_simple_selectors_are_judged_together(selectors: Any, lost: tuple[str, ...]) -> None:
    assert lost_by(setting(eventSelectors=selectors)) == lost


@pytest.mark.parametrize(
    ("selectors", "lost"),
    [
        ([advanced(MANAGEMENT), advanced(DATA)], ()),
        ([advanced(MANAGEMENT), advanced(DATA, {"field": "readOnly", "equals": ["false"]})], ()),
        ([advanced(MANAGEMENT)], ("data",)),
        ([advanced(DATA)], ("management",)),
        ([advanced(MANAGEMENT, {"field": "readOnly", "equals": ["true"]}), advanced(DATA)], ("management",)),
        ([advanced(MANAGEMENT, {"field": "eventSource", "notEquals": ["kms.amazonaws.com"]}), advanced(DATA)],
         ("management",)),
    ],
)  # fmt: skip
def test_advanced_selectors_are_judged_together(selectors: Any, lost: tuple[str, ...]) -> None:
    assert lost_by(setting(advancedEventSelectors=selectors)) == lost


def test_a_refused_call_without_parameters_and_any_other_call_lose_nothing() -> None:
    assert lost_by({**setting(), "requestParameters": None}) == ()
    assert lost_by({**setting(), "eventName": "GetEventSelectors"}) == ()
    assert lost_by(setting(eventSelectors=7, advancedEventSelectors=[None, {"fieldSelectors": "x"}])) != ()


def test_a_declared_asset_that_selectors_leave_out_is_touched() -> None:
    field = {"field": "resources.ARN", "notStartsWith": ["arn:aws:s3:::acme-weights/"]}
    record = setting(advancedEventSelectors=[advanced(MANAGEMENT), advanced(DATA, field)])
    assert list(left_out_by(record)) == ["arn:aws:s3:::acme-weights/"]
    estate = Estate(assets=(Asset("llama", AssetKind.WEIGHTS, "s3://acme-weights/llama/"),))
    assert [placed.ref.name for placed in place(touched_by(record, "aws"), estate)] == ["llama"]


@pytest.mark.parametrize(
    ("arn", "usual"),
    [
        ("arn:aws:s3:::acme-weights/", False),
        ("arn:aws:s3:::acme-catalog/", False),
        ("arn:aws:s3:::blog/", False),
        ("arn:aws:s3:::dialogs/", False),
        ("arn:aws:s3:::templates/", False),
        ("arn:aws:s3:::login-data/", False),
        ("arn:aws:s3", False),
        ("arn:aws:s3:::acme-access-logs/", True),
        ("arn:aws:s3:::alblogs-acme/", True),
        ("arn:aws:s3:::AWS-CloudTrail/", True),
        ("arn:aws:s3:::aws-athena-query-results/", True),
        ("arn:aws:s3:::acme-config/", True),
        ("arn:aws:s3:::spark-tmp/", True),
        ("arn:aws:s3:::build-cache/", True),
    ],
)
def test_what_everybody_leaves_out_hides_nothing(arn: str, usual: bool) -> None:
    record = setting(advancedEventSelectors=[advanced(DATA, {"field": "resources.ARN", "notStartsWith": [arn]})])
    assert hidden_by(record) == (() if usual else (arn,))


def test_a_caller_who_is_left_out_is_hidden_and_other_fields_hide_nobody() -> None:
    def except_(field: str, value: str) -> tuple[str, ...]:
        return hidden_by(setting(advancedEventSelectors=[advanced(DATA, {"field": field, "notEquals": [value]})]))

    assert except_("userIdentity.arn", "arn:aws:iam::111122223333:user/x") == ("arn:aws:iam::111122223333:user/x",)
    assert except_("eventName", "GetObject") == ()
    assert hidden_by({**setting(), "eventName": "GetEventSelectors"}) == ()

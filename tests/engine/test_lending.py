"""A role that is given to code is named by the call, or by its answer; nothing else in a record is taken for one."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import stanch.catalog.detections
from stanch.engine.lending import LENDING, LENT_AT_ONCE, put_to_work

ROLE = "arn:aws:iam::111122223333:role/service-role/Lake"


def _call(service: str, name: str, asked: Any, answer: Any = None) -> dict[str, Any]:
    return {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "requestParameters": asked,
        "responseElements": answer,
    }


@pytest.mark.parametrize(
    "record",
    [
        _call("glue", "UpdateJob", {"jobName": "merge", "jobUpdate": {"role": ROLE}}),
        _call("glue", "CreateJob", {"role": "Lake"}),
        _call("codebuild", "StartBuild", {"projectName": "release", "serviceRoleOverride": ROLE}),
        _call("lambda", "CreateFunction20150331", {"functionName": "f", "role": ROLE}, {"role": ROLE}),
        _call("lambda", "UpdateFunctionCode20150331v2", {"functionName": "f"}, {"role": ROLE}),
    ],
)
def test_the_role_is_named_without_its_path(record: dict[str, Any]) -> None:
    """Wherever the service puts it, and once even where request and answer both tell."""
    assert list(put_to_work(record)) == ["Lake"]


@pytest.mark.parametrize(
    "record",
    [
        {},
        _call("glue", "UpdateJob", None),
        _call("glue", "UpdateJob", {"jobUpdate": {"role": 7}}),
        _call("glue", "UpdateJob", {"jobUpdate": {"role": "arn:aws:s3:::role/Lake"}}),
        _call("glue", "UpdateJob", {}, {"role": ROLE}),
        _call("iam", "GetRole", {"role": ROLE}),
    ],
)
def test_any_other_call_puts_nobody_to_work(record: dict[str, Any]) -> None:
    """An answer counts for functions alone: what a job answers may tell of the role it had before."""
    assert list(put_to_work(record)) == []


def test_a_hostile_request_names_no_more_than_are_kept() -> None:
    """A record may hold any number of names."""
    record = _call("glue", "CreateJob", [{"role": f"r{n}"} for n in range(10_000)])
    assert len(list(put_to_work(record))) == LENT_AT_ONCE


def test_the_detection_asks_for_every_call_that_lends() -> None:
    """A rule lists the calls it wants, or every event would be opened for it; none of `LENDING` may be missing."""
    detections = Path(stanch.catalog.detections.__path__[0])
    rule = detections / "credential_access" / "lent_role_used_by_its_lender.yml"
    asked = next(part for part in yaml.safe_load_all(rule.read_text()) if part.get("name") == "passed")
    assert {name for _, name in LENDING} <= set(asked["detection"]["call"]["eventName"])

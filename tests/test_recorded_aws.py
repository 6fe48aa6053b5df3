from collections.abc import Mapping
from typing import Any

import pytest

from stanch.contracts.aws import AwsAbsent, AwsDenied
from tests.recorded_aws import RecordedAws, State


def account(**answers: object) -> RecordedAws:
    return RecordedAws({f"sagemaker:{name}": lambda _, __, a=answer: a for name, answer in answers.items()})  # type: ignore[misc]


def test_a_request_with_an_unknown_member_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="Unknown parameter"):
        account(StopNotebookInstance={}).call("sagemaker", "StopNotebookInstance", Notebook="n")


def test_an_answer_that_aws_would_never_give_fails_the_test() -> None:
    aws = account(DescribeNotebookInstance={"Status": "Running"})
    with pytest.raises(AssertionError, match='Unknown parameter in input: "Status"'):
        aws.call("sagemaker", "DescribeNotebookInstance", NotebookInstanceName="n")


def test_a_word_outside_its_enumeration_fails_the_test() -> None:
    aws = account(DescribeNotebookInstance={"NotebookInstanceStatus": "Running"})
    with pytest.raises(AssertionError, match="'Running' is none of Pending, InService"):
        aws.call("sagemaker", "DescribeNotebookInstance", NotebookInstanceName="n")


def test_a_failure_comes_before_the_answer_and_once() -> None:
    aws = account(StopNotebookInstance={})
    aws.failing["sagemaker:StopNotebookInstance"] = [AwsAbsent("sagemaker:StopNotebookInstance", "404", "gone")]
    with pytest.raises(AwsAbsent):
        aws.call("sagemaker", "StopNotebookInstance", NotebookInstanceName="n")
    assert aws.call("sagemaker", "StopNotebookInstance", NotebookInstanceName="n") == {}


def test_pages_are_asked_for_as_the_sdk_does() -> None:
    def listed(_: State, params: Mapping[str, Any]) -> dict[str, Any]:
        more = {} if "NextToken" in params else {"NextToken": "second"}
        return {"ModelPackageGroupSummaryList": [], **more}

    aws = RecordedAws({"sagemaker:ListModelPackageGroups": listed})
    assert aws.pages("sagemaker", "ListModelPackageGroups", "ModelPackageGroupSummaryList") == []
    assert [params for _, params in aws.calls] == [{}, {"NextToken": "second"}]


def test_nobody_is_refused() -> None:
    with pytest.raises(AwsDenied):
        account(StopNotebookInstance={}).anonymous().call("sagemaker", "StopNotebookInstance", NotebookInstanceName="n")

"""Which user data holds a secret, on hosts and in templates."""

from typing import Any

import pytest
from tests.posturing import posture, rulings, verdicts
from tests.serving import HOST, ec2, host

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

CHECK = "inference_hosts/user_data_secret"
UNSEEN = {"$unseen": "ec2:DescribeInstanceAttribute: AccessDenied"}


def told(text: str | None, *, masked: bool = False) -> dict[str, Any]:
    """User data as the collector keeps it."""
    return {"Length": 10, "Sha256": "0", "Masked": masked, "Text": text}


@pytest.mark.parametrize(
    ("user_data", "ruling"),
    [
        (None, Ruling.PASS),
        (told("vllm serve m"), Ruling.PASS),
        (told("x=[masked:hugging-face-token:37]", masked=True), Ruling.FAIL),
        (told("x=[masked:random:44]", masked=True), Ruling.FAIL),
        (told(None), Ruling.UNKNOWN),
        (UNSEEN, Ruling.UNKNOWN),
    ],
)
def test_what_the_collector_masked_is_a_secret(user_data: Any, ruling: Ruling) -> None:
    assert rulings(CHECK, posture([host(UserData=user_data)])) == {HOST: ruling}


def test_a_value_that_only_looks_random_weighs_less() -> None:
    (sure,) = verdicts(CHECK, posture([host(UserData=told("[masked:aws-access-key:20]", masked=True))]))
    (guess,) = verdicts(CHECK, posture([host(UserData=told("[masked:random:40]", masked=True))]))
    assert (sure.severity, guess.severity) == (Severity.MEDIUM, Severity.LOW)
    assert "aws-access-key" in sure.why


@pytest.mark.parametrize(
    ("versions", "ruling"),
    [
        ([{"LaunchTemplateData": {"UserData": told("[masked:named-so:12]", masked=True)}}], Ruling.FAIL),
        ([{"LaunchTemplateData": {"UserData": None}}], Ruling.PASS),
        ([{"LaunchTemplateData": {"UserData": UNSEEN}}], Ruling.UNKNOWN),
        ([], Ruling.PASS),
        (UNSEEN, Ruling.UNKNOWN),
    ],
)
def test_a_launch_template_is_judged_by_its_versions(versions: Any, ruling: Ruling) -> None:
    line = ec2("launch-template", "lt-1", LaunchTemplateId="lt-1", Versions=versions, PinnedVersions=[])
    assert list(rulings(CHECK, posture([line])).values()) == [ruling]
    pinned = ec2("launch-template", "lt-1", LaunchTemplateId="lt-1", Versions=[], PinnedVersions=versions)
    assert list(rulings(CHECK, posture([pinned])).values()) == [ruling]

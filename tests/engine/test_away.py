"""A function's credentials are at home in Lambda, and what uses them elsewhere says where."""

from typing import Any

import pytest

from stanch.engine.enrich.away import away_from_home

FUNCTION = {"issuerType": "AWS::Lambda::Function"}
BOTO = "Boto3/1.39.17 md/Botocore#1.39.17 ua/2.1 {} md/arch#x86_64 lang/python#3.12.3"
AMAZON = "os/linux#5.10.240-257.955.amzn2.x86_64"


def away(agent: object, scope: Any = FUNCTION) -> bool:
    return away_from_home({"userIdentity": {"type": "AssumedRole", "inScopeOf": scope}, "userAgent": agent})


@pytest.mark.parametrize(
    "agent",
    [
        BOTO.format("os/linux#6.8.0-58-generic"),
        BOTO.format("os/macos#24.5.0"),
        BOTO.format("os/windows#11"),
        BOTO.format(AMAZON) + " exec-env/CloudShell",
        f"[{BOTO.format('os/linux#6.8.0-58-generic')}]",
        "aws-cli/2.13.0 Python/3.11.4 Windows/10 exe/AMD64",
        "aws-cli/1.18.69 Python/3.8.10 Linux/5.15.0-1084-aws botocore/1.16.19",
        "Boto3/1.9.42 Python/2.7.10 Darwin/18.2.0 Botocore/1.12.42",
        "aws-sdk-go-v2/1.30.3 os/macos lang/go#1.22.5 md/GOOS#darwin",
    ],
)
def test_a_library_that_names_another_system_is_away(agent: str) -> None:
    assert away(agent)
    assert not away(agent, None)
    assert not away(agent, {"issuerType": "AWS::ECS::Task"})


@pytest.mark.parametrize(
    "agent",
    [
        BOTO.format("os/linux#6.8.0-58-generic") + " exec-env/AWS_Lambda_python3.12",
        BOTO.format(AMAZON) + " exec-env/AWS_Lambda_python3.12",
        BOTO.format(AMAZON),  # a runtime of its own: Lambda's mark is missing
        "Boto3/1.9.42 Python/3.7.16 Linux/4.14.301-224.520.amzn2.x86_64 Botocore/1.12.42",
        "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        "AWS Internal",
        "",
        None,
        7,
    ],
)
def test_what_may_run_in_lambda_is_at_home(agent: object) -> None:
    assert not away(agent)

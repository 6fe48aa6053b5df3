"""A function is reached in three ways: a policy that lets callers in, a URL, and a source whose events it is fed."""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.contracts.aws import Aws, AwsAbsent, AwsError

_STOPPED = ("Disabled", "Disabling")
_BUSY = "ResourceInUseException"


def policies(aws: Aws, arn: str) -> dict[str, str]:
    """The policy text of the function and of each version and alias that has one, by ARN."""
    found = {place: _policy(aws, arn, place) for place in _places(aws, arn)}
    return {place: text for place, text in found.items() if text is not None}


def replace_policy(aws: Aws, place: str, text: str | None) -> None:
    """Put a policy in the place of the one that is there, or take it away; AwsError when it changes meanwhile."""
    try:
        found = aws.call("lambda", "GetResourcePolicy", ResourceArn=place)
    except AwsAbsent:
        found = {}
    since = {"RevisionId": found["RevisionId"]} if found else {}
    if text is not None:
        aws.call("lambda", "PutResourcePolicy", ResourceArn=place, Policy=text, **since)
    elif found:
        aws.call("lambda", "DeleteResourcePolicy", ResourceArn=place, **since)


def urls(aws: Aws, name: str) -> dict[str, str]:
    """How each URL of the function asks for credentials, `NONE` or `AWS_IAM`, by the ARN that it leads to."""
    listed = aws.pages("lambda", "ListFunctionUrlConfigs", "FunctionUrlConfigs", FunctionName=name)
    return {str(url["FunctionArn"]): str(url["AuthType"]) for url in listed}


def put_url(aws: Aws, name: str, arn: str, auth: str) -> None:
    """Set how a URL asks for credentials; its address and its other settings stay."""
    qualifier = arn.partition(f":function:{name}:")[2]
    qualified = {"Qualifier": qualifier} if qualifier else {}
    aws.call("lambda", "UpdateFunctionUrlConfig", FunctionName=name, AuthType=auth, **qualified)


def sources(aws: Aws, arn: str) -> dict[str, str]:
    """`on` or `off` for each event source of the function, its versions and its aliases, by the mapping's id."""
    # Asked by name, Lambda leaves out the mappings of aliases; so all are listed.
    listed = aws.pages("lambda", "ListEventSourceMappings", "EventSourceMappings")
    mine = (each for each in listed if _is_of(arn, each))
    return {str(each["UUID"]): "off" if each["State"] in _STOPPED else "on" for each in mine}


def switch(aws: Aws, source: str, *, on: bool) -> bool:
    """Switch an event source on or off; False while Lambda is still at work on it."""
    try:
        aws.call("lambda", "UpdateEventSourceMapping", UUID=source, Enabled=on)
    except AwsError as error:
        if error.code != _BUSY:
            raise
        return False
    return True


def _policy(aws: Aws, arn: str, place: str) -> str | None:
    # GetPolicy is in every region; GetResourcePolicy, which came later, is asked only where something must change.
    qualified = {"Qualifier": place.removeprefix(f"{arn}:")} if place != arn else {}
    try:
        answer = aws.call("lambda", "GetPolicy", FunctionName=arn.rpartition(":")[2], **qualified)
    except AwsAbsent:
        return None
    return str(answer["Policy"])


def _places(aws: Aws, arn: str) -> Iterator[str]:
    name = arn.rpartition(":")[2]
    yield arn
    for version in aws.pages("lambda", "ListVersionsByFunction", "Versions", FunctionName=name):
        if version["Version"] != "$LATEST":  # no policy can be put on it
            yield f"{arn}:{version['Version']}"
    for alias in aws.pages("lambda", "ListAliases", "Aliases", FunctionName=name):
        yield f"{arn}:{alias['Name']}"


def _is_of(arn: str, mapping: Mapping[str, Any]) -> bool:
    target = str(mapping.get("FunctionArn", ""))
    return target == arn or target.startswith(f"{arn}:")

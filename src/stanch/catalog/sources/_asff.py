"""The AWS Security Finding Format: one shape for what Security Hub gathers from every product.

Source: Security Hub User Guide, "AWS Security Finding Format (ASFF)".
"""

from collections.abc import Iterator
from typing import Any

from stanch.catalog.sources._findings import (
    MOST_RESOURCES,
    at,
    finding_id,
    resource_of,
    table,
    tables,
    text,
    with_facts,
)  # fmt: skip
from stanch.catalog.sources._identity import from_arn, from_key, partition_of
from stanch.catalog.sources._times import iso_text, iso_time
from stanch.catalog.sources._unreadable import Unreadable
from stanch.domain.event import Event

SOURCE = "securityhub.finding"
"""The eventSource of its records: calls of Security Hub's own API have another."""

_KEY = "AWS::IAM::AccessKey:"
_ACTORS = ("AwsIamUser", "AwsIamRole", "AwsEc2Instance")
_TYPES = {
    "AwsEc2Instance": "AWS::EC2::Instance",
    "AwsIamRole": "AWS::IAM::Role",
    "AwsIamUser": "AWS::IAM::User",
    "AwsS3Bucket": "AWS::S3::Bucket",
    "AwsS3Object": "AWS::S3::Object",
}


def event_of(path: str, log: str, finding: dict[str, Any], raw: dict[str, Any] | None = None) -> Event:
    """One finding as an event; `raw` is kept where `finding` was made from another form. Raises Unreadable."""
    if text(finding.get("Id")) is None:
        raise Unreadable("a finding without an Id")
    if not isinstance(finding.get("Severity"), dict):
        raise Unreadable("a finding without a severity")
    last = finding.get("LastObservedAt") or finding.get("UpdatedAt") or finding.get("CreatedAt")
    when = iso_time(last, "a finding whose time")
    id_ = finding_id(
        SOURCE.partition(".")[0],
        finding["Id"],
        product_of(finding),
        at(finding, "Severity", "Label"),
        finding.get("RecordState"),
        at(finding, "Workflow", "Status"),
        at(finding, "Compliance", "Status"),
    )
    facts = {"eventID": id_, "eventTime": iso_text(when), **_facts(finding), "raw": raw}
    return Event(id=id_, time=when, log=log, file=path, record=with_facts(finding, facts))


def product_of(finding: dict[str, Any]) -> str:
    """The product that reported, `unknown` where it says nothing of itself."""
    named = text(finding.get("ProductName")) or text(at(finding, "ProductFields", "aws/securityhub/ProductName"))
    return named or (text(finding.get("ProductArn")) or "unknown").rpartition("/")[2]


def _facts(finding: dict[str, Any]) -> dict[str, Any]:
    account, region = text(finding.get("AwsAccountId")), text(finding.get("Region"))
    about = list(tables(finding.get("Resources")))[:MOST_RESOURCES]
    region = region or next(filter(None, (text(one.get("Region")) for one in about)), None)
    partition = text(about[0].get("Partition")) if about else None
    partition = partition or partition_of(text(finding.get("ProductArn")), region)
    kinds = finding.get("Types")
    kind = text(kinds[0]) if isinstance(kinds, list) and kinds else None
    return {
        "eventSource": SOURCE,
        "eventName": kind or text(finding.get("GeneratorId")) or "finding",
        "product": product_of(finding),
        "userIdentity": _actor(finding, about, partition, account),
        "sourceIPAddress": _address(finding),
        "awsRegion": region,
        "recipientAccountId": account,
        "resources": [
            resource_of(arn, _TYPES.get(text(one.get("Type")) or ""), account)
            for one in about
            if (arn := text(one.get("Id"))) and arn.startswith("arn:")
        ],
    }


def _actor(
    finding: dict[str, Any], about: list[dict[str, Any]], partition: str, account: str | None
) -> dict[str, Any] | None:
    """The holder of the access key; else a user, role or instance; else the first thing that the finding is about."""
    calling = text(at(finding, "Action", "AwsApiCallAction", "RemoteAccountDetails", "AccountId"))
    for one in about:
        if one.get("Type") == "AwsIamAccessKey":
            key = table(at(one, "Details", "AwsIamAccessKey"))
            id_ = text(key.get("AccessKeyId")) or (text(one.get("Id")) or "").removeprefix(_KEY) or None
            owner = calling or text(key.get("AccountId")) or account
            name = text(key.get("PrincipalName")) or text(key.get("UserName"))
            kind, principal = text(key.get("PrincipalType")), text(key.get("PrincipalId"))
            if identity := from_key(partition, owner, kind, principal, name, id_):
                return identity
    arns = list(_arns(about))
    return from_arn(arns[0]) if arns else None


def _arns(about: list[dict[str, Any]]) -> Iterator[str]:
    for kinds in (_ACTORS, None):
        for one in about:
            arn = text(one.get("Id"))
            if arn and arn.startswith("arn:") and (kinds is None or one.get("Type") in kinds):
                yield arn


def _address(finding: dict[str, Any]) -> str | None:
    action = table(finding.get("Action"))
    connection = table(action.get("NetworkConnectionAction"))
    inbound = connection.get("ConnectionDirection") == "INBOUND"
    network = table(finding.get("Network"))
    coming = network.get("Direction") == "IN"
    found = (
        text(at(action, "AwsApiCallAction", "RemoteIpDetails", "IpAddressV4")),
        text(at(connection, "RemoteIpDetails", "IpAddressV4")) if inbound else None,
        text(network.get("SourceIpV4")) or text(network.get("SourceIpV6")) if coming else None,
    )
    return next(filter(None, found), None)

"""A CloudTrail record is one API call: who, when, from where, what was asked, what came of it.

Source: "CloudTrail record contents", CloudTrail User Guide; compared field by field with real records.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from botocore.model import StructureShape
from botocore.parsers import create_parser

from stanch.range.gate.identity import Identity
from stanch.range.gate.permission import Need
from stanch.range.recorder import ec2_names, s3_names
from stanch.range.recorder.identity import user_identity, user_identity_abroad
from stanch.range.recorder.names import renamed
from stanch.range.recorder.outcome import Outcome
from stanch.range.request.call import Call
from stanch.range.request.position import Position

VERSIONS = {"sts": "1.08"}
READING = ("Get", "List", "Describe", "Head", "Lookup", "Search", "Simulate", "BatchGet", "Select")
READ_ONLY = {"AssumeRole": True, "GetSessionToken": False, "GetFederationToken": False}
"""Exceptions, as real records have them."""

DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}
GLOBAL_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
}
"""IAM has no region of its own: its events carry the partition's first."""

SHOWS_REFUSED_PARAMETERS = ("ec2", "s3")
"""Services that record what was asked even when they refuse it for lack of permission."""

S3_MESSAGES = {403: ("AccessDenied", "Access Denied"), 404: ("NoSuchKey", "The specified key does not exist.")}


@dataclass(frozen=True)
class Seen:
    """One call as the recorder saw it."""

    call: Call
    identity: Identity
    place: Position
    needed: list[Need]
    outcome: Outcome
    at: datetime


def records(seen: Seen) -> list[tuple[str, dict[str, Any]]]:
    """(account, record) for each trail that gets the event: the caller's, and that of the owner of the resource."""
    owners = [need.account for need in seen.needed if need.account]
    accounts = [one for one in dict.fromkeys([seen.identity.account, *owners]) if one]
    shared = str(uuid.uuid4()) if len(accounts) > 1 else None
    return [(account, _record(seen, account, shared)) for account in accounts]


def _record(seen: Seen, account: str, shared: str | None) -> dict[str, Any]:
    call, identity = seen.call, seen.identity
    data = s3_names.is_data_event(call)
    own = account == identity.account
    record: dict[str, Any] = {
        "eventVersion": VERSIONS.get(call.prefix, "1.11"),
        "userIdentity": user_identity(identity) if own else user_identity_abroad(identity),
        "eventTime": seen.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{call.prefix}.amazonaws.com",
        "eventName": s3_names.event_name(call) if call.prefix == "s3" else call.operation,
        "awsRegion": GLOBAL_REGIONS.get(identity.partition, call.region) if call.prefix == "iam" else call.region,
        "sourceIPAddress": seen.place.address,
        "userAgent": _user_agent(call),
    }
    error = _error(seen)
    if error is not None:
        record["errorCode"], record["errorMessage"] = error
    refused = error is not None and error[0].endswith(("AccessDenied", "AccessDeniedException"))
    hidden = refused and call.prefix not in SHOWS_REFUSED_PARAMETERS
    record["requestParameters"] = None if hidden else _request_parameters(call, identity.partition)
    read_only = READ_ONLY.get(call.operation, call.operation.startswith(READING))
    record["responseElements"] = None if error is not None else _response_elements(seen, read_only)
    if call.prefix == "s3":
        record["additionalEventData"] = s3_names.additional_data(call, seen.outcome.sent, seen.outcome.host_id)
    record |= {"requestID": seen.outcome.request_id, "eventID": str(uuid.uuid4()), "readOnly": read_only}
    resources = _resources(seen)
    if resources:
        record["resources"] = resources
    record |= {"eventType": "AwsApiCall", "managementEvent": not data, "recipientAccountId": account}
    if shared is not None:
        record["sharedEventID"] = shared
    if seen.place.endpoint is not None:
        record["vpcEndpointId"] = seen.place.endpoint
        record["vpcEndpointAccountId"] = identity.account or account
    record["eventCategory"] = "Data" if data else "Management"
    return record


def _user_agent(call: Call) -> str:
    agent = call.http.headers.get("user-agent", "")
    return f"[{agent}]" if call.prefix == "s3" else agent


def _request_parameters(call: Call, partition: str) -> dict[str, Any] | None:
    if call.prefix == "s3":
        return s3_names.request_parameters(call, DNS_SUFFIXES.get(partition, "amazonaws.com"))
    record = ec2_names.request_parameters(call) if call.prefix == "ec2" else renamed(call.parameters)
    return record or None


def _response_elements(seen: Seen, read_only: bool) -> dict[str, Any] | None:
    call, outcome = seen.call, seen.outcome
    if call.prefix == "s3":
        return None if read_only else s3_names.answered(outcome.headers)
    if read_only and call.operation != "AssumeRole":
        return None
    shape = call.model.output_shape
    if call.prefix == "ec2":
        return ec2_names.response_elements(_parsed(seen), shape, outcome.request_id)
    if not isinstance(shape, StructureShape) or not shape.members:
        return None
    answer = renamed(_parsed(seen), comma=call.prefix == "sts")
    answer.pop("packedPolicySize", None)
    return answer or None


def _parsed(seen: Seen) -> dict[str, Any]:
    response = {"status_code": seen.outcome.status, "headers": seen.outcome.headers, "body": seen.outcome.body}
    parsed = dict(create_parser(seen.call.protocol).parse(response, seen.call.model.output_shape))
    parsed.pop("ResponseMetadata", None)
    return parsed


def _error(seen: Seen) -> tuple[str, str] | None:
    call, outcome = seen.call, seen.outcome
    if outcome.status < 400:
        return None
    code, message = _error_in_body(outcome.body)
    if call.prefix == "s3":
        fallback = S3_MESSAGES.get(outcome.status, ("InternalError", ""))
        return code or fallback[0], message or fallback[1]
    if call.prefix == "ec2":
        return (f"Client.{code}", message) if code else ("Server.InternalError", "")
    shapes = {
        shape.metadata.get("error", {}).get("code"): shape.name for shape in call.model.service_model.error_shapes
    }
    return (shapes.get(code, code), message) if code else ("InternalFailure", "")


def _error_in_body(body: bytes) -> tuple[str, str]:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - the range's own answer
    except ElementTree.ParseError:
        return "", ""
    found = {node.tag.rpartition("}")[2]: node.text or "" for node in root.iter()}
    return found.get("Code", ""), found.get("Message", "")


def _resources(seen: Seen) -> list[dict[str, Any]]:
    call = seen.call
    if call.service == "s3":
        return s3_names.resources(call, seen.needed, seen.identity.account)
    if call.operation == "AssumeRole" and call.text("RoleArn") and seen.outcome.status < 400:
        arn = str(call.text("RoleArn"))
        return [{"accountId": arn.split(":")[4], "type": "AWS::IAM::Role", "ARN": arn}]
    return []


def delivery_record(session: Any, role: Any, region: str, at: datetime) -> dict[str, Any]:
    """The event that EC2 leaves when it assumes a role for one of its instances."""
    arn = f"arn:{session.partition}:sts::{session.account}:assumed-role/{role.name}/{session.name}"
    expiration = renamed({"expiration": session.expires}, comma=True)["expiration"]
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        "eventTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "awsRegion": region,
        "sourceIPAddress": "ec2.amazonaws.com",
        "userAgent": "ec2.amazonaws.com",
        "requestParameters": {"roleArn": role.arn, "roleSessionName": session.name},
        "responseElements": {
            "credentials": {
                "accessKeyId": session.access_key_id,
                "sessionToken": session.token,
                "expiration": expiration,
            },
            "assumedRoleUser": {"assumedRoleId": f"{role.id}:{session.name}", "arn": arn},
        },
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": True,
        "resources": [{"accountId": session.account, "type": "AWS::IAM::Role", "ARN": role.arn}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": session.account,
        "sharedEventID": str(uuid.uuid4()),
        "eventCategory": "Management",
    }

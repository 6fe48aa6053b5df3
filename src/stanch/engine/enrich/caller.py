"""CloudTrail's userIdentity says who called, in a dozen shapes: user, role session, root, federated, service, nobody.

Reads: userIdentity, sourceIPAddress, vpcEndpointId. The partition comes from the caller's ARN, else from the region.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stanch.engine.untrusted import at, table, text

ANONYMOUS = "anonymous"
"""The ARN of a caller without credentials; CloudTrail gives it none."""

_INSTANCE = re.compile(r"i-[0-9a-f]{8}(?:[0-9a-f]{9})?", re.IGNORECASE)  # EC2 writes lower case, anonymisers either
_LIKE_INSTANCE = re.compile(r"i-[0-9a-z]{8,17}", re.IGNORECASE)
_PADDED = re.compile(r"(?<![0-9a-fA-F:.])0+(?=[0-9]+\.)|(?<=\.)0+(?=[0-9])")  # 075.050.9.67, as anonymisers write
NOT_PUBLIC = tuple(
    ipaddress.ip_network(net)
    for net in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip
"""Ranges that every network may use for itself: an address in them is in no particular place."""
_PARTITIONS = {"cn": "aws-cn", "eusc": "aws-eusc", "us-gov": "aws-us-gov"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made one call.

    `arn` as logged (a session's for a role), `principal` the lasting identity behind it (the role, with its path),
    `name` the user's or role's name, `session` a session's name, `instance` the id of the EC2 instance whose
    credentials these are. `network` is the caller's public network (/24, /48 in IPv6), None for a private address, an
    address of AWS itself, or a VPC endpoint; `family` is 4 or 6 where `network` is told.
    """

    type: str
    arn: str
    principal: str
    account: str | None
    name: str | None
    session: str | None
    instance: str | None
    access_key: str | None
    address: str | None
    vpc_endpoint: str | None
    network: str | None
    family: int | None
    partition: str

    @property
    def is_aws(self) -> bool:
        """Whether AWS itself calls: a service, or a service-linked role, which nobody but its service can assume."""
        return self.type == "AWSService" or ":role/aws-service-role/" in self.principal


def caller_of(record: Mapping[str, Any]) -> Caller:
    """Read the caller of one record; an unreadable one is called `unknown`."""
    identity = table(record.get("userIdentity"))
    issuer = table(at(identity, "sessionContext", "sessionIssuer"))
    type_ = text(identity.get("type")) or "Unknown"
    account = _account(identity, issuer)
    arn = _arn(identity, type_, account)
    session = _session(identity, arn, type_)
    address, endpoint = text(record.get("sourceIPAddress")), text(record.get("vpcEndpointId"))
    network, family = _public_network(address, endpoint)
    principal = text(issuer.get("arn")) or _role_behind(arn) or arn
    return Caller(
        type=type_,
        arn=arn,
        principal=principal,
        account=account,
        name=text(identity.get("userName")) or text(issuer.get("userName")) or _name(principal),
        session=session,
        instance=_instance(identity, session),
        access_key=text(identity.get("accessKeyId")),
        address=address,
        vpc_endpoint=endpoint,
        network=network,
        family=family,
        partition=partition_of(arn, record.get("awsRegion")),
    )


def instance_named(session: str | None) -> str | None:
    """The instance that a session's name alone tells: EC2 names a session by the id of its instance."""
    return session if session and _INSTANCE.fullmatch(session) else None


def partition_of(arn: str, region: object) -> str:
    """The partition of an ARN; for a caller without one that of the region's name."""
    parts = arn.split(":", 2)
    if len(parts) == 3 and parts[0] == "arn" and parts[1]:
        return parts[1]
    for prefix, partition in _PARTITIONS.items():
        if isinstance(region, str) and region.startswith(prefix + "-"):
            return partition
    return "aws"


def _account(identity: Mapping[str, Any], issuer: Mapping[str, Any]) -> str | None:
    given = text(identity.get("accountId")) or text(issuer.get("accountId"))
    if given:
        return given
    parts = (text(identity.get("arn")) or "").split(":", 5)
    return parts[4] or None if len(parts) == 6 else None


def _arn(identity: Mapping[str, Any], type_: str, account: str | None) -> str:
    principal = text(identity.get("principalId"))
    if account == ANONYMOUS or principal == "ANONYMOUS_PRINCIPAL":
        return ANONYMOUS
    if arn := text(identity.get("arn")):
        return arn
    if type_ == "AWSService" and (service := text(identity.get("invokedBy"))):
        return service
    behind = text(at(identity, "onBehalfOf", "userId")) or principal or text(identity.get("userName"))
    return f"{account}:{behind}" if account and behind else behind or account or "unknown"


def _role_behind(arn: str) -> str | None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("assumed-role/"):
        return None
    return f"arn:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"


def _session(identity: Mapping[str, Any], arn: str, type_: str) -> str | None:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[5].startswith("assumed-role/"):
        return parts[5].split("/", 2)[2] if parts[5].count("/") >= 2 else None
    # In another account's trail a role session is named only by its principal id, AROA...:session.
    principal = text(identity.get("principalId")) or ""
    is_role = type_ in ("AssumedRole", "AWSAccount") and principal.startswith("AROA") and ":" in principal
    return principal.split(":", 1)[1] or None if is_role else None


def _instance(identity: Mapping[str, Any], session: str | None) -> str | None:
    """The instance whose role this is: EC2 names the session by the instance's id and marks how it was delivered."""
    if session is None:
        return None
    delivered = at(identity, "sessionContext", "ec2RoleDelivery") is not None
    return session if (_LIKE_INSTANCE if delivered else _INSTANCE).fullmatch(session) else None


def _name(arn: str) -> str | None:
    parts = arn.split(":", 5)
    return parts[5].rsplit("/", 1)[-1] or None if len(parts) == 6 and "/" in parts[5] else None


def public_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, where it is in one particular place of the internet; None for a private one and for a service's."""
    try:
        ip = ipaddress.ip_address(_PADDED.sub("", address))
    except ValueError:  # "s3.amazonaws.com", "AWS Internal": a service called on the caller's behalf
        return None
    return None if any(ip.version == net.version and ip in net for net in NOT_PUBLIC) else ip


@lru_cache(maxsize=65536)
def _public_network(address: str | None, vpc_endpoint: str | None) -> tuple[str | None, int | None]:
    if not address or vpc_endpoint:
        return None, None
    ip = public_address(address)
    if ip is None:
        return None, None
    width = 24 if ip.version == 4 else 48
    return str(ipaddress.ip_network((ip, width), strict=False)), ip.version

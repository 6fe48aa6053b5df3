"""The instance metadata service hands the credentials of its instance profile to whoever asks from the host.

That is what an attacker on the host steals, and what a serving process lives on. The range answers under
`/range/imds/<instance-id>/latest/...`, and issues a new session at each request; one that was switched off answers 403.
"""

# ruff: noqa: SLF001 - the names are moto's, and it has no public ones for this

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import Role, iam_backends

from stanch.iam import Caller, Request, evaluate
from stanch.range.gate.directory import trust_policy
from stanch.range.gate.sessions import Session, Sessions

PATH = "/latest/meta-data/iam/security-credentials"
LIFETIME = timedelta(hours=6)


@dataclass(frozen=True)
class Delivery:
    """What the metadata service answered, and the session it issued for it, if any."""

    status: int
    body: str
    session: Session | None = None
    region: str = ""
    role: Role | None = None


def answer(instance_id: str, path: str, sessions: Sessions, now: datetime) -> Delivery:
    """The metadata service's answer to one host."""
    found = _instance(instance_id)
    if found is not None and found.metadata_options.http_endpoint == "disabled":
        return Delivery(403, "")
    role = _profile_role(found) if found is not None else None
    if found is None or role is None:
        return Delivery(404, "")
    if path.rstrip("/") == PATH:
        return Delivery(200, str(role.name))
    if path != f"{PATH}/{role.name}":
        return Delivery(404, "")
    updated = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if not _trusts_ec2(role):
        refused = {
            "Code": "AssumeRoleUnauthorizedAccess",
            "Message": "EC2 cannot assume the role",
            "LastUpdated": updated,
        }
        return Delivery(200, json.dumps(refused))
    place = (str(role.account_id), str(role.partition))
    session = sessions.issue("role", place, str(role.name), instance_id, now, LIFETIME, instance=instance_id)
    credentials = {
        "Code": "Success",
        "LastUpdated": updated,
        "Type": "AWS-HMAC",
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "Token": session.token,
        "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return Delivery(200, json.dumps(credentials), session, found.ec2_backend.region_name, role)


def _instance(instance_id: str) -> Any:
    for account in list(ec2_backends):
        for backend in list(ec2_backends[account].values()):
            for reservation in list(backend.reservations.values()):
                for instance in reservation.instances:
                    if instance.id == instance_id and instance._state.name == "running":
                        return instance
    return None


def _profile_role(instance: Any) -> Role | None:
    """The role of the profile that is associated now: an association can change while the instance runs."""
    backend = instance.ec2_backend
    arn = next(
        (
            a.iam_instance_profile.arn
            for a in backend.iam_instance_profile_associations.values()
            if a.instance is instance
        ),
        None,
    )
    profiles = iam_backends[backend.account_id][backend.partition].instance_profiles.values()
    roles = [role for profile in profiles if profile.arn == arn for role in profile.roles]
    return roles[0] if roles else None


def _trusts_ec2(role: Role) -> bool:
    service = Caller(kind="service", service="ec2.amazonaws.com")
    request = Request(
        service, "sts:AssumeRole", str(role.arn), str(role.account_id), {"aws:PrincipalIsAWSService": ("true",)}
    )
    trust = trust_policy(role)
    return trust is not None and evaluate(request, resource_policy=trust).allowed

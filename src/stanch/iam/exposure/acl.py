"""An access control list of S3 names groups and canonical users; three of the groups are AWS's own.

Source: S3 User Guide, "Access control list (ACL) overview".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PUBLIC = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "anybody",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "any account of AWS",
}
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_CANNED: dict[str, tuple[str, ...]] = {
    "private": (),
    "public-read": tuple(_PUBLIC)[:1],
    "public-read-write": tuple(_PUBLIC)[:1],
    "authenticated-read": tuple(_PUBLIC)[1:],
    "aws-exec-read": (),
    "bucket-owner-read": (),
    "bucket-owner-full-control": (),
    "log-delivery-write": (_LOG_DELIVERY,),
}


@dataclass(frozen=True, slots=True)
class AclGrant:
    """One grant to somebody who is not the owner. group: `anybody`, `any account of AWS`, or None for one user."""

    position: int
    permission: str
    group: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Acl:
    """What a list grants, and whose bucket it is, by canonical id."""

    grants: tuple[AclGrant, ...] = ()
    owner: str | None = None


class AclError(ValueError):
    """The document is no list; the message gives the place, the fault and the remedy."""


def read_acl(document: Any, path: str = "acl") -> Acl:
    """Read `GetBucketAcl`'s answer, its Grants alone, or the name of a canned list. Raises AclError."""
    if isinstance(document, str):
        return _canned(document, path)
    if isinstance(document, Mapping):
        owner = document.get("Owner")
        known = owner.get("ID") if isinstance(owner, Mapping) else None
        listed = document.get("Grants", document.get("grants"))
    else:
        known, listed = None, document
    if isinstance(listed, Mapping):
        listed = listed.get("Grant", [])
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise AclError(f'{path}: has no list of Grants; give GetBucketAcl\'s answer, {{"Owner": ..., "Grants": [...]}}')
    grants = (_grant(one, position, f"{path}.Grants[{position}]") for position, one in enumerate(listed))
    return Acl(tuple(one for one in grants if one and (one.user is None or one.user != known)), known)


def _canned(name: str, path: str) -> Acl:
    if name.lower() not in _CANNED:
        raise AclError(f"{path}: {name[:40]!a} is no canned list; known are {', '.join(_CANNED)}")
    return Acl(tuple(AclGrant(0, name, _PUBLIC.get(group)) for group in _CANNED[name.lower()] if group in _PUBLIC))


def _grant(one: Any, position: int, path: str) -> AclGrant | None:
    grantee = one.get("Grantee", one.get("grantee")) if isinstance(one, Mapping) else None
    if not isinstance(grantee, Mapping):
        raise AclError(f'{path}: has no Grantee; give {{"Grantee": {{"URI" or "ID": ...}}, "Permission": ...}}')
    named = {str(key).lower(): value for key, value in grantee.items() if isinstance(value, str)}
    permission = str(one.get("Permission", one.get("permission", "")))
    if uri := named.get("uri"):
        return None if uri == _LOG_DELIVERY else AclGrant(position, permission, _PUBLIC.get(uri, f"group {uri}"))
    user = named.get("id") or named.get("emailaddress")
    if user is None:
        raise AclError(f"{path}.Grantee: has neither URI nor ID; give one of them")
    return AclGrant(position, permission, None, user)


def is_public(grant: AclGrant) -> bool:
    """Whether S3 calls a grant public."""
    return grant.group in _PUBLIC.values()

"""A resource's policy comes as a document, or inside AWS's answer to whoever asked for it."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from stanch.iam import Policy, PolicyError, parse
from stanch.iam.exposure import Bucket, Exposure, Perimeter, of_bucket, of_policy, read_bucket, service_named
from stanch.iam.exposure.bucket import BucketError

LONGEST = 4_194_304
"""Bytes of a file; a bucket's policy, list and access points together hold far less."""

STDIN = "-"
_DEPTH = 3  # of AWS's answers: Role, AssumeRolePolicyDocument
_HOLDERS = (
    *("Policy", "PolicyText", "PolicyDocument", "ResourcePolicy", "AssumeRolePolicyDocument", "PolicyInJson"),
    *("AccessPolicies", "AccessPolicy", "ResourcePolicyDocument", "RepositoryPolicyText"),
)
_PARTS = (
    "acl",
    "publicaccessblock",
    "accountpublicaccessblock",
    "accesspoints",
    "objectownership",
    "ownershipcontrols",
)


class ExposureError(ValueError):
    """The file holds nothing that can be judged; the message says what is wrong and what to give."""


def exposure_in(path: Path, service: str, perimeter: Perimeter) -> Exposure:
    """Say whom the policy in a file lets in. Raises ExposureError."""
    read = service_named(service)
    try:
        document = _read(path)
        if read.name == "s3" and _is_bucket(document):
            return of_bucket(read_bucket(document), perimeter)
        policy = parse(_policy_in(document))
    except (PolicyError, BucketError) as error:
        raise ExposureError(f"{path}: {error}") from None
    _require_principals(policy, path)
    return of_bucket(Bucket(policy), perimeter) if read.name == "s3" else of_policy(policy, perimeter, read)


def is_known(service: str) -> bool:
    """Whether a service is one that has policies on its resources, as far as we know."""
    return service_named(service).is_known


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == STDIN else path.open("rb") as file:
            text = file.read(LONGEST + 1)
    except OSError as error:
        raise ExposureError(f"{path} cannot be read: {error.strerror or error}; give a JSON file") from None
    if len(text) > LONGEST:
        raise ExposureError(f"{path} is longer than {LONGEST} bytes; give one resource's policy")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExposureError(f"{path} is not JSON ({str(error)[:80]}); give a policy document") from None
    if not isinstance(document, Mapping):
        raise ExposureError(f"{path} holds no JSON object; give a policy document")
    return parse(text).to_json() if "Statement" in document else document  # which refuses a key given twice


def _is_bucket(document: Mapping[str, Any]) -> bool:
    return any(key.replace("_", "").lower() in (*_PARTS, "policy") for key in document) and "Statement" not in document


def _policy_in(document: Mapping[str, Any]) -> Mapping[str, Any] | str:
    if "Statement" in document:
        return document
    found = next(_held(document, _DEPTH), None)
    if found is None:
        raise ExposureError("the file has neither Statement nor a policy inside; give a policy document")
    return found


def _held(value: Any, depth: int) -> Iterator[Mapping[str, Any] | str]:
    if isinstance(value, list):
        value = {str(at): one for at, one in enumerate(value[:1])}
    if not isinstance(value, Mapping) or depth < 0:
        return
    holders = {holder.lower() for holder in _HOLDERS}
    for key, inner in value.items():
        if key.lower() in holders and isinstance(inner, str | Mapping):
            yield inner
    for inner in value.values():
        yield from _held(inner, depth - 1)


def _require_principals(policy: Policy, path: Path) -> None:
    for index, statement in enumerate(policy.statements):
        if statement.principals is None and statement.not_principals is None:
            raise ExposureError(
                f"{path}: Statement[{index}] has no Principal: an identity's policy lets nobody in; "
                "give the policy of a resource, or the trust policy of a role"
            )

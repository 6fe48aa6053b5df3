"""The same document hangs on a thousand roles: each text is read once. A missing one is an error, or unknown.

IAM User Guide, "AWS managed policies": their texts change, so only those are known here that never can.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal, TypeVar

from stanch.iam.organization import Named
from stanch.iam.policy import Policy, PolicyError, parse
from stanch.iam.reading.faults import FactsError, MissingPolicy, items, mapping, shown, text, values

Read = TypeVar("Read")

Missing = Literal["error", "unknown"]
"""What a document that is attached but not in the file is: an error, or a policy that may say anything."""

OnFault = Callable[[FactsError], None]
"""Is told of each part that cannot be read, and that is then taken for one that may say anything."""

UNKNOWN_TEXT = "stanch:PolicyText"
"""The condition key of all that an unknown policy may say; no request has it."""

_OF_AWS = ":iam::aws:policy/"
_ALL = {"Action": "*", "Resource": "*"}
_NEVER_CHANGING: Mapping[str, dict[str, Any]] = {
    "AdministratorAccess": {"Effect": "Allow", **_ALL},
    "AWSDenyAll": {"Effect": "Deny", **_ALL},
}
_OF_ORGANIZATIONS: Mapping[str, dict[str, Any]] = {
    "FullAWSAccess": {"Effect": "Allow", **_ALL},
    "RCPFullAWSAccess": {"Effect": "Allow", "Principal": "*", **_ALL},
}
_WRAPPED_IN = ("policy", "Policy", "document", "Document", "PolicyDocument", "content", "Content", "ResourcePolicy")


class Documents:
    """All policies of a file, each text read once."""

    def __init__(self, missing: Missing, on_fault: OnFault | None = None) -> None:
        """`on_fault` is told of each document that is none; without it, the first one is raised."""
        self._missing, self.on_fault = missing, on_fault
        self._read: dict[str, Policy] = {}
        self._of_aws: dict[str, Policy] = {}

    def spared(
        self,
        lines: Iterable[tuple[str, Mapping[str, Any]]],
        read: Callable[[Mapping[str, Any], str], Read],
        spoilt: Callable[[Mapping[str, Any], str], Read],
    ) -> Iterator[Read]:
        """Each line as it is read; one that cannot be, as `spoilt` makes it; left out where that cannot be either."""
        for path, line in lines:
            try:
                yield read(line, path)
            except FactsError as fault:
                if self.on_fault is None:
                    raise
                self.on_fault(fault)
                with suppress(FactsError):
                    yield spoilt(line, path)

    def read(self, value: Any, path: str, *, principal: bool = False) -> Policy:
        """A document given as an object, as JSON, or percent-encoded as IAM answers it.

        principal: it says whom it speaks of, as the policy of a resource does.
        """
        try:
            return self._parsed(value, path)
        except FactsError as fault:
            if self.on_fault is None:
                raise
            self.on_fault(fault)
            return unknown(path, principal=principal)

    def _parsed(self, value: Any, path: str) -> Policy:
        try:
            source = value if isinstance(value, str) else json.dumps(mapping(value, path))
            if source not in self._read:
                self._read[source] = parse(source)
        except PolicyError as error:
            raise FactsError(f"{path}.{error.path}", *_fault(error)) from None
        except (RecursionError, TypeError, ValueError) as error:
            if isinstance(error, FactsError):
                raise
            raise FactsError(path, "is no policy document", "write one JSON object") from None
        return self._read[source]

    def managed(self, details: Mapping[str, Any], path: str) -> tuple[str, Policy | None]:
        """One of `Policies`: its ARN and its default version, None where the file has no version of it."""
        arn = text(details, "Arn", path)
        versions = [mapping(v, f"{path}.PolicyVersionList") for v in values(details.get("PolicyVersionList"), path)]
        default = details.get("DefaultVersionId")
        for at, version in enumerate(versions):
            chosen = version.get("VersionId") == default if default is not None else version.get("IsDefaultVersion")
            if (chosen or len(versions) == 1) and version.get("Document") is not None:
                policy = self.read(version["Document"], f"{path}.PolicyVersionList[{at}].Document")
                break
        else:
            document = next((details[key] for key in _WRAPPED_IN if details.get(key) is not None), None)
            if document is None:
                return arn, None
            policy = self.read(document, path)
        if _OF_AWS in arn:
            self._of_aws.setdefault(arn, policy)
        return arn, policy

    def superseded(self, details: Mapping[str, Any], path: str) -> tuple[str, tuple[Policy, ...] | None]:
        """One of `Policies`: its ARN and the versions beside the default one, None where the file lacks their texts."""
        arn, default = text(details, "Arn", path), details.get("DefaultVersionId")
        versions = list(items(details.get("PolicyVersionList"), f"{path}.PolicyVersionList"))
        if not versions or any(version.get("Document") is None for _, version in versions):
            return arn, None
        others = (
            (where, version["Document"])
            for where, version in (versions if len(versions) > 1 else ())
            if (version.get("VersionId") != default if default is not None else not version.get("IsDefaultVersion"))
        )
        return arn, tuple(self.read(document, f"{where}.Document") for where, document in others)

    def attached(self, arn: str, managed: Mapping[str, Policy], path: str) -> Named:
        """The managed policy that is attached by this ARN."""
        policy = managed.get(arn) or self._of_aws.get(arn)
        if policy is None and _OF_AWS in arn:
            statement = _NEVER_CHANGING.get(arn.partition(_OF_AWS)[2])
            policy = _of(statement) if statement else None
        return Named(arn, policy) if policy else self.absent(arn, path)

    def absent(self, name: str, path: str) -> Named:
        """A policy whose document the file lacks."""
        if self._missing == "error":
            raise MissingPolicy(path, name)
        return Named(name, unknown(name))

    def named(self, value: Any, path: str, default: str, *, principal: bool = False) -> Named:
        """A policy of an organisation: a document, one with its name, or the name of one that never changes."""
        if isinstance(value, str) and value.rpartition("-")[2] in _OF_ORGANIZATIONS:
            return Named(value, _of(_OF_ORGANIZATIONS[value.rpartition("-")[2]]))
        if isinstance(value, str) or "Statement" in mapping(value, path):
            return Named(default, self.read(value, path, principal=principal))
        name = next((value[key] for key in ("name", "Name", "Id", "id", "Arn") if isinstance(value.get(key), str)), "")
        wrapped = next((key for key in _WRAPPED_IN if value.get(key) is not None), None)
        if wrapped is not None:
            return Named(name or default, self.read(value[wrapped], f"{path}.{wrapped}", principal=principal))
        if name in _OF_ORGANIZATIONS:
            return Named(name, _of(_OF_ORGANIZATIONS[name]))
        return self.absent(name or default, path)


def unwrapped(value: Any) -> tuple[Any, Mapping[str, Any]]:
    """A document, taken out of the object that it may be wrapped in, and that object's other facts."""
    if isinstance(value, Mapping) and "Statement" not in value:
        for key in _WRAPPED_IN:
            if value.get(key) is not None:
                return value[key], value
    return value, {}


def _of(statement: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": [statement]})


def unknown(name: str, *, principal: bool = False) -> Policy:
    """A policy that may allow anything and deny anything; principal: of a resource, to anybody."""
    anything = {
        **_ALL,
        "Condition": {"StringEquals": {UNKNOWN_TEXT: name}},
        **({"Principal": "*"} if principal else {}),
    }
    allow, deny = {"Effect": "Allow", **anything}, {"Effect": "Deny", **anything}
    return parse({"Version": "2012-10-17", "Statement": [allow, deny]})


def _fault(error: PolicyError) -> tuple[str, str]:
    fault, _, remedy = str(error).removeprefix(f"{error.path}: ").rpartition("; ")
    return fault or shown(str(error)), remedy

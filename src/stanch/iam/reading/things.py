"""What runs with a role names the role in as many ways as AWS has services: by ARN, by name, by instance profile."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stanch.domain.arn import Arn
from stanch.iam.accounts import is_account, read_arn
from stanch.iam.organization import Account, Resource
from stanch.iam.reading.faults import FactsError, account_id, shown, values

_ARN = ("arn", "Arn", "ARN", "resource_arn", "ResourceArn", "resourceArn")
_ARN_OF_ITS_KIND = (
    *("FunctionArn", "projectArn", "NotebookInstanceArn", "StackId", "ServiceArn", "serviceArn", "taskArn"),
    *("taskDefinitionArn", "codeInterpreterArn", "agentRuntimeArn", "agentArn", "stateMachineArn", "UserProfileArn"),
    *("clusterArn", "ClusterArn"),
)
"""As AWS's own answers call it, the narrower before what contains it."""
_OWNER = ("account", "Account", "account_id", "AccountId", "accountId", "owner", "Owner", "OwnerId", "owner_id")
_TYPE = ("type", "Type", "resource_type", "ResourceType", "resourceType", "service")
_NAME = (
    *("name", "Name", "id", "Id", "resource_id", "ResourceId", "resourceId", "FunctionName", "InstanceId"),
    *("ProjectName", "NotebookInstanceName", "StackName", "EndpointName", "JobName"),
)
_REGION = ("region", "Region", "awsRegion")
_TOLD_BY_NAME = {
    "InstanceId": "ec2:instance",
    "FunctionName": "lambda:function",
    "ProjectName": "codebuild:project",
    "NotebookInstanceName": "sagemaker:notebook-instance",
    "StackName": "cloudformation:stack",
    "EndpointName": "glue:devEndpoint",
}
"""What something is that AWS's own answer names, and gives no ARN for."""
_ZONE = re.compile(r"(?:[a-z]+-)+[0-9]+(?=[a-z]$)")
_USUAL_KIND = {
    "cloudformation": "stack",
    "codebuild": "project",
    "ec2": "instance",
    "ecs": "task-definition",
    "glue": "job",
    "lambda": "function",
    "sagemaker": "notebook-instance",
}
_HUMPED_KINDS = ("devEndpoint",)
_BETWEEN = re.compile(r"::|[:/]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_DEEPEST = 6  # levels of an object that are searched for roles

_ROLE_KEYS = frozenset(
    (
        *("role", "roles", "rolearn", "rolearns", "rolename", "rolenames", "iamrole", "iamroles", "iamrolearn"),
        *("executionrole", "executionrolearn", "executionrolename", "servicerole", "servicerolearn", "noderole"),
        *("taskrole", "taskrolearn", "jobrole", "jobrolearn", "noderolearn", "podexecutionrolearn", "loggingrolearn"),
        *("defaultexecutionrolearn", "agentresourcerolearn", "lambdarole", "stackrole", "administrationrolearn"),
        *("serviceaccountrolearn", "instancerole", "instancerolearn", "cloudwatchrolearn", "accessrolearn"),
    )
)
_PROFILE_KEYS = frozenset(("iaminstanceprofile", "instanceprofile", "instanceprofilearn", "instanceprofilename"))


class ResourceReader:
    """Reads what exists; finds the roles it runs with among the identities of its account."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._roles: dict[tuple[str, str], str] = {}
        self._profiles: dict[tuple[str, str], list[str]] = {}
        arns = (one.arn for account in accounts.values() for one in account.identities)
        self._partition = next((arn.split(":", 2)[1] for arn in arns), None)
        for account in accounts.values():
            for one in account.identities:
                if one.kind == "role":
                    self._roles[account.id, one.name] = one.arn
                for profile in one.profiles:
                    self._profiles.setdefault((account.id, profile), []).append(one.arn)
                    self._profiles.setdefault((account.id, profile.rpartition("/")[2]), []).append(one.arn)

    def read(self, value: Any, path: str, owner: str = "") -> Resource:
        """One resource, an ARN or an object with one. owner: the account under which the file has it."""
        facts: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        given = value if isinstance(value, str) else _own_arn(facts) or self._built(facts, owner)
        arn = read_arn(given)
        if arn is None:
            raise FactsError(path, f"{shown(given or value)} is no ARN", 'write an ARN, or {"arn": ARN, "role": ...}')
        told = next((account_id(facts[key], f"{path}.{key}") for key in _OWNER if facts.get(key)), owner)
        account = arn.account if is_account(arn.account) else told
        named = dict.fromkeys(role for key, name in _named(facts) for role in self._resolved(key, name, arn, account))
        return Resource(given, arn.service, arn.kind, account, tuple(named))

    def read_all(self, value: Any, path: str, owner: str = "") -> Iterator[Resource]:
        """A list of resources, an object of them by ARN, or an object of lists by account."""
        if not isinstance(value, Mapping):
            for at, one in enumerate(values(value, path)):
                yield self.read(one, f"{path}[{at}]", owner)
            return
        for key, one in value.items():
            if is_account(key):
                yield from self.read_all(one, f"{path}.{key}", key)
            else:
                facts = one if isinstance(one, Mapping) else {}
                yield self.read({"arn": key, **facts}, f"{path}.{shown(key)}", owner)

    def _built(self, facts: Mapping[str, Any], owner: str) -> str:
        """The ARN of what is told by type and name, such as `AWS::Lambda::Function`; empty when too little is told."""
        told = _first(facts, _TYPE) or next((kind for key, kind in _TOLD_BY_NAME.items() if _first(facts, (key,))), "")
        words = [word for word in _BETWEEN.split(told) if word and word.upper() != "AWS"]
        name, account = _first(facts, _NAME), _first(facts, _OWNER) or owner or self._account_of(facts)
        if not words or not name or self._partition is None:
            return ""
        service = words[0].lower()
        kind = words[1] if len(words) > 1 else _USUAL_KIND.get(service, "")
        kind = kind if kind in _HUMPED_KINDS else _HUMP.sub("-", kind).lower()
        if service == "s3":
            return f"arn:{self._partition}:s3:::{name}"
        resource = f"{kind}{':' if service == 'lambda' else '/'}{name}" if kind else name
        return f"arn:{self._partition}:{service}:{_region(facts)}:{account}:{resource}"

    def _account_of(self, facts: Mapping[str, Any]) -> str:
        """The account of the roles and profiles that something names by ARN, or else the only one there is."""
        arns = (read_arn(name) for _, name in _named(facts))
        only = next(iter(self._accounts), "") if len(self._accounts) == 1 else ""
        return next((arn.account for arn in arns if arn is not None), only)

    def _resolved(self, key: str, name: str, of: Arn, account: str) -> list[str]:
        """The ARNs of the roles that a name stands for; one that the file does not know is kept, as it would be."""
        arn = read_arn(name)
        if arn is not None and arn.service == "iam" and arn.resource.startswith("instance-profile/"):
            return self._profiles.get((arn.account, name), [])
        if arn is not None:
            return [name]
        if key in _PROFILE_KEYS:
            return self._profiles.get((account, name), [])
        return [self._roles.get((account, name.rpartition("/")[2]), f"arn:{of.partition}:iam::{account}:role/{name}")]


def _first(facts: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((facts[key] for key in keys if isinstance(facts.get(key), str) and facts[key]), "")


def _own_arn(facts: Mapping[str, Any]) -> str:
    """The ARN of what is described, here or, where the answer is wrapped once more, one level down."""
    inner = (one for one in facts.values() if isinstance(one, Mapping))
    return _first(facts, _ARN) or next((a for a in (_first(one, _ARN_OF_ITS_KIND) for one in (facts, *inner)) if a), "")


def _region(facts: Mapping[str, Any]) -> str:
    """The region, as told or by the zone; empty when neither is."""
    placement = facts.get("Placement")
    zone = _first(placement if isinstance(placement, Mapping) else facts, ("AvailabilityZone",))
    found = _ZONE.match(zone)
    return _first(facts, _REGION) or (found[0] if found else "")


def _named(facts: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The names under which an object mentions roles and instance profiles, with the key that mentions them."""
    if depth > _DEEPEST or not isinstance(facts, Mapping):
        return
    for key, value in facts.items():
        plain = str(key).replace("_", "").replace("-", "").lower()
        if plain in _ROLE_KEYS or plain in _PROFILE_KEYS:
            for name in _names(value):
                yield plain, name
        else:
            for one in value if isinstance(value, list) else [value]:
                yield from _named(one, depth + 1)


def _names(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one:
            yield one
        elif isinstance(one, Mapping):
            name = next((one[key] for key in ("Arn", "arn", "RoleArn", "Name", "name", "RoleName") if one.get(key)), "")
            if isinstance(name, str) and name:
                yield name

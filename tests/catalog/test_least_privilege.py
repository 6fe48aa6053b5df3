"""Least privilege: whatever an action declares, one of its own calls asks for, or AWS asks for on account of one."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from stanch import app
from stanch.contracts.action import Action
from stanch.engine.shelf import Unit, implementing
from tests.listening import PREFIXES, S3, S3CONTROL

# What AWS asks for beside the operation itself, and the parameter on whose account it does.
BESIDE = {
    "ec2:CreateTags": "TagSpecifications",
    "iam:PassRole": r"ReplicationConfiguration|IamInstanceProfile",
    "iam:TagOpenIDConnectProvider": "Tags",
    "iam:TagSAMLProvider": "Tags",
    "kms:CreateGrant": "KmsKeyId",
    "kms:Decrypt": r"KmsKeyId|HeadObject",
    "kms:DescribeKey": "KmsKeyId",
    "kms:GenerateDataKey": "SSEKMSKeyId",
    "kms:GenerateDataKeyWithoutPlaintext": "KmsKeyId",
    "kms:ReEncryptFrom": "KmsKeyId",
    "kms:ReEncryptTo": "KmsKeyId",
    "s3:GetObjectVersion": "VersionId",
    "s3:GetObjectRetention": "HeadObject",  # without it S3 leaves the lock out of its answer
    "sagemaker:AddTags": "Tags",
    "sts:AssumeRole": r"\.assuming\(",
}


@cache
def source(module: str) -> str:
    """The text of a module; empty for what is none, such as a function that is imported from one."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return ""
    return Path(spec.origin).read_text() if spec is not None and spec.origin else ""


@cache
def reached(module: str) -> frozenset[str]:
    """The module and all of the shelf and of the door to AWS that it imports."""
    found: set[str] = set()
    left = [module]
    while left:
        name = left.pop()
        if name not in found and source(name):
            found.add(name)
            left.extend(one for one in _imported(name) if one.startswith(("stanch.catalog.actions.", "stanch.aws.")))
    return frozenset(found)


def _imported(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source(module))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def words(modules: frozenset[str]) -> frozenset[str]:
    """Every bare word that stands in a text of these modules: an operation's name, or a part of one put together."""
    texts = (n.value for m in modules for n in ast.walk(ast.parse(source(m))) if isinstance(n, ast.Constant))
    return frozenset(text for text in texts if isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9-]+", text))


def operations(permission: str) -> Iterator[str]:
    """The API operations, as `s3control:ListJobs`, that need this permission."""
    service, _, name = permission.partition(":")
    services = {api for api, prefix in PREFIXES.items() if prefix == service} | {service}
    for api in services:
        renamed = {"s3": S3, "s3control": S3CONTROL}.get(api, {})
        yield from (f"{api}:{operation}" for operation, needed in renamed.items() if needed == name)
        yield f"{api}:{name}"


def is_called(operation: str, said: frozenset[str]) -> bool:
    service, _, name = operation.partition(":")
    parts = sorted((re.escape(word) for word in said if word in name), key=len, reverse=True)
    return service in said and bool(parts) and re.fullmatch(f"(?:{'|'.join(parts)})+", name) is not None


@pytest.mark.parametrize("unit", app.shelf("actions", ".py"), ids=lambda unit: unit.id)
def test_an_action_declares_no_permission_that_none_of_its_calls_needs(unit: Unit) -> None:
    modules = reached(f"stanch.catalog.actions.{unit.id.replace('/', '.')}")
    text, said = "\n".join(map(source, modules)), words(modules)
    unused = [
        permission
        for permission in implementing(unit, Action).PERMISSIONS
        if not any(is_called(operation, said) for operation in operations(permission))
        and not re.search(BESIDE.get(permission, r"(?!)"), text)
    ]
    assert not unused, f"declared, and asked for by no call of {unit.id}: {', '.join(unused)}"


def test_a_permission_that_no_call_needs_is_found() -> None:
    said = words(reached("stanch.catalog.actions.ec2.unshare_snapshot"))
    assert is_called("ec2:ModifySnapshotAttribute", said)
    assert not is_called("ec2:DeleteSnapshot", said)
    assert not is_called("rds:ModifyDBSnapshotAttribute", said)

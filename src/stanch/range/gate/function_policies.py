"""The policies on functions, their versions and their aliases, each under its own ARN."""

import uuid

from stanch.iam import Policy
from stanch.range.gate.directory import read_policy

_kept: dict[str, tuple[str, str]] = {}


def kept(arn: str) -> tuple[str, str] | None:
    """Text and revision of the policy on this ARN; None where there is none."""
    return _kept.get(arn)


def keep(arn: str, text: str | None) -> None:
    """Put this text there, under a new revision, or take the policy away."""
    if text is None:
        _kept.pop(arn, None)
    else:
        _kept[arn] = (text, str(uuid.uuid4()))


def forget(arn: str) -> None:
    """The function is gone, and with it the policies on it, its versions and its aliases."""
    for held in [held for held in _kept if held == arn or held.startswith(f"{arn}:")]:
        del _kept[held]


def policy_of(arn: str) -> Policy | None:
    """The policy on this ARN as an evaluation reads it."""
    return read_policy(_kept[arn][0]) if arn in _kept else None

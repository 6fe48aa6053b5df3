"""Service control policies fence in an organisation's member accounts, never the account that manages them."""

from collections.abc import Sequence
from typing import Any

from moto.organizations.models import organizations_backends

from stanch.iam import Policy
from stanch.range.gate.directory import read_policy


def fences(account: str | None) -> Sequence[Sequence[Policy]]:
    """The service control policies that bind an account's principals, a list for each level from the root down.

    Empty for the management account and outside an organisation.
    """
    place = organizations_backends.master_accounts.get(account or "")
    if place is None:
        return ()
    organization: Any = organizations_backends[place[0]][place[1]]
    levels: list[Any] = [member for member in organization.accounts if member.id == account]
    units = {unit.id: unit for unit in organization.ou}
    while levels and (above := units.get(levels[-1].parent_id)):
        levels.append(above)
    return [_policies(level) for level in reversed(levels)]


def _policies(level: Any) -> list[Policy]:
    texts = [policy.content for policy in level.attached_policies if policy.type == "SERVICE_CONTROL_POLICY"]
    return [policy for text in texts if (policy := read_policy(text)) is not None]

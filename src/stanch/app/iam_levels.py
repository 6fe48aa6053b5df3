"""The policies of an organisation bind an account at each level above it; a level that nobody saw may bind anything.

AWS keeps at least one policy of an enabled type at each level, so a level without one was not seen whole.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stanch.app.iam_unseen import unknown_policy
from stanch.contracts.collector import unseen
from stanch.iam.accounts import is_account

if TYPE_CHECKING:
    from stanch.estate.snapshot import Snapshot

_CONTROLS = {"scps": "SERVICE_CONTROL_POLICY", "rcps": "RESOURCE_CONTROL_POLICY"}
_DEEPEST = 10

Levels = list[dict[str, Any]]


def levels(snapshot: "Snapshot") -> dict[str, Any]:
    """`scps` and `rcps` by account, and `organization`, as `read_organization` takes them."""
    organizations = [place.thing.data for place in snapshot.of("organizations/organization")]
    # One organisation may be told by several of its accounts; the one that was shown the root tells the rest.
    organizations.sort(key=lambda one: not isinstance(one.get("Roots"), list))
    whole = organizations[0] if organizations else None
    named = {key: whole.get(key) for key in ("Id", "MasterAccountId")} if whole else {}
    found: dict[str, Any] = {"organization": named} if named and all(named.values()) else {}
    tree = _Tree(snapshot)
    manager = whole.get("MasterAccountId") if whole else None
    for name, control in _CONTROLS.items():
        bound = {}
        for account in filter(is_account, snapshot.accounts):
            listed = None if account == manager else _of_account(snapshot, tree, whole, account, control)
            if listed:
                bound[account] = listed
        found[name] = bound
    return found


def _of_account(
    snapshot: "Snapshot", tree: "_Tree", whole: Mapping[str, Any] | None, account: str, control: str
) -> Levels:
    if account in tree.parents and whole is not None:
        enabled = whole.get(control)
        if enabled is None:
            return []
        return [_unknown(control, account)] if unseen(enabled) else tree.above(account, control)
    if whole is None and _is_alone(snapshot, account):
        return []
    return [_unknown(control, account)]


def _is_alone(snapshot: "Snapshot", account: str) -> bool:
    """Whether the account was asked, and said that it is in no organisation."""
    failed = any(one.operation == "organizations:DescribeOrganization" for one in snapshot.unknowns)
    defect = any(one.of == "organizations" for one in snapshot.unknowns)
    return (account, None, "organizations") in snapshot.looked and not failed and not defect


class _Tree:
    """What is above each account, and which policies are attached there."""

    def __init__(self, snapshot: "Snapshot") -> None:
        placed = [*snapshot.of("organizations/account"), *snapshot.of("organizations/unit")]
        pairs = ((one.thing.data.get("Id"), one.thing.data.get("ParentId")) for one in placed)
        self.parents = {id_: parent for id_, parent in pairs if isinstance(id_, str) and isinstance(parent, str)}
        self._attached: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        self._anywhere: dict[str, dict[str, Any]] = defaultdict(dict)
        for place in snapshot.of("organizations/policy"):
            self._note(place.thing.arn, place.thing.data)

    def _note(self, arn: str, policy: Mapping[str, Any]) -> None:
        control, content, targets = str(policy.get("Type")), policy.get("Content"), policy.get("Targets")
        text = content if isinstance(content, Mapping) and not unseen(content) else _text(control, arn)
        named = {"name": policy.get("Name") or arn, "policy": text}
        if isinstance(targets, list) and all(isinstance(one, Mapping) and "TargetId" in one for one in targets):
            for target in targets:
                self._attached[str(target["TargetId"]), control][arn] = named
        else:  # it may be attached to any of them
            self._anywhere[control][arn] = {**named, "policy": _text(control, arn)}

    def above(self, account: str, control: str) -> Levels:
        """The levels from the root down to the account."""
        found = []
        for id_ in self._way(account):
            policies = [*self._attached[id_, control].values(), *self._anywhere[control].values()]
            found.append({"level": id_, "policies": policies} if policies else _unknown(control, id_))
        return found[::-1]

    def _way(self, account: str) -> Iterator[str]:
        id_: str | None = account
        for _ in range(_DEEPEST):
            if id_ is None:
                return
            yield id_
            id_ = self.parents.get(id_)


def _unknown(control: str, of: str) -> dict[str, Any]:
    name = f"{control} of {of}"
    return {"level": of, "policies": [{"name": name, "policy": _text(control, name)}]}


def _text(control: str, name: str) -> dict[str, Any]:
    return unknown_policy(name, principal=control == "RESOURCE_CONTROL_POLICY")

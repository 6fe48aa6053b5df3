"""A bucket policy is edited statement by statement: what lets strangers in goes, everything else stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stanch.catalog.actions._document import written
from stanch.catalog.actions._strangers import Narrowed, Ours, judged, without_strangers
from stanch.catalog.actions.s3 import _marker
from stanch.iam import parse


@dataclass(frozen=True, slots=True)
class Closed:
    """The closed policy's text, and in words each change made to a statement.

    `whole` is False where the Deny had no room: the text is then without it. `unplaced` are those of whom nobody said
    who they are: the Deny cuts them as well.
    """

    text: str | None
    changes: tuple[str, ...]
    unplaced: tuple[str, ...]
    whole: bool = True


def closed(text: str | None, resources: Sequence[str], sid: str, ours: Ours, taken: int = 0) -> Closed:
    """The policy of `resources` (ARNs) without what lets strangers in, and with a Deny for them.

    `taken` are the bytes that are not ours to use. Raises PolicyError for what is no policy.
    """
    policy = parse(text) if text is not None else None
    narrowed = without_strangers(policy, ours, each_alone=True) if policy else Narrowed((), ())
    unplaced = judged(policy, ours).unplaced if policy else ()
    kept = [raw for raw in narrowed.statements if raw.get("Sid") != sid]
    whole = written([*kept, _deny(resources, sid, ours)], policy)
    if _marker.size(whole) + taken <= _marker.LARGEST:
        added = f"add statement {sid}: Deny s3:* to every principal outside {', '.join(ours.accounts)}"
        return Closed(whole, (*narrowed.changes, added), unplaced)
    no_room = f"(no room for statement {sid}: a policy holds {_marker.LARGEST} bytes)"
    return Closed(written(kept, policy) if kept else None, (*narrowed.changes, no_room), unplaced, whole=False)


def lets_strangers_in(text: str | None, ours: Ours) -> bool:
    """Whether a statement, taken alone, lets in somebody outside. Raises PolicyError for what is no policy."""
    return text is not None and bool(without_strangers(parse(text), ours, each_alone=True).changes)


def _deny(resources: Sequence[str], sid: str, ours: Ours) -> dict[str, Any]:
    # Negated operators are true for an absent key: whoever is anonymous, or in no organisation, is denied.
    strangers: dict[str, Any] = {"aws:PrincipalAccount": list(ours.accounts)}
    if ours.organizations:
        strangers["aws:PrincipalOrgID"] = list(ours.organizations)
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": list(resources),
        "Condition": {"StringNotEquals": strangers, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
    }

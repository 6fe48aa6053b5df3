"""Of an asset's bucket everything may be asked; of others nobody said that it matters."""

from collections.abc import Iterator, Mapping, Sequence

from stanch.catalog.checks._declared import holding
from stanch.catalog.checks._things import mappings, unlisted
from stanch.contracts.check import Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Asset, AssetKind
from stanch.iam import Policy, PolicyError, Request, evaluate, parse
from stanch.iam.request import Caller

KEPT = (
    AssetKind.WEIGHTS,
    AssetKind.ADAPTER,
    AssetKind.TRAINING_DATA,
    AssetKind.REGISTRY,
    AssetKind.VECTOR_STORE,
    AssetKind.LOGS,
    AssetKind.EVIDENCE,
)
"""Kinds of assets that are files."""
Held = tuple[Place, tuple[Asset, ...]]
_ALLOW_ALL = parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
_EVERYWHERE = "ROOT"


def buckets(posture: Posture) -> Iterator[Held]:
    """The buckets of declared assets."""
    yield from holding(posture, KEPT, "s3/bucket")


def blind_to_buckets(posture: Posture) -> Iterator[Judged]:
    """An unknown for each account whose buckets nobody listed."""
    yield from unlisted(posture, "s3", "s3:ListBuckets")


def bucket_name(place: Place) -> str:
    """The bucket's name, as commands take it."""
    return place.thing.arn.rpartition(":")[2]


def fences(posture: Posture) -> dict[str, list[Policy]]:
    """The resource control policies over each account; under the empty name those of the whole organisation."""
    found: dict[str, list[Policy]] = {}
    for place in posture.of("organizations/policy"):
        policy = _parsed(place.thing.data.get("Content"))
        if policy is not None and place.thing.data.get("Type") == "RESOURCE_CONTROL_POLICY":
            for one in mappings(place.thing.data.get("Targets")):
                spot = "" if one.get("Type") == _EVERYWHERE else str(one.get("TargetId"))
                found.setdefault(spot, []).append(policy)
    return found


def refused(
    place: Place, fenced: Mapping[str, Sequence[Policy]], action: str, context: Mapping[str, tuple[str, ...]]
) -> bool:
    """Whether the bucket's policy, or one over it, denies such a request to every role of its own account."""
    own = _parsed(place.thing.data.get("Policy"))
    policies = [*([own] if own else []), *fenced.get("", ()), *fenced.get(place.account, ())]
    arn = place.thing.arn
    role = f"{arn.partition(':s3:')[0]}:iam::{place.account}:role/stanch-probe"
    asked = arn if action == "s3:ListBucket" else f"{arn}/stanch-probe"
    # Of anything else in a condition nobody knows what a request would bring: only a sure denial counts.
    caller = Caller("role-session", place.account, role, role)
    request = Request(caller, action, asked, place.account, context, frozenset({"*"}))
    return any(
        evaluate(request, resource_policy=policy, identity=(_ALLOW_ALL,)).result == "ExplicitlyDenied"
        for policy in policies
    )


def _parsed(document: object) -> Policy | None:
    try:
        return parse(document) if isinstance(document, dict) else None
    except PolicyError:
        return None

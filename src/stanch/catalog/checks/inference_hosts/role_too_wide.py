"""A serving host reads one model; a role that reads the others as well makes one broken host the loss of them all.

Reads: what the host's role can read of the declared stores, and which of them the host names or was seen to read.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stanch.catalog.checks._hosts import MODELS, Host, Hosts, blind_to_hosts
from stanch.catalog.checks._things import evidence, gap, mapped
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.domain.estate import Asset, AssetKind
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="An inference host's role reads more than its own model",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-3", "AC-6"),
        ISO: ("A.5.15", "A.5.18", "A.8.3"),
        GDPR: ("Art. 25(2)", "Art. 32(1)(b)"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_NOT_FOR_SERVING = (AssetKind.TRAINING_DATA, AssetKind.EVIDENCE)
_TEMPLATE = """\
PolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Action: s3:GetObject
      Resource: arn:PARTITION:s3:::{where}*
"""
_DETAILS = "iam:GetAccountAuthorizationDetails"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    hosts, named = Hosts(posture), _named_by_events(posture)
    for host in hosts.inference:
        yield _judged(posture, hosts, host, named)


def _judged(posture: Posture, hosts: Hosts, host: Host, named: dict[str, set[str]]) -> Judged:
    place = host.place
    proof = (evidence(place, "IamInstanceProfile"), *_role(posture, host))
    if not host.data.get("IamInstanceProfile"):
        return Judged(host.arn, place.account, place.region, Ruling.PASS, "it has no role", host.assets, proof)
    if host.role is None:
        why = gap(posture, "iam", place.account, None, _DETAILS) or "not seen: the role of its instance profile"
        return Judged(host.arn, place.account, place.region, Ruling.UNKNOWN, why, host.assets, proof)
    read = hosts.read_by.get(host.role, ())
    own, more = _parted(host, read, named.get(host.role, set()))
    if not more and host.role in hosts.read_all:
        return _reads_all(host, proof, own)
    if not more:
        why = f"its role reads {_names(own)}" if own else "its role reads none of the declared stores"
        return Judged(host.arn, place.account, place.region, Ruling.PASS, why, host.assets, proof)
    why = f"its role reads {_names(more)}" + (f" besides {_names(own)}" if own else "")
    reads = [f"s3:GetObject of {asset.where}" for asset in more]
    return _failed(host, why, reads, proof, own, tuple(more))


def _reads_all(host: Host, proof: tuple[Evidence, ...], own: Sequence[Asset]) -> Judged:
    """Milder than a declared store: what lies in the other buckets, nobody said."""
    why = "its role reads every object of every bucket of the account"
    found = _failed(host, why, ["s3:GetObject of any object, of any bucket"], proof, own, host.assets)
    return replace(found, severity=Severity.MEDIUM)


def _failed(
    host: Host,
    why: str,
    reads: Sequence[str],
    proof: tuple[Evidence, ...],
    own: Sequence[Asset],
    lost: tuple[Asset, ...],
) -> Judged:
    return Judged(
        host.arn,
        host.place.account,
        host.place.region,
        Ruling.FAIL,
        why,
        lost,
        proof,
        way=(
            f"whoever runs code on {host.name} (a flaw of the server, a poisoned model, a plug-in)",
            f"the credentials of {host.role}, from its metadata service",
            *reads,
        ),
        remedy=_remedy(str(host.role), own),
    )


def _parted(host: Host, read: Sequence[Asset], named: set[str]) -> tuple[list[Asset], list[Asset]]:
    """The stores that are the host's own, and those that it has no need of.

    Its own are those that its user data names or that its role was seen to read. Where nothing tells, one model, its
    adapters aside, is taken for its own; of several nobody can say which.
    """
    own = [asset for asset in read if asset.name in named or _is_named(asset, host.text)]
    rest = [asset for asset in read if asset not in own]
    if not own:
        models = [asset for asset in rest if asset.kind is AssetKind.WEIGHTS]
        own = models if len(models) == 1 else []
    more = [
        asset
        for asset in rest
        if asset not in own
        and (asset.kind in _NOT_FOR_SERVING or asset.personal_data or asset.kind is AssetKind.WEIGHTS)
    ]
    return own, more


def _is_named(asset: Asset, text: str) -> bool:
    """Whether a script names this store: its bucket, and its prefix as far as the script goes."""
    start = f"s3://{asset.bucket}"
    for found in text.split(start)[1:]:
        if found[:1] in ("", "/", " ", "\n", "'", '"'):
            key = found[1:].split()[0].strip("'\"") if found[:1] == "/" and found[1:].split() else ""
            if key.startswith(asset.prefix) or asset.prefix.startswith(key):
                return True
    return False


def _named_by_events(posture: Posture) -> dict[str, set[str]]:
    """The models that a role was seen to read, by its ARN; reads of what serving has no need of excuse nothing."""
    found: dict[str, set[str]] = defaultdict(set)
    models = [asset for asset in posture.estate.assets if asset.kind in MODELS]
    for event in posture.events or () if models else ():
        if event.record.get("eventName") != "GetObject":
            continue
        asked = mapped(event.record.get("requestParameters"))
        session = mapped(mapped(event.record.get("userIdentity")).get("sessionContext"))
        role = str(mapped(session.get("sessionIssuer")).get("arn"))
        bucket, key = str(asked.get("bucketName")), str(asked.get("key"))
        found[role] |= {asset.name for asset in models if asset.bucket == bucket and asset.holds_key(key)}
    return found


def _role(posture: Posture, host: Host) -> Iterator[Evidence]:
    place = posture.named(host.role) if host.role else None
    if place:
        yield evidence(place, "RolePolicyList")


def _names(assets: Sequence[Asset]) -> str:
    return ", ".join(f"{asset.name} ({asset.where})" for asset in assets)


def _remedy(role: str, own: Sequence[Asset]) -> Remedy:
    name = role.rpartition("/")[2]
    where = own[0].where.removeprefix("s3://") if own else "BUCKET/MODEL/"
    listing = ("aws", "iam", "list-role-policies", "--role-name", name)
    attached = ("aws", "iam", "list-attached-role-policies", "--role-name", name)
    return Remedy(
        "Give each model's hosts a role of their own that reads that model's prefix and nothing else.",
        (listing, attached, ("stanch", "iam", "what-can", role)),
        _TEMPLATE.format(where=where),
    )

"""A block of public access is the one setting that makes a wrong policy harmless; it costs nothing.

S3 User Guide, "Blocking public access to your Amazon S3 storage": what is on for the account counts for every bucket.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._things import evidence, mapped, unlisted
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="Nothing keeps a bucket from being made public",
    row=Row.PUBLIC,
    severity=Severity.MEDIUM,
    controls={
        CIS: ("2.1.4",),
        FSBP: ("S3.1", "S3.8"),
        NIST: ("AC-3", "AC-4", "SC-7"),
        ISO: ("A.5.15", "A.8.3", "A.8.9"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_BLOCK = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
_TEMPLATE = """\
PublicAccessBlockConfiguration:
  BlockPublicAcls: true
  IgnorePublicAcls: true
  BlockPublicPolicy: true
  RestrictPublicBuckets: true
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    accounts = {place.account: place for place in posture.of("s3/account")}
    for place in posture.of("s3/bucket"):
        account = accounts.get(place.account)
        ruling, why = _ruling(place, account)
        yield Judged(
            place.thing.arn,
            place.account,
            place.region,
            ruling,
            why,
            assets=tuple(posture.assets_of(place.thing.arn)),
            evidence=_evidence(place, account),
            way=_way(place) if ruling is Ruling.FAIL else (),
            remedy=_remedy(place) if ruling is Ruling.FAIL else None,
        )
    yield from unlisted(posture, "s3", "s3:ListBuckets")


def _ruling(place: Place, account: Place | None) -> tuple[Ruling, str]:
    data = place.thing.data
    own = data.get("PublicAccessBlock", {"$unseen": "PublicAccessBlock"})
    above = account.thing.data.get("PublicAccessBlock", {"$unseen": "PublicAccessBlock"}) if account else None
    switches = {name for block in (own, above) for name, on in mapped(block).items() if on is True}
    policies = bool(switches & {"BlockPublicPolicy", "RestrictPublicBuckets"})
    lists = bool(switches & {"BlockPublicAcls", "IgnorePublicAcls"}) or _enforces_owner(data)
    if policies and lists:
        return Ruling.PASS, "neither a policy nor a list can make it public"
    hidden = [why for one in (own, above, data.get("OwnershipControls")) if (why := unseen(one))]
    if account is None:
        hidden.append("the account's own block")
    if hidden:
        return Ruling.UNKNOWN, f"not seen: {'; '.join(hidden)}"
    open_to = " and ".join(what for what, shut in (("a policy", policies), ("a list", lists)) if not shut)
    return Ruling.FAIL, f"no block of the bucket or of its account keeps {open_to} from making it public"


def _enforces_owner(data: Mapping[str, Any]) -> bool:
    return "BucketOwnerEnforced" in str(mapped(data.get("OwnershipControls")).get("Rules"))


def _evidence(place: Place, account: Place | None) -> tuple[Evidence, ...]:
    own = evidence(place, "PublicAccessBlock")
    return (own, evidence(account, "PublicAccessBlock")) if account else (own,)


def _way(place: Place) -> tuple[str, ...]:
    bucket = place.thing.arn.rpartition(":")[2]
    return (
        "whoever may write the bucket's policy or list, once, by mistake or with a stolen session",
        'puts a statement for "*", which S3 accepts',
        f"anybody reads the objects of {bucket}, from anywhere and for as long as it stands",
    )


def _remedy(place: Place) -> Remedy:
    bucket, account = place.thing.arn.rpartition(":")[2], place.account
    switch = ("--public-access-block-configuration", _BLOCK)
    return Remedy(
        "Block public access for the whole account, or for this bucket where another of the account must be public.",
        (
            ("aws", "s3control", "put-public-access-block", "--account-id", account, *switch),
            ("aws", "s3api", "put-public-access-block", "--bucket", bucket, *switch),
        ),
        _TEMPLATE,
    )

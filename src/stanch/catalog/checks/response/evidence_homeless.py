"""Evidence needs a place before there is any: a bucket that is locked, in an account that the intruder does not hold.

Reads: `[response.evidence]` of the estate, and whether what it names is there. Its lock is another check's matter.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._strangers import ours
from stanch.catalog.checks._things import account_arn, evidence, partition_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.arn import Arn
from stanch.domain.estate import AssetKind
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="There is no place for evidence, or it is beside what was attacked",
    row=Row.RESPONSE,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AU-9(2)", "IR-4", "AU-11"),
        ISO: ("A.5.28",),
        GDPR: ("Art. 33(5)",),
        NIS2: ("Art. 21(2)(b)", "Art. 23(4)"),
    },
)
_STOLEN = (AssetKind.WEIGHTS, AssetKind.ADAPTER, AssetKind.TRAINING_DATA, AssetKind.VECTOR_STORE)
_TEMPLATE = "Type: AWS::S3::Bucket\nProperties:\n  ObjectLockEnabled: true\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    if not posture.estate.declared:
        yield from undeclared(posture, "[response.evidence] names no bucket")
        return
    name, account = posture.estate.response.evidence.bucket, posture.accounts[0]
    arn = account_arn(posture, account)
    if not name:
        if all(posture.looked("s3", one, None) for one in posture.accounts):
            yield _failed(posture, arn, account, "[response.evidence] names no bucket", Evidence("", arn, "", None))
        else:
            yield Judged(arn, account, None, Ruling.UNKNOWN, "not looked at: the buckets")
        return
    found = next((one for one in posture.of("s3/bucket") if one.thing.arn.rpartition(":")[2] == name), None)
    yield _found(posture, found) if found else _absent(posture, name, account)


def _found(posture: Posture, place: Place) -> Judged:
    attacked = sorted(
        {
            one.account
            for one in posture.of("s3/bucket")
            if any(asset.kind in _STOLEN and not asset.decoy for asset in posture.assets_of(one.thing.arn))
        }
    )
    if place.account in attacked and len(ours(posture)) > 1:
        why = f"it lies in {place.account}, beside the assets: who takes that account has both"
        return _failed(posture, place.thing.arn, place.account, why, evidence(place))
    alone = ", beside the assets: no other account is declared" if place.account in attacked else ""
    why = f"it is there, in {place.account}{alone}"
    return Judged(place.thing.arn, place.account, None, Ruling.PASS, why, evidence=(evidence(place),))


def _absent(posture: Posture, name: str, account: str) -> Judged:
    arn = str(Arn(partition_of(posture, account), "s3", "", "", name))
    owner = posture.estate.response.evidence.account
    looked = [one for one in ours(posture) if posture.looked("s3", one, None)]
    if (owner and owner not in looked) or len(looked) < len(ours(posture)) or posture.gaps("s3:ListBuckets"):
        why = f"not looked at: the buckets of {owner or 'every account'}, one of which may be {name}"
        return Judged(arn, account, None, Ruling.UNKNOWN, why)
    why = f"there is no bucket {name}, which [response.evidence] names"
    return _failed(posture, arn, account, why, Evidence("", arn, "", None))


def _failed(posture: Posture, arn: str, account: str, why: str, proof: Evidence) -> Judged:
    create = ("aws", "s3api", "create-bucket", "--bucket", "the-evidence", "--object-lock-enabled-for-bucket")
    return Judged(
        arn,
        account,
        None,
        Ruling.FAIL,
        why,
        tuple(one for one in posture.estate.assets if not one.decoy),
        (proof,),
        way=(
            "an intruder who has become administrator of the account",
            "deletes hosts, disks, snapshots and logs",
            "what he did cannot be shown, to no authority and no court",
        ),
        remedy=Remedy(
            "Make a locked bucket in an account that only the responder writes to, and name it in [response.evidence].",
            (create, ("stanch", "deploy", "render")),
            _TEMPLATE,
        ),
    )

"""Encrypted data are as closed as their key: who may use it from outside needs only the bytes; a grant shows nowhere.

KMS Developer Guide, "Allowing users in other accounts to use a KMS key", "Grants in AWS KMS".
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._strangers import is_stranger, lets_in, policy_at, ruled, whom
from stanch.catalog.checks._things import blind, evidence, mapped, mappings, texts
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Open, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam.accounts import account_of

ABOUT = About(
    title="A stranger may use a key",
    row=Row.CROSS_ACCOUNT,
    severity=Severity.HIGH,
    controls={
        FSBP: ("KMS.5",),
        NIST: ("AC-3", "AC-6", "SC-12"),
        ISO: ("A.5.15", "A.8.24"),
        GDPR: ("Art. 32(1)(a)",),
        NIS2: ("Art. 21(2)(h)",),
    },
)
_HARMLESS = {"DescribeKey", "GetPublicKey", "RetireGrant", "Verify", "VerifyMac"}
"""What a grant may allow without a word of what is encrypted, and without one being forged."""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    encrypted = _encrypted(posture)
    for place in posture.of("kms/key"):
        yield _judged(posture, place, encrypted)
    yield from blind(posture, "kms", "kms", "kms:ListKeys")


def _judged(posture: Posture, place: Place, encrypted: Mapping[tuple[str, str], list[str]]) -> Judged:
    data, found = place.thing.data, posture.open(place)
    given = [one for one in mappings(data.get("Grants")) if _is_given_away(posture, one)]
    ruling, why = ruled(found)
    if mapped(data.get("KeyMetadata")).get("KeyManager") == "AWS":
        ruling, why = Ruling.PASS, "AWS manages it, and lets in no other account"
    elif given and ruling is not Ruling.FAIL:
        ruling, why = Ruling.FAIL, f"a grant lets in {', '.join(str(one['GranteePrincipal']) for one in given)}"
    elif ruling is Ruling.PASS:
        parts = (data.get(key, {"$unseen": key}) for key in (policy_at(place) or "Policy", "Grants"))
        hidden = [told for one in parts if (told := unseen(one))]
        if hidden:
            ruling, why = Ruling.UNKNOWN, f"not seen: {'; '.join(hidden)}"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=_assets(posture, place, encrypted),
        evidence=(evidence(place, "Policy"), *((evidence(place, "Grants"),) if given else ())),
        way=_way(found, given) if failed else (),
        remedy=_remedy(place, given) if failed else None,
        severity=Severity.CRITICAL if found.exposure.public else None,
    )


def _is_given_away(posture: Posture, grant: Mapping[str, Any]) -> bool:
    """Whether a grant lets a stranger do more than look at the key."""
    may = texts(grant.get("Operations"))
    return is_stranger(posture, str(grant.get("GranteePrincipal"))) and not (may and set(may) <= _HARMLESS)


def _encrypted(posture: Posture) -> dict[tuple[str, str], list[str]]:
    """What is under each key, by account and by what it calls the key: an ARN, an id or an alias."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place in posture.of("s3/bucket"):
        for rule in mappings(mapped(place.thing.data.get("Encryption")).get("Rules")):
            key = mapped(rule.get("ApplyServerSideEncryptionByDefault")).get("KMSMasterKeyID")
            if key:
                found[_owner(str(key), place), _bare(str(key))].append(place.thing.arn)
    for place in posture.of("ec2/volume", "ec2/snapshot", "secretsmanager/secret", "rds/db-instance", "rds/db-cluster"):
        key = place.thing.data.get("KmsKeyId")
        if isinstance(key, str):
            found[_owner(key, place), _bare(key)].append(place.thing.arn)
    return found


def _owner(key: str, place: Place) -> str:
    """The account of a key as a thing names it: an ARN says so, an id or an alias is of the thing's own account."""
    return account_of(key) or place.account


def _bare(key: str) -> str:
    """The id of a key, or the name of an alias, without the ARN around it."""
    return key.rpartition(":")[2].removeprefix("key/")


def _assets(posture: Posture, place: Place, encrypted: Mapping[tuple[str, str], list[str]]) -> tuple[Asset, ...]:
    names = [_bare(place.thing.arn), *texts(place.thing.data.get("Aliases"))]
    things = [place.thing.arn, *(arn for name in names for arn in encrypted.get((place.account, name), ()))]
    return tuple({asset.name: asset for arn in things for asset in posture.assets_of(arn)}.values())


def _way(found: Open, given: list[Mapping[str, Any]]) -> tuple[str, ...]:
    who = whom(found) if lets_in(found) else ", ".join(str(one.get("GranteePrincipal")) for one in given)
    may = sorted({operation for one in given for operation in texts(one.get("Operations"))})
    by = f"by {', '.join(found.exposure.statements)}" if lets_in(found) else f"by a grant: {', '.join(may)}"
    return (who, f"uses the key, {by}", "a shared copy, a stolen disk or a public object under the key opens to him")


def _remedy(place: Place, given: list[Mapping[str, Any]]) -> Remedy:
    key, region = _bare(place.thing.arn), ("--region", place.region or "")
    policy = ("--policy-name", "default", "--policy", "file://policy.json")
    commands: list[tuple[str, ...]] = [("aws", "kms", "put-key-policy", "--key-id", key, *policy, *region)]
    for one in given:
        grant = ("--grant-id", str(one.get("GrantId")))
        commands.append(("aws", "kms", "revoke-grant", "--key-id", place.thing.arn, *grant, *region))
    return Remedy("Take the stranger out of the key's policy, and revoke his grants.", tuple(commands))

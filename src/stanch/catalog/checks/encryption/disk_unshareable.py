"""A snapshot encrypted with the account's default key cannot be shared: the forensic account never gets the evidence.

EBS User Guide, "Share an Amazon EBS snapshot": encrypted snapshots can be shared only with a key of one's own.
"""

from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, blind_to_hosts
from stanch.catalog.checks._things import blind, evidence, in_region
from stanch.catalog.checks.encryption._disks import disks
from stanch.catalog.checks.encryption._keys import Keys, of_aws
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A host's disk cannot be given to the forensic account: its key is Amazon's",
    row=Row.ENCRYPTION,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("IR-4", "AU-9(2)", "SC-12"),
        ISO: ("A.5.28", "A.8.24"),
        NIS2: ("Art. 21(2)(b)", "Art. 21(2)(h)"),
    },
)
_TEMPLATE = """\
Type: AWS::KMS::Key
Properties:
  EnableKeyRotation: true
  KeyPolicy:
    Version: "2012-10-17"
    Statement:
      - Effect: Allow
        Principal:
          AWS: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root
        Action: kms:*
        Resource: "*"
      - Effect: Allow
        Principal:
          AWS: !Sub arn:${AWS::Partition}:iam::${ForensicAccount}:root
        Action: [kms:Decrypt, kms:DescribeKey, kms:CreateGrant, kms:ReEncryptFrom]
        Resource: "*"
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    yield from blind(posture, "ec2/disks", "ebs", "ec2:DescribeVolumes")
    keys = Keys(posture)
    for place, host in disks(posture):
        yield _judged(keys, place, host)


def _judged(keys: Keys, place: Place, host: Host) -> Judged:
    data = place.thing.data
    key = keys.named(data.get("KmsKeyId"), place.account, place.region)
    proof = (evidence(place, "KmsKeyId"), *((evidence(key, "Aliases"),) if key else ()))
    name = place.thing.arn.rpartition("/")[2]
    if data.get("Encrypted") is False:
        return _said(place, host, Ruling.PASS, "it is not encrypted, so no key forbids to share it")
    if str(data.get("KmsKeyId")).endswith("alias/aws/ebs") or (key is not None and of_aws(key)):
        return Judged(
            place.thing.arn,
            place.account,
            place.region,
            Ruling.FAIL,
            f"it is attached to {host.name} and encrypted with aws/ebs, which no other account can use",
            host.assets,
            proof,
            way=(
                f"an intruder on {host.name} who has become administrator of its account",
                f"deletes the snapshots of {name}: they are all in the account that he holds",
                "a copy elsewhere first needs hours of encrypting it again with a key that can be shared",
            ),
            remedy=_remedy(place.region),
        )
    if key is None:
        return _said(place, host, Ruling.UNKNOWN, f"not seen: the key {data.get('KmsKeyId')}")
    return _said(place, host, Ruling.PASS, "it is encrypted with a key that can be given to another account")


def _said(place: Place, host: Host, ruling: Ruling, why: str) -> Judged:
    proof = (evidence(place, "KmsKeyId"),)
    return Judged(place.thing.arn, place.account, place.region, ruling, why, host.assets, proof)


def _remedy(region: str | None) -> Remedy:
    key = ("--kms-key-id", "the-arn-of-a-key")
    source = ("--source-region", region or "the-region", "--source-snapshot-id", "the-snapshot")
    return Remedy(
        "Make a key whose policy lets the forensic account in, make it the default for disks, and replace this one.",
        (
            ("aws", "kms", "create-key", "--policy", "file://with-the-forensic-account.json", *in_region(region)),
            ("aws", "ec2", "modify-ebs-default-kms-key-id", *key, *in_region(region)),
            ("aws", "ec2", "copy-snapshot", *source, "--encrypted", *key, *in_region(region)),
        ),
        _TEMPLATE,
    )

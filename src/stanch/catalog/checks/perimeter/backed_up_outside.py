"""A backup plan copies whole stores to another vault, on a schedule, to wherever the vault's ARN says.

AWS Backup Developer Guide, "Creating backup copies across AWS Regions" and "across AWS accounts".
"""

from collections.abc import Iterator

from stanch.catalog.checks._things import blind, evidence, in_region, mapped, mappings
from stanch.catalog.checks.perimeter._beyond import judged, target_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row

ABOUT = About(
    title="Backups are copied out of the perimeter",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "CP-9", "SA-9(5)"),
        ISO: ("A.5.23", "A.5.34", "A.8.13"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(c)", "Art. 21(2)(d)"),
    },
)
_AT = "BackupPlan.Rules"
_TEMPLATE = """\
Type: AWS::Backup::BackupPlan
Properties:
  BackupPlan:
    BackupPlanName: inside
    BackupPlanRule:
      - RuleName: daily
        TargetBackupVault: vault-inside
        CopyActions: []
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "backup", "backup", "backup:ListBackupPlans")
    for place in posture.of("backup/plan"):
        yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    told = place.thing.data.get("BackupPlan", {"$unseen": "the plan"})
    rules = mappings(mapped(told).get("Rules"))
    vaults = [str(one.get("DestinationBackupVaultArn")) for rule in rules for one in mappings(rule.get("CopyActions"))]
    name = str(place.thing.data.get("BackupPlanId") or place.thing.arn.rpartition(":")[2])
    plan = ("--backup-plan-id", name, *in_region(place.region))
    return judged(
        posture,
        place,
        [target_of(arn) for arn in dict.fromkeys(vaults)],
        (evidence(place, _AT),),
        does="copies to",
        way=(
            "whoever may restore from the vault, which is not ours to say",
            f"restores the newest copy from {vaults[0] if vaults else ''}",
            "reads what was backed up, and nothing here tells",
        ),
        remedy=Remedy(
            "Take the copy out of the plan, or let it copy to a vault of the perimeter.",
            (
                ("aws", "backup", "get-backup-plan", *plan),
                ("aws", "backup", "update-backup-plan", "--backup-plan", "file://without-the-copy.json", *plan),
            ),
            _TEMPLATE,
        ),
        hidden=unseen(told),
    )

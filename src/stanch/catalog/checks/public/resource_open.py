"""Buckets are not alone: queues, topics, secrets, tables and vaults have policies too, and each can name a star.

Source: IAM User Guide, "AWS services that work with IAM", the column of resource-based policies.
"""

from collections.abc import Iterator

from stanch.catalog.checks._strangers import name_of, policy_at, ruled, whom
from stanch.catalog.checks._things import blind, evidence, mapped
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A secret, queue, topic, table or vault lets in anybody, or a stranger",
    row=Row.PUBLIC,
    severity=Severity.HIGH,
    controls={
        FSBP: ("SNS.4", "SQS.3"),
        NIST: ("AC-3", "AC-6", "SC-7"),
        ISO: ("A.5.15", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_GAINS = {
    "secretsmanager/secret": ("the secret's value, if its key lets him", Severity.CRITICAL),
    "sqs/queue": ("every message, or messages of his own in it", None),
    "sns/topic": ("a copy of every message, or messages of his own in it", None),
    "dynamodb/table": ("every item", Severity.CRITICAL),
    "backup/vault": ("recovery points copied to his account", Severity.CRITICAL),
    "events/bus": ("events of his own, which rules here act on", None),
    "glue/catalog": ("what tables there are and where their data lie", None),
    "lambda/layer": ("the code and the files of the layer", None),
}
_LISTED = (
    ("secretsmanager", "secretsmanager", "secretsmanager:ListSecrets"),
    ("sqs", "sqs", "sqs:ListQueues"),
    ("sns", "sns", "sns:ListTopics"),
    ("dynamodb", "dynamodb", "dynamodb:ListTables"),
    ("backup", "backup", "backup:ListBackupVaults"),
    ("events", "events", "events:ListEventBuses"),
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for kind in _GAINS:
        for place in posture.of(kind):
            yield _judged(posture, place)
    for collector, service, operation in _LISTED:
        yield from blind(posture, collector, service, operation)


def _judged(posture: Posture, place: Place) -> Judged:
    arn, at = place.thing.arn, policy_at(place)
    found = posture.open(place)
    ruling, why = ruled(found)
    if at is None:
        ruling, why = Ruling.UNKNOWN, "not seen: its policy"
    gain, severity = _GAINS[place.thing.kind]
    failed = ruling is Ruling.FAIL
    allowed = f"what its policy allows by {', '.join(found.exposure.statements)}"
    return Judged(
        arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=tuple(posture.assets_of(arn)),
        evidence=(evidence(place, at or ""),),
        way=(whom(found), allowed, gain) if failed else (),
        remedy=_remedy(place) if failed else None,
        severity=severity,
    )


def _remedy(place: Place) -> Remedy:
    words = "Name the accounts that are meant, or hold the statement to aws:PrincipalOrgID."
    arn, name = place.thing.arn, name_of(place.thing.arn)
    file = "file://policy.json"
    url = str(place.thing.data.get("QueueUrl") or name)
    version = str(mapped(place.thing.data.get("LatestMatchingVersion")).get("Version", "VERSION"))
    command: tuple[str, ...] = {
        "secretsmanager/secret": ("secretsmanager", "put-resource-policy", "--secret-id", arn,
                                  "--resource-policy", file, "--block-public-policy"),
        "sqs/queue": ("sqs", "set-queue-attributes", "--queue-url", url, "--attributes", "file://attributes.json"),
        "sns/topic": ("sns", "set-topic-attributes", "--topic-arn", arn, "--attribute-name", "Policy",
                      "--attribute-value", file),
        "dynamodb/table": ("dynamodb", "put-resource-policy", "--resource-arn", arn, "--policy", file),
        "backup/vault": ("backup", "put-backup-vault-access-policy", "--backup-vault-name", name, "--policy", file),
        "events/bus": ("events", "put-permission", "--event-bus-name", name, "--policy", file),
        "glue/catalog": ("glue", "put-resource-policy", "--policy-in-json", file),
        "lambda/layer": ("lambda", "remove-layer-version-permission", "--layer-name", name,
                         "--version-number", version, "--statement-id", "STATEMENT_ID"),
    }[place.thing.kind]  # fmt: skip
    return Remedy(words, (("aws", *command, "--region", place.region or ""),), _TEMPLATES.get(place.thing.kind, ""))


_STATEMENT = """\
      - Effect: Allow
        Principal: "*"
        Action: {action}
        Resource: "*"
        Condition:
          StringEquals:
            aws:PrincipalOrgID: !Ref OrganizationId
"""
_TEMPLATES = {
    "secretsmanager/secret": """\
Type: AWS::SecretsManager::ResourcePolicy
Properties:
  SecretId: !Ref Secret
  BlockPublicPolicy: true
  ResourcePolicy:
    Version: "2012-10-17"
    Statement:
"""
    + _STATEMENT.format(action="secretsmanager:GetSecretValue"),
    "sqs/queue": """\
Type: AWS::SQS::QueuePolicy
Properties:
  Queues: [!Ref Queue]
  PolicyDocument:
    Version: "2012-10-17"
    Statement:
"""
    + _STATEMENT.format(action="sqs:SendMessage"),
    "sns/topic": """\
Type: AWS::SNS::TopicPolicy
Properties:
  Topics: [!Ref Topic]
  PolicyDocument:
    Version: "2012-10-17"
    Statement:
"""
    + _STATEMENT.format(action="sns:Publish"),
}

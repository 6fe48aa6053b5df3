"""What no log shows was not unused: data events are off unless somebody pays for them, and some calls are never logged.

Source: CloudTrail User Guide, "Logging data events", "CloudTrail supported services"; the pages of the services.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from stanch.iam.policy import Statement
from stanch.iam.wildcard import match_wildcard

DATA_EVENTS: dict[str, tuple[str, ...]] = {
    "bedrock": ("InvokeAgent", "InvokeFlow", "Retrieve", "RetrieveAndGenerate"),
    "cognito-identity": ("GetId", "GetCredentialsForIdentity"),
    "dynamodb": (
        *("BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "GetRecords"),
        *("PartiQL*", "PutItem", "Query", "Scan", "UpdateItem"),
    ),
    "ebs": ("GetSnapshotBlock", "ListSnapshotBlocks", "ListChangedBlocks", "PutSnapshotBlock"),
    "kinesis": ("GetRecords", "PutRecord", "PutRecords", "SubscribeToShard"),
    "lambda": ("InvokeFunction", "InvokeAsync"),
    "s3": (
        *("AbortMultipartUpload", "DeleteObject*", "GetObject*", "ListBucket", "ListBucketVersions"),
        *("ListMultipartUploadParts", "PutObject*", "RestoreObject"),
    ),
    "sagemaker": ("InvokeEndpoint*", "PutRecord", "GetRecord"),
    "sns": ("Publish",),
    "sqs": ("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage", "SendMessage"),
    "ssm": ("OpenDataChannel",),
}
"""Actions, by service, that only data events show."""

NEVER_LOGGED: dict[str, tuple[str, ...]] = {
    "aps": ("GetLabels", "QueryMetrics", "RemoteWrite"),
    "cloudwatch": ("PutMetricData",),
    "ec2messages": ("*",),
    "elasticfilesystem": ("Client*",),
    "es": ("ESHttp*",),
    "execute-api": ("*",),
    "iot": ("Connect", "Publish", "Receive", "Subscribe"),
    "kafka-cluster": ("*",),
    "logs": ("CreateLogStream", "PutLogEvents"),
    "neptune-db": ("*",),
    "rds-db": ("*",),
    "ssmmessages": ("*",),
    "xray": ("PutTelemetryRecords", "PutTraceSegments"),
}
"""Actions, by service, that CloudTrail does not log, or not so that one could count on it."""


@dataclass(frozen=True, slots=True)
class Silence:
    """An action that is allowed, was not seen, and might not have been seen had it been used."""

    action: str
    why: str


def silences(allows: Iterable[Statement], used: Collection[str], logged: Collection[str]) -> list[Silence]:
    """What an identity may do that these logs cannot tell of.

    used: actions it was seen to use. logged: actions that anybody was seen to use: where there is one data event of a
    service, its data events are taken to be on.
    """
    statements = [statement for statement in allows if statement.effect == "Allow"]
    found: list[Silence] = []
    for table, why in ((DATA_EVENTS, "data events"), (NEVER_LOGGED, "")):
        for service, names in table.items():
            listed = [f"{service}:{name}" for name in names]
            if table is DATA_EVENTS and any(_fits(one, listed) for one in logged):
                continue
            said = f"no data event of {service} is in these logs" if why else "CloudTrail does not log it"
            found += [
                Silence(one, said)
                for one in listed
                if not any(_fits(action, [one]) for action in used) and any(_may(s, one) for s in statements)
            ]
    return found


def _fits(action: str, patterns: Iterable[str]) -> bool:
    return any(match_wildcard(pattern, action, case_sensitive=False) for pattern in patterns)


def _may(statement: Statement, pattern: str) -> bool:
    """Whether a grant is of some action that the pattern fits."""
    if statement.actions is None:
        return not _fits(pattern, statement.not_actions or ())
    return any(_fits(pattern, [own]) or _fits(own, [pattern]) for own in statement.actions)

"""One resource, one spelling: AWS answers to several, and only one of them may be what `never_touch` names."""

import re
from dataclasses import replace

from stanch.domain.arn import Arn, ArnError

GATEWAY = "gateway"
"""The partition of what is not AWS: a key of an inference gateway, `arn:gateway:litellm:NAME::key/HASH`."""
_INSTANCE = re.compile(r"instance/i-[0-9a-f]{8,17}")
_REGION = re.compile(r"[a-z]{2,6}(-[a-z]+)+-\d{1,2}")
_ACCOUNT = re.compile(r"\d{12}")
_LONGEST = 2048
_RESOURCE = re.compile(r"[!-~]+")  # AWS's names hold no space, no control character and nothing beyond ASCII
_NOWHERE = {"iam", "organizations", "sts"}
"""Services whose ARNs have no region."""
_NOBODYS = {("ec2", "image"), ("ec2", "snapshot")}
"""What AWS writes without an account, whoever owns it."""
_HOME = {
    "account": "organizations",
    "bucket": "s3",
    "endpoint": "sagemaker",
    "function": "lambda",
    "image": "ec2",
    "instance": "ec2",
    "key": "kms",
    "log-group": "logs",
    "profile": "rolesanywhere",
    "repository": "ecr",
    "role": "iam",
    "secret": "secretsmanager",
    "service": "ecs",
    "snapshot": "ec2",
    "subscription": "sns",
    "task": "ecs",
    "topic": "sns",
    "trail": "cloudtrail",
    "user": "iam",
}
"""Words that several services use, and whose things the actions mean by them: a cache has users too."""


def canonical(arn: Arn, account: str) -> Arn:
    """The one spelling of an ARN that AWS itself writes, so that `never_touch` cannot be passed by another.

    A log may name a bucket with a region, or an instance without its account. Raises ArnError for what AWS never has.
    """
    named = arn.resource.isprintable() if arn.partition == GATEWAY else _RESOURCE.fullmatch(arn.resource)
    if not named or len(arn.resource) > _LONGEST:
        raise ArnError(f"{str(arn)[:300]!r} is not the ARN of anything there is")
    if arn.partition == GATEWAY:
        return arn
    if not _is(_REGION, arn.region) or not _is(_ACCOUNT, arn.account):
        raise ArnError(f"{str(arn)!r} names no region or no account of AWS")
    if arn.service == "s3":
        return Arn(arn.partition, "s3", "", "", arn.resource)
    if _HOME.get(arn.kind, arn.service) != arn.service:
        raise ArnError(f"no action contains a {arn.kind} of {arn.service}")
    if arn.service == "ec2" and arn.kind == "instance" and not (_INSTANCE.fullmatch(arn.resource) and arn.region):
        raise ArnError(f"{str(arn)!r} is not the ARN of an instance")
    return replace(
        arn,
        region="" if arn.service in _NOWHERE else arn.region,
        account="" if (arn.service, arn.kind) in _NOBODYS else arn.account or account,
    )


def spellings(arn: Arn, account: str) -> tuple[str, ...]:
    """The ways in which `never_touch` may name the resource: with its account or without, whole or one version."""
    whole = replace(arn, resource=":".join(arn.resource.split(":")[:2])) if arn.kind == "function" else arn
    forms = (arn, whole, replace(arn, account=""), replace(arn, account=arn.account or account))
    return tuple(dict.fromkeys(str(form) for form in forms))


def _is(form: re.Pattern[str], part: str) -> bool:
    return not part or form.fullmatch(part) is not None

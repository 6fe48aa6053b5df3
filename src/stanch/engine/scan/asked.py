"""What a call acts on, and what it hands out, is told by its request: a bucket, a role, a secret."""

import re

from stanch.engine.untrusted import table, text, texts

SECRETS_KEPT_BY = ("secretsmanager.amazonaws.com", "ssm.amazonaws.com")
_SECRETS = ("name", "names", "secretId", "secretIdList")
_DENIED = re.compile("AccessDenied|Unauthorized|Forbidden|AuthorizationError")


def acted_on(source: str, request: object) -> str:
    """The bucket of an S3 call, the user, role or group of an IAM call, the role of an STS call; else ""."""
    asked = table(request)
    for name in ACTED_ON.get(source, ()):
        if given := text(asked.get(name)):
            return given
    return ""


def denied(code: object) -> bool:
    """Whether an error code says that the permission is lacking; each service says it in words of its own."""
    return isinstance(code, str) and _DENIED.search(code) is not None


def secrets_read(source: str, name: str, request: object) -> tuple[str, ...]:
    """The ids of secrets and the names of parameters whose values a call asked for."""
    if not reads_secrets(source, name):
        return ()
    asked = table(request)
    return tuple(thing for parameter in _SECRETS for thing in texts(asked.get(parameter)))


def reads_secrets(source: str, name: str) -> bool:
    """Whether a call gives the values of secrets or of parameters."""
    return source in SECRETS_KEPT_BY and name.startswith(("GetSecretValue", "BatchGetSecretValue", "GetParameter"))


def store_of(name: str, on: str) -> str:
    """The bucket of a `bucket/key` that was read: not the one acted on where a copy went from one to another."""
    return on if on and name.startswith(on + "/") else name.partition("/")[0]


ACTED_ON = {
    "s3.amazonaws.com": ("bucketName",),
    "s3express.amazonaws.com": ("bucketName",),
    "iam.amazonaws.com": ("userName", "roleName", "groupName"),
    "sts.amazonaws.com": ("roleArn",),
}
"""The request parameters that name what was acted on, by service."""

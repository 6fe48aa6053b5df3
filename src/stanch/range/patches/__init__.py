"""What moto remembers but does not do: one module for each service whose behaviour is put right."""

from stanch.range.gate.sessions import Sessions
from stanch.range.patches import ec2, iam, s3, sts


def install(sessions: Sessions) -> None:
    """Put moto right, once, before its first request."""
    iam.install()
    s3.install()
    ec2.install()
    sts.install(sessions)

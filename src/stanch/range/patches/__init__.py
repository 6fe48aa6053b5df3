"""What moto remembers but does not do: one module for each service whose behaviour is put right."""

import importlib
import threading

from stanch.range.gate.sessions import Sessions
from stanch.range.patches import (
    ec2,
    ec2_instance,
    ec2_locks,
    ec2_network,
    ec2_settings,
    iam,
    iam_credentials,
    s3,
    s3_listing,
    sts,
)


def install(sessions: Sessions) -> None:
    """Put moto right, once, before its first request."""
    iam.install()
    iam_credentials.install()
    s3.install()
    s3_listing.install()
    ec2.install()
    ec2_instance.install()
    ec2_locks.install()
    ec2_network.install()
    ec2_settings.install()
    sts.install(sessions)


_LATER = {
    "cloudfront": ("cloudfront",),
    "dynamodb": ("dynamodb",),
    "events": ("events",),
    "guardduty": ("guardduty",),
    "lambda": ("awslambda", "function_grants"),
    "macie2": ("macie2",),
    "organizations": ("organizations",),
    "ram": ("ram",),
    "route53resolver": ("route53resolver",),
    "s3control": ("s3control", "s3control_jobs"),
    "sagemaker": ("sagemaker",),
    "securityhub": ("securityhub",),
    "ssm": ("ssm", "ssm_settings"),
    "stepfunctions": ("stepfunctions",),
}
"""Services that few ranges see and that take long to import: put right when the first call for one comes."""
_installing = threading.Lock()
_installed: set[str] = set()


def install_for(service: str, sessions: Sessions) -> None:
    """Put a service of `_LATER` right before its first request; `service` is botocore's name."""
    if service not in _LATER or service in _installed:
        return
    with _installing:
        if service not in _installed:
            for name in _LATER[service]:
                importlib.import_module(f"{__name__}.{name}").install(sessions)
            _installed.add(service)

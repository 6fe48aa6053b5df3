"""boto3 clients that speak to one range, from a chosen place in the network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config


@dataclass(frozen=True)
class Credentials:
    """An access key; printing one shows neither its secret nor its token."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "Credentials":
        """From what CreateAccessKey, AssumeRole or the instance metadata service answers."""
        token = answer.get("SessionToken") or answer.get("Token")
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], token)


def root(account: str) -> Credentials:
    """The staging key of an account; it works until enforcement is switched on."""
    return Credentials(account, "staging")


def client(
    service: str,
    endpoint: str,
    credentials: Credentials,
    region: str,
    source_ip: str | None = None,
    user_agent: str | None = None,
) -> Any:
    """A client whose calls come from `source_ip` and are never tried twice."""
    signature = "s3v4" if service == "s3" else "v4"
    config = Config(retries={"total_max_attempts": 1}, user_agent=user_agent, signature_version=signature, proxies={})
    made = boto3.session.Session(
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret,
        aws_session_token=credentials.token,
        region_name=region,
    ).client(service, endpoint_url=endpoint, config=config)
    if source_ip is not None:
        made.meta.events.register("before-send", _from(source_ip))
    return made


def _from(source_ip: str) -> Any:
    def mark(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-For"] = source_ip

    return mark

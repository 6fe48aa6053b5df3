"""boto3 clients that speak to one range, from a chosen place in the network."""

from typing import Any

from stanch.aws import Credentials, Door


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
    """A client whose calls come from `source_ip`."""
    headers = {"X-Forwarded-For": source_ip, "User-Agent": user_agent}
    sent = {name: value for name, value in headers.items() if value is not None}
    return Door.using(credentials, region=region, endpoint=endpoint, headers=sent).client(service)

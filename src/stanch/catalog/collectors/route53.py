"""A name that a private zone answers shows which hosts an account hides; a zone without a query log hides who asked.

Reads: hosted zones and the query logs of the public ones.
Blind to: the records themselves.
"""

from collections.abc import Iterator

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.arn import Arn

SCOPE = Scope.ACCOUNT
PERMISSIONS = ("route53:ListHostedZones", "route53:ListQueryLoggingConfigs")


def collect(look: Look) -> Iterator[Thing]:
    """Every hosted zone of the account."""
    zones = items(look.list("route53", "ListHostedZones", "HostedZones", of="route53"))
    if not zones:
        return
    logs = look.list("route53", "ListQueryLoggingConfigs", "QueryLoggingConfigs", of="route53")
    for zone in zones:
        name = zone["Id"].removeprefix("/hostedzone/")
        own = logs if unseen(logs) else [log for log in logs if log["HostedZoneId"] == name]
        arn = str(Arn(look.partition, "route53", "", "", f"hostedzone/{name}"))
        yield Thing("route53/hosted-zone", arn, {**zone, "QueryLoggingConfigs": own})

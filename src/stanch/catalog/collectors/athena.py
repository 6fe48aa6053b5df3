"""A workgroup decides where the answers to queries are kept, and whether the one who asks may say otherwise.

Blind to: queries, their answers, and data catalogs outside Glue.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, paged, part
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("athena:GetWorkGroup", "athena:ListWorkGroups")


def collect(look: Look) -> Iterator[Thing]:
    """Every workgroup of the region."""
    token = ("NextToken", "NextToken")
    groups = paged(look, "athena", "ListWorkGroups", "WorkGroups", of="athena", token=token)
    yield from look.each(partial(_group, look), items(groups))


def _group(look: Look, listed: Mapping[str, Any]) -> Thing:
    name = listed["Name"]
    arn = f"arn:{look.partition}:athena:{look.region}:{look.account}:workgroup/{name}"
    group = look.ask("athena", "GetWorkGroup", of=arn, WorkGroup=name)
    return Thing("athena/workgroup", arn, {**listed, "Configuration": part(part(group, "WorkGroup"), "Configuration")})

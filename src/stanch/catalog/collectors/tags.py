"""Tags are what people say of their things: one listing tells those of nearly every service, and of buckets too.

Blind to: things that never had a tag, and the services that this listing leaves out; IAM's own tags stand beside IAM's
    things. A tag is a word of whoever may write it, and proves nothing.
"""

from collections.abc import Iterator

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing
from stanch.domain.masking import masked_in

SCOPE = Scope.REGION
PERMISSIONS = ("tag:GetResources",)

_PAGE = 100


def collect(look: Look) -> Iterator[Thing]:
    """Each thing that has tags, by its own ARN, with `Tags` by their keys."""
    key, of = "ResourceTagMappingList", f"tags in {look.region}"
    for one in items(look.list("resourcegroupstaggingapi", "GetResources", key, of=of, ResourcesPerPage=_PAGE)):
        tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags") or ()}
        if tags:
            yield Thing("tags/resource", str(one["ResourceARN"]), {**one, "Tags": masked_in(tags)})

"""With IAM Roles Anywhere a certificate of a trusted authority is a way into a role, from any machine in the world.

Reads: trust anchors and profiles.
Blind to: who holds a certificate; revocation lists and the subjects that were seen.
"""

from collections.abc import Iterator

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("rolesanywhere:ListProfiles", "rolesanywhere:ListTrustAnchors")


def collect(look: Look) -> Iterator[Thing]:
    """Trust anchors with their authority's certificate, and the profiles with the roles that they hand out."""
    of = f"rolesanywhere in {look.region}"
    anchors = look.list("rolesanywhere", "ListTrustAnchors", "trustAnchors", of=of)
    profiles = look.list("rolesanywhere", "ListProfiles", "profiles", of=of)
    for kind, listed, key in (
        ("rolesanywhere/trust-anchor", anchors, "trustAnchorArn"),
        ("rolesanywhere/profile", profiles, "profileArn"),
    ):
        yield from (Thing(kind, one[key], one) for one in items(listed))

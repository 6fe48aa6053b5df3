"""A role's session does what its workload never does: somebody else holds it."""

ACTIONS = (
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "iam/look_again",
)
FOR = ("role",)
BREAKS = "Every workload that uses one of the roles, and the user the chain began with, is refused until it renews."

"""A user's access key does what its owner never does: it was stolen, leaked or lent."""

ACTIONS = (
    "iam/deactivate_keys",
    "iam/revoke_sessions",
)
BREAKS = "Everything that runs with the user's keys, password or sessions is refused until a person undoes it."

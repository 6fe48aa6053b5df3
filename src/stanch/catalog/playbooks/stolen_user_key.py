"""A user's access key does what its owner never does: it was stolen, leaked or lent."""

ACTIONS = (
    "iam/deactivate_keys",
    "iam/disable_login",
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/look_again",
)
FOR = ("user",)
BREAKS = "Everything that runs with the user's keys, password or sessions is refused until a person undoes it."

"""An instance's credentials are used from somewhere else: the thief was on the host, or made it answer for him."""

ACTIONS = (
    "ec2/snapshot_volumes",
    "ec2/isolate_instance",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
)
BREAKS = "The host goes dark, and everything that runs with its role fails until it has fetched fresh credentials."

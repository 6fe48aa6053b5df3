"""A snapshot of ours is shared with everybody or with an account outside the perimeter."""

ACTIONS = ("iam/revoke_sessions", "iam/deactivate_keys", "ec2/unshare_snapshot")
BREAKS = "The role or user that shared it is locked out, and the other account loses the snapshot."

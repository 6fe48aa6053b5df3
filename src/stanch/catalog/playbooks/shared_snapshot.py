"""A copy of ours is shared: a snapshot, an image, a database, a key or a registry, with everybody or with strangers."""

ACTIONS = (
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "ec2/unshare_snapshot",
    "ec2/unshare_image",
    "rds/unshare_snapshot",
    "kms/revoke_grants",
    "kms/close_key",
    "ecr/close_repository",
)
FOR = ("snapshot", "image", "key", "repository")
BREAKS = "The role or user that shared it is locked out, and the other account loses the copy."

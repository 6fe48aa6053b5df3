"""Something of ours is shared with everybody or with strangers: a snapshot, an image, a key, a secret, a queue."""

ACTIONS = (
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "ec2/unshare_snapshot",
    "ec2/unshare_image",
    "rds/unshare_snapshot",
    "ecr/close_repository",
    "ecr/close_registry",
    "secretsmanager/close_secret",
    "sns/close_topic",
    "sns/unsubscribe_strangers",
    "sqs/close_queue",
    "backup/close_vault",
    "ram/close_share",
    "kms/revoke_grants",
    "kms/close_key",
    "iam/look_again",
)
FOR = (
    "snapshot",
    "image",
    "db-snapshot",
    "cluster-snapshot",
    "key",
    "repository",
    "image-registry",
    "secret",
    "topic",
    "subscription",
    "queue",
    "backup-vault",
    "resource-share",
)
BREAKS = "Whoever shared it is locked out, and the other account loses what was shared."

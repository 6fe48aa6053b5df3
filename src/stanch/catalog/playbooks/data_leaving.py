"""A copy of ours is under way to somewhere else without anybody reading it: an export, a transfer, a replication."""

ACTIONS = (
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "s3/stop_copying",
    "s3/cancel_jobs",
    "ec2/cancel_exports",
    "rds/cancel_exports",
    "logs/cancel_exports",
    "ecr/stop_replication",
    "datasync/stop_transfers",
    "bedrock/stop_jobs",
    "iam/look_again",
)
FOR = ("log-group", "db-cluster", "transfer-task", "model-customization-job", "model-invocation-job")
BREAKS = "Whoever began it is locked out; jobs that were cancelled must be begun again."

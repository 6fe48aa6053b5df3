"""Somebody reads the weights or the training data as no workload does: whole, at odd hours, from elsewhere."""

ACTIONS = (
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "s3/close_bucket",
    "s3/close_access_points",
    "s3/deny_principal",
    "s3/revoke_grants",
    "s3/stop_copying",
    "s3/cancel_jobs",
    "ecr/close_repository",
    "iam/look_again",
)
FOR: tuple[str, ...] = ()
BREAKS = "The reader's role or user is refused everything it had open, and strangers lose the bucket, until undone."

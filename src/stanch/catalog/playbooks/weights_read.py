"""Somebody of ours reads the weights or the training data as no workload does: whole, at odd hours, from elsewhere."""

ACTIONS = (
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "s3/deny_principal",
    "s3/stop_copying",
    "s3/cancel_jobs",
    "iam/look_again",
)
FOR: tuple[str, ...] = ()
BREAKS = "The reader's role or user is refused everything, and the bucket to that principal, until a person undoes it."

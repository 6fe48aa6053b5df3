"""An account outside the perimeter reads a bucket, or copies are sent to it: there is a door that was left open."""

ACTIONS = (
    "s3/own_objects",
    "s3/close_bucket",
    "s3/close_access_points",
    "s3/deny_principal",
    "s3/revoke_grants",
    "s3/stop_copying",
    "s3/cancel_jobs",
    "kms/revoke_grants",
    "kms/close_key",
)
FOR: tuple[str, ...] = ()
BREAKS = "Partners outside the perimeter lose the bucket and its key, and copies to them stop."

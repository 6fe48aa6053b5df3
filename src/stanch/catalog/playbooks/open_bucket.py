"""A bucket admits the public or strangers: by its policy, by an ACL, or because its block was taken off."""

ACTIONS = (
    "s3/own_objects",
    "s3/close_bucket",
    "s3/close_access_points",
)
FOR = ("bucket",)
BREAKS = "Public links, websites and partners outside the perimeter lose the bucket."

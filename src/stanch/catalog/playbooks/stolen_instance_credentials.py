"""An instance's credentials are used from somewhere else: the thief was on the host, or made it answer for him."""

ACTIONS = (
    "ec2/protect_instance",
    "ec2/snapshot_volumes",
    "evidence/capture_memory",
    "evidence/capture_host",
    "ec2/block_host_path",
    "ec2/isolate_instance",
    "ec2/disable_metadata",
    "ec2/detach_profile",
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "iam/look_again",
    "evidence/collect_processes",
    "evidence/lock_snapshots",
    "evidence/copy_snapshots",
)
FOR = ("instance",)
BREAKS = "The host goes dark, and everything that runs with its role fails until it has fetched fresh credentials."

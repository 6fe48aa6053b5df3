"""Somebody switches off what would have seen him: a trail, its selectors, a detector."""

ACTIONS = (
    "organizations/freeze_account",
    "cloudtrail/resume_trail",
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "iam/disable_login",
    "iam/look_again",
)
FOR = ("trail",)
BREAKS = "Whoever did it is locked out, a colleague who was only tidying up included."

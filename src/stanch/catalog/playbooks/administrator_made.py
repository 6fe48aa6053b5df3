"""Somebody gave himself or another the power of an administrator: whatever is taken away he can give back."""

ACTIONS = (
    "organizations/freeze_account",
    "iam/deactivate_keys",
    "iam/disable_login",
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/look_again",
)
FOR: tuple[str, ...] = ()
BREAKS = "Who did it and who got it are refused until it is undone; so is all of IAM, where the account is frozen."

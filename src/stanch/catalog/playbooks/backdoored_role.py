"""A role, a provider or an anchor was made to let strangers in: the way back of somebody who was here before."""

ACTIONS = (
    "organizations/freeze_account",
    "iam/narrow_trust",
    "iam/remove_provider",
    "rolesanywhere/disable_anchor",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "iam/look_again",
)
FOR = ("oidc-provider", "saml-provider", "trust-anchor")
BREAKS = "Whoever outside used the role by agreement loses it as well, and so does every session of today."

"""IAM Roles Anywhere: a certificate from outside opens no session of a role any more."""

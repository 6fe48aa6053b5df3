"""Ways in that outlive a password: trusts, permanent keys, and permissions that become more permissions."""

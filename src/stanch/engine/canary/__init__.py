"""A canary has no use but to be noticed: what is planted is worked out of one secret, and so is whose it is."""

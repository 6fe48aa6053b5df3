"""What a leak in a text looks like, as data: one table for each family of secrets or of personal data."""

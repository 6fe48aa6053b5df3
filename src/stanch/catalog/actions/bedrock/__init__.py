"""Model jobs: one that carries training data or answers away is stopped."""

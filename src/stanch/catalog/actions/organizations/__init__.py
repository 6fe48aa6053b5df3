"""Organizations: an account is fenced in from above, where nobody inside it can take the fence away."""

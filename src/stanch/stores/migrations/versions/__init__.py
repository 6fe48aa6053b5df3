"""The migrations of the state database, oldest first."""

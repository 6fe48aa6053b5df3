"""Functions: what runs without a host is stopped where it starts, and can be started again."""

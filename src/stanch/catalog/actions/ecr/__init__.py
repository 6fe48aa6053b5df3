"""Container registries: repositories opened to strangers are closed, replication to their registries is stopped."""

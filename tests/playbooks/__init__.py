"""Each playbook against a breach of its kind, staged in the range."""
